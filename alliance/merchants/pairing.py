"""Pairing: a merchant's browser goes to its store, which hands its keys over; then both are sure.

What comes to the callback may come from anyone: it is kept, sealed, only where it names a trip that
is under way, and counts for nothing until a call to the shop that was typed has proven it.
"""

from __future__ import annotations

import json
import secrets as chance
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alliance.connect.protocol import Grant, Refused
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.ids import new_id
from alliance.core.money import Currency
from alliance.db.sealed import Seal, Sealed
from alliance.merchants import connecting, keys, people, stores
from alliance.merchants.joining_model import Pairing
from alliance.merchants.model import Store

LIFE = timedelta(minutes=30)
"""How long a merchant has to say yes at its store, and then to confirm here."""

KEPT = timedelta(days=1)
LONGEST_BACK = 1000
MOST_SECRETS = 10
LONGEST_SECRET = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """A trip that may begin; `state` is told to the store and to nobody else."""

    pairing_id: str
    address: str
    state: str


def begin(session: Session, by: Actor, *, connector: str, address: str, back: str = "",
          allow_http: bool = False, now: datetime) -> Begun:
    """Note that an owner goes to a store for its keys.

    Raises `NotAllowed` (`owner_needed`), `Invalid` for a bad address or a `back` (`bad_return`)
    that does not lie in that very store: the hub sends nobody anywhere else.
    """
    people.owner(session, by)
    where = connecting.home(address, allow_http=allow_http)
    state = chance.token_urlsafe(32)
    pairing = Pairing(
        id=new_id("prg", now), state_hash=_hashed(state), merchant_id=by.merchant,
        connector=connector, address=where, back=_inside(back, where), created_at=now,
        expires_at=now + LIFE)
    session.add(pairing)
    session.flush()
    return Begun(pairing.id, where, state)


def hand(session: Session, connector: str, state: str, secrets: Mapping[str, str], seal: Seal, *,
         now: datetime) -> str:
    """Keep what a store handed over, once; the id of the trip.

    Raises `Refused` (`unknown_state`) for a state that names no trip under way, or that was used.
    """
    pairing = session.scalar(select(Pairing).where(
        Pairing.state_hash == _hashed(state), Pairing.connector == connector,
        Pairing.handed_at.is_(None), Pairing.expires_at > now).with_for_update())
    if pairing is None or not _bounded(secrets):
        raise Refused("unknown_state", "Nobody is waiting for these keys.")
    pairing.secrets = seal.close(json.dumps(dict(secrets), sort_keys=True), *_place(pairing))
    pairing.handed_at = now
    session.flush()
    return pairing.id


def returned(session: Session, by: Actor, state: str) -> Pairing:
    """The trip with which the person's browser comes back, or `NotFound`."""
    pairing = session.scalar(select(Pairing).where(
        Pairing.state_hash == _hashed(state), Pairing.merchant_id == by.merchant))
    if pairing is None:
        raise NotFound("pairing", "of this address")
    return pairing


def own(session: Session, by: Actor, pairing_id: str, *, now: datetime) -> Pairing:
    """A trip of the merchant who asks; `Conflict` (`pairing_over`) for one that has run out."""
    pairing = session.get(Pairing, pairing_id)
    if pairing is None or pairing.merchant_id != by.merchant:
        raise NotFound("pairing", pairing_id[:40])
    if pairing.store_id is None and pairing.expires_at <= now:
        raise Conflict("pairing_over", "This took too long. Connect the shop once more.")
    return pairing


def redeemed(session: Session, by: Actor, pairing_id: str, secrets: Mapping[str, str],
             seal: Seal, *, now: datetime) -> None:
    """What was handed over was a code, which works once: these keys stand in its place."""
    pairing = own(session, by, pairing_id, now=now)
    if pairing.handed_at is None or pairing.store_id is not None or not _bounded(secrets):
        raise Conflict("pairing_unanswered", "The shop has not handed over its keys.")
    pairing.secrets = seal.close(json.dumps(dict(secrets), sort_keys=True), *_place(pairing))
    session.flush()


