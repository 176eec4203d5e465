"""Stores: find one, open its sealed keys for a call, mark what is wrong with it."""

from __future__ import annotations

import json
import re
import secrets as chance
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from alliance.connect.protocol import Grant
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.events import PastWanted
from alliance.db import queue
from alliance.db.base import iso
from alliance.db.lots import ask
from alliance.db.queue import Message
from alliance.db.sealed import Seal, Sealed
from alliance.merchants import shown
from alliance.merchants.model import Store

MOVES: Mapping[str, frozenset[str]] = {
    "connected": frozenset({"needs_attention", "disconnected"}),
    "needs_attention": frozenset({"needs_attention", "connected", "disconnected"}),
    "disconnected": frozenset({"connected"}),
}
"""From which state a store may go to which."""


def grant_of(session: Session, store_id: str, seal: Seal) -> Grant:
    """The opened keys of a store, for one call; raises `Conflict` when it is disconnected."""
    store = named(session, store_id)
    if store.state == "disconnected":
        raise Conflict("store_disconnected", f"{store.name} is disconnected.")
    place = (store.merchant_id, "stores")
    return Grant(
        store_id=store.id, address=store.address, path_token=store.path_token,
        salt=bytes.fromhex(seal.open(store.salt, *place, "salt", store.id)),
        secrets=json.loads(seal.open(store.secrets, *place, "secrets", store.id)))


def salt_of(session: Session, store_id: str, seal: Seal) -> bytes:
    """The salt of a store's customer keys alone; raises as `grant_of` does."""
    row = ask(session, _SALT, {"store": store_id}).one_or_none()
    if row is None:
        raise NotFound("store", store_id)
    if row.state == "disconnected":
        raise Conflict("store_disconnected", f"{row.name} is disconnected.")
    return bytes.fromhex(seal.open(row.salt, row.merchant_id, "stores", "salt", store_id))


def by_path_token(session: Session, connector: str, path_token: str) -> Store:
    """The store that calls at this address, or `NotFound`."""
    store = session.scalar(select(Store).where(
        Store.path_token == path_token, Store.connector == connector,
        Store.state != "disconnected"))
    if store is None:
        raise NotFound("store", "at this address")
    return store


def at(session: Session, connector: str, address: str) -> Store | None:
    """The store that the hub knows at this address, whoever's; a connected one before others."""
    return session.scalars(select(Store).where(
        Store.connector == connector, Store.address == address,
    ).order_by(Store.state == "disconnected", Store.connected_at.desc(), Store.id)).first()


def refuse_taken(session: Session, connector: str, address: str, merchant_id: str) -> None:
    """A shop of a platform that calls one door for all belongs to one business, or nobody could say
    whose a call is: `Conflict` (`store_taken`) while it is connected to another."""
    stands = at(session, connector, address)
    if stands is not None and stands.state != "disconnected" and (
            stands.merchant_id != merchant_id):
        raise Conflict("store_taken", "This shop is connected to another business. Disconnect it "
                       "there first.")


def named(session: Session, store_id: str) -> Store:
    """The store with this id, for the hub's own work; pages ask `own`."""
    store = session.get(Store, store_id)
    if store is None:
        raise NotFound("store", store_id)
    return store


def own(session: Session, by: Actor, store_id: str) -> Store:
    """A store of the merchant who asks, or `NotFound`."""
    store = session.get(Store, store_id)
    if store is None or store.merchant_id != by.merchant:
        raise NotFound("store", store_id)
    return store


def of_merchant(session: Session, by: Actor) -> list[Store]:
    """Every store of the merchant who asks, the oldest first."""
    return list(session.scalars(
        select(Store).where(Store.merchant_id == by.merchant)
        .order_by(Store.connected_at, Store.id)))


def parked_of(session: Session, by: Actor) -> dict[str, list[Message]]:
    """What the hub could not finish for the actor's stores, by store, the oldest first."""
    found: dict[str, list[Message]] = {store.id: [] for store in of_merchant(session, by)}
    for message in queue.parked(session, list(found)):
        found[message.scope].append(message)
    return found


def try_again(session: Session, by: Actor, store_id: str, message_id: str, *,
              now: datetime) -> None:
    """Take a parked message of one's own store back into the queue; `NotFound` for any other."""
    store = own(session, by, store_id)
    if message_id not in {each.id for each in queue.parked(session, [store.id])}:
        raise NotFound("parked message", message_id)
    queue.again(session, message_id, now=now)


