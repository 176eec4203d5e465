"""Joining from inside: a shop's own platform says which shop it is, a code says whose business.

The owner draws the code in the hub and types it into the app inside the shop's admin. So nobody
names a shop: neither a link nor an address can tie somebody else's. The code is worth something to
one who is inside a shop alone, once, for half an hour.
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alliance.core.actor import Actor
from alliance.core.errors import Invalid
from alliance.core.ids import MerchantId, PersonId
from alliance.core.money import Currency
from alliance.db.sealed import Seal
from alliance.merchants import connecting, keys, people, stores
from alliance.merchants.joining_model import JoinCode
from alliance.merchants.model import Merchant, Store

LIFE = timedelta(minutes=30)
KEPT = timedelta(days=1)
SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty signs that nobody takes for another: twelve of them are 58 bits."""

GROUPS, IN_GROUP = 3, 4


def invite(session: Session, by: Actor, connector: str, *, now: datetime) -> str:
    """Draw the code for one shop of a platform, such as `7K4Q-9M2D-4VXA`; an earlier one ends.

    Raises `NotAllowed` (`owner_needed`).
    """
    person = people.owner(session, by)
    session.execute(delete(JoinCode).where(
        JoinCode.merchant_id == by.merchant, JoinCode.connector == connector,
        JoinCode.used_at.is_(None)))
    code = "-".join("".join(chance.choice(SIGNS) for _ in range(IN_GROUP)) for _ in range(GROUPS))
    session.add(JoinCode(code_hash=_hashed(code), merchant_id=by.merchant, person_id=person.id,
                         connector=connector, created_at=now, expires_at=now + LIFE))
    session.flush()
    return code


def whose(session: Session, connector: str, code: str, *, now: datetime) -> Merchant:
    """The business that a code stands for; `Invalid` (`unknown_join_code`) for any other text."""
    return session.get_one(Merchant, _open(session, connector, code, now).merchant_id)


def join(session: Session, connector: str, code: str, *, address: str, name: str,
         currency: Currency, secrets: Mapping[str, str], renew_at: datetime | None,
         extra_hosts: Sequence[str] = (), seal: Seal, now: datetime) -> Store:
    """Tie the shop at this address to the business of the code, once.

    The caller has proof from the platform that somebody inside this shop typed it. A shop belongs
    to one business: `Conflict` (`store_taken`) while it is another's. Raises as `connect` does,
    with the person who drew the code as the one who acts.
    """
    found = _open(session, connector, code, now, taking=True)
    stores.refuse_taken(session, connector, address, found.merchant_id)
    by = Actor(MerchantId(found.merchant_id), PersonId(found.person_id))
    # Drawn here: it keys this store's proofs of purchases, and the platform never learns it.
    own = {**secrets, "webhook_secret": chance.token_urlsafe(32)}
    store = connecting.connect(
        session, by, connector=connector, address=address, name=name, currency=currency,
        secrets=own, extra_hosts=extra_hosts, seal=seal, now=now)
    keys.due(session, store.id, renew_at)
    found.used_at, found.store_id = now, store.id
    session.flush()
    return store


def renewed(session: Session, store_id: str, secrets: Mapping[str, str],
            renew_at: datetime | None, seal: Seal, *, now: datetime) -> None:
    """The platform gave new keys because somebody inside the shop opened the app.

    What was wrong with the store is mended by it.
    """
    grant = stores.grant_of(session, store_id, seal)
    stores.give_keys(session, store_id, {**grant.secrets, **secrets}, seal)
    keys.due(session, store_id, renew_at)
    stores.answered_now(session, store_id, now=now)


def forget_old(session: Session, *, now: datetime) -> int:
    """Remove codes of yesterday; how many."""
    gone = session.execute(delete(JoinCode).where(JoinCode.expires_at < now - KEPT))
    return int(getattr(gone, "rowcount", 0))


def _open(session: Session, connector: str, code: str, now: datetime, *,
          taking: bool = False) -> JoinCode:
    wanted = select(JoinCode).where(
        JoinCode.code_hash == _hashed(code), JoinCode.connector == connector,
        JoinCode.used_at.is_(None), JoinCode.expires_at > now)
    found = session.scalar(wanted.with_for_update() if taking else wanted)
    if found is None:
        raise Invalid("unknown_join_code", "The hub waits for no such code. Draw a new one there: "
                      "each works once, for half an hour.", field="code")
    return found


def _hashed(code: str) -> str:
    # As people type it: without the dashes, in any letters.
    plain = "".join(code.upper().replace("-", " ").split())[:40]
    return sha256(plain.encode("utf-8", "replace")).hexdigest()