def to_prove(session: Session, by: Actor, pairing_id: str, seal: Seal, *, now: datetime) -> Grant:
    """What was handed over, as one call to the shop that was typed would use it.

    Raises `Conflict` (`pairing_unanswered`) while nothing was handed over.
    """
    people.owner(session, by)
    pairing = own(session, by, pairing_id, now=now)
    if pairing.secrets is None or not pairing.secrets.text or pairing.store_id is not None:
        raise Conflict("pairing_unanswered", "The shop has not handed over its keys.")
    return Grant(store_id="", address=pairing.address, path_token="", salt=chance.token_bytes(32),
                 secrets=json.loads(seal.open(pairing.secrets, *_place(pairing))))


def finish(session: Session, by: Actor, pairing_id: str, *, name: str, currency: Currency,
           renews: str | None, seal: Seal, allow_http: bool = False,
           extra_hosts: Sequence[str] = (), renew_at: datetime | None = None,
           is_sole: bool = False, now: datetime) -> Store:
    """Keep the store whose keys were proven, or give one that is known its new keys (`renews`).

    `renew_at` is from when on keys that run out are to be renewed. The trip keeps no keys from then
    on. Raises as `connecting.connect` and `renew` do, and with `is_sole` as `stores.refuse_taken`.
    """
    grant = to_prove(session, by, pairing_id, seal, now=now)
    pairing = session.get_one(Pairing, pairing_id)
    if is_sole:
        stores.refuse_taken(session, pairing.connector, pairing.address, by.merchant)
    # Made here, since whoever chooses a secret chooses one that is used elsewhere too.
    secrets = {**grant.secrets, "webhook_secret": chance.token_urlsafe(32)}
    if renews is not None:
        store = connecting.renew(session, by, renews, address=pairing.address, currency=currency,
                                 secrets=secrets, seal=seal, allow_http=allow_http, now=now)
    else:
        store = connecting.connect(
            session, by, connector=pairing.connector, address=pairing.address, name=name,
            currency=currency, secrets=secrets, seal=seal, allow_http=allow_http,
            extra_hosts=extra_hosts, now=now)
    keys.due(session, store.id, renew_at)
    pairing.secrets, pairing.store_id = Sealed(""), store.id
    session.flush()
    return store


def refuse(session: Session, by: Actor, pairing_id: str, *, now: datetime) -> None:
    """It is not the shop that was meant: forget what it handed over, at once."""
    pairing = own(session, by, pairing_id, now=now)
    if pairing.store_id is not None:
        raise Conflict("store_connected", f"{pairing.address} is connected already.")
    if pairing.secrets is not None:
        pairing.secrets = Sealed("")
    session.flush()


def known_as(session: Session, by: Actor, pairing_id: str, doors: Sequence[str],
             door_of: Callable[[Store], str], *, now: datetime) -> Store | None:
    """The actor's own store that this shop already is: at the same address, or by its doors.

    A shop that moved to another domain still calls the door that was made for it; so does a copy
    of a shop, and only its owner can tell the two apart.
    """
    pairing = own(session, by, pairing_id, now=now)
    mine = [store for store in stores.of_merchant(session, by)
            if store.connector == pairing.connector]
    for store in mine:
        if store.address == pairing.address and store.state != "disconnected":
            return store
    return next((store for store in mine if store.state != "disconnected"
                 and door_of(store) in doors), None)


def forget_old(session: Session, *, now: datetime) -> int:
    """Remove trips of yesterday, with whatever was handed over; how many."""
    gone = session.execute(delete(Pairing).where(Pairing.expires_at < now - KEPT))
    return int(getattr(gone, "rowcount", 0))


def _hashed(state: str) -> str:
    return sha256(state.encode("utf-8", "replace")).hexdigest()


def _place(pairing: Pairing) -> tuple[str, ...]:
    return (pairing.merchant_id, "pairings", "secrets", pairing.id)


def _bounded(secrets: Mapping[str, str]) -> bool:
    return len(secrets) <= MOST_SECRETS and all(
        len(name) + len(value) <= LONGEST_SECRET for name, value in secrets.items())


def _inside(back: str, address: str) -> str:
    """The page to return to, if it lies under the store's own address; empty where none is named.

    Compared as text after refusing whatever browsers and parsers read in two ways.
    """
    if not back:
        return ""
    odd = (len(back) > LONGEST_BACK or not back.isascii() or not back.isprintable()
           or "\\" in back or " " in back or "/../" in back or "@" in back.split("?")[0])
    if odd or not back.startswith(address + "/"):
        raise Invalid("bad_return", "The page to return to is not one of this shop.", field="back")
    return back