def listening(session: Session) -> list[Store]:
    """Every store that is not disconnected: those to poll and to keep up to date."""
    return list(session.scalars(
        select(Store).where(Store.state != "disconnected").order_by(Store.id)))


def heard(session: Session, store_id: str, *, now: datetime) -> None:
    """Remember that the store called or answered; an older moment changes nothing."""
    store = named(session, store_id)
    if store.heard_at is None or store.heard_at < now:
        store.heard_at = now
        session.flush()


def answered(session: Session, store_id: str, *, until: datetime, now: datetime) -> None:
    """The store told all that changed up to `until`: it is heard, and what was wrong is mended.

    One that was disconnected meanwhile stays so.
    """
    store = named(session, store_id)
    if store.state == "disconnected":
        return
    polled(session, store_id, until)
    heard(session, store_id, now=now)
    mended(session, store_id, now=now)


def answered_now(session: Session, store_id: str, *, now: datetime) -> None:
    """The store answered when it was looked at: it is heard, and what was wrong is mended."""
    heard(session, store_id, now=now)
    mended(session, store_id, now=now)


def want_past(session: Session, by: Actor, store_id: str, back: timedelta, *,
              now: datetime) -> None:
    """Ask for the older orders of one's own store; twice on one day is once."""
    store = own(session, by, store_id)
    if store.state == "disconnected":
        raise Conflict("store_disconnected", f"{store.name} is disconnected.")
    since = iso(now - back)
    queue.put(session, PastWanted(store.id, since), scope=store.id,
              key=f"past:{store.id}:{since[:10]}", now=now)


def polled(session: Session, store_id: str, until: datetime) -> None:
    """Remember up to which change its orders were read; it never goes back."""
    store = named(session, store_id)
    if store.polled_to is None or store.polled_to < until:
        store.polled_to = until
        session.flush()


def catalogue_at(session: Session, store_id: str, cursor: str | None) -> None:
    """Remember where reading its products stopped; None when it came to the end."""
    named(session, store_id).catalogue_cursor = cursor
    session.flush()


def needs_attention(session: Session, store_id: str, code: str, *, now: datetime) -> None:
    """Mark what is wrong (`code`, which pages explain); `Conflict` when it is disconnected."""
    if not re.fullmatch("[a-z][a-z0-9_]{0,63}", code):
        raise Invalid("unknown_trouble", f"{code[:40]!r} is not a code.")
    store = named(session, store_id)
    move(store, "needs_attention")
    store.trouble = code
    session.flush()


def mended(session: Session, store_id: str, *, now: datetime) -> None:
    """The store answers as it should again; one that already did changes nothing."""
    store = named(session, store_id)
    if store.state == "connected":
        return
    if store.state == "disconnected":
        raise Conflict("store_disconnected", f"{store.name} is disconnected.")
    move(store, "connected")
    store.trouble = None
    session.flush()


def disconnect(session: Session, by: Actor, store_id: str, *, now: datetime) -> None:
    """Forget the store's keys and answer its calls no more; its orders and products stay known."""
    left(session, own(session, by, store_id).id)


def left(session: Session, store_id: str) -> None:
    """The store left, or its platform removed the hub there: the same, without anybody asking."""
    store = named(session, store_id)
    move(store, "disconnected")
    store.trouble = None
    store.catalogue_cursor = None
    store.secrets = Sealed("")
    session.flush()
    shown.changed_of(session, [store.merchant_id])


def forget_customers(session: Session, store_id: str, seal: Seal) -> None:
    """Draw another salt, so that no customer's key of before is ever made again."""
    store = named(session, store_id)
    store.salt = seal.close(chance.token_bytes(32).hex(), store.merchant_id, "stores", "salt",
                            store.id)
    session.flush()


def give_keys(session: Session, store_id: str, secrets: Mapping[str, str], seal: Seal) -> None:
    """Seal these as all the keys of a store, in place of those it had."""
    store = named(session, store_id)
    store.secrets = seal.close(json.dumps(dict(secrets), sort_keys=True), store.merchant_id,
                               "stores", "secrets", store.id)
    session.flush()


def move(store: Store, to: str) -> None:
    """Bring a store into another state; `Conflict` where `MOVES` does not lead there."""
    if to not in MOVES[store.state]:
        raise Conflict("store_state", f"A store that is {store.state} cannot become {to}.",
                       state=store.state, to=to)
    store.state = to


_SALT = select(Store.merchant_id, Store.state, Store.name, Store.salt).where(
    Store.id == bindparam("store"))
