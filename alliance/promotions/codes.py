"""Codes that stand for a host: coupons and words spoken in a video (law §4.1 a, d)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.events import CodeChanged
from alliance.core.ids import new_id
from alliance.core.reading import time_json
from alliance.db import queue
from alliance.db.lots import among, ask
from alliance.db.once import insert_once
from alliance.merchants import stores
from alliance.promotions.model import HostCode


def give(session: Session, by: Actor, store_id: str, host_member_id: str, *, kind: str, code: str,
         until: datetime | None = None, now: datetime) -> HostCode:
    """Let a code of the actor's store stand for a host of one of its alliances.

    Codes compare without case. It counts for what is ordered from now until before `until`: a code
    that many know should end. Raises `Conflict` when it stands or stood for someone already.
    """
    host = session.get(Member, host_member_id)
    if store_id not in {store.id for store in stores.of_merchant(session, by)} or host is None:
        raise NotFound("store", store_id)
    if members.member_for(session, host.alliance_id, by.merchant) is None:
        raise NotFound("member", host_member_id)
    if host.merchant_id == by.merchant:
        raise Invalid("own_store", "A code of your own store cannot stand for yourself.")
    code = code.strip().lower()
    if kind not in {"coupon", "spoken"} or not 3 <= len(code) <= 60 or not code.isprintable():
        raise Invalid("malformed_code", "A code has 3 to 60 characters.", field="code")
    if until is not None and until <= now:
        raise Invalid("ends_in_past", "The end of a code lies ahead.", field="until")
    row = {"store_id": store_id, "kind": kind, "code": code, "alliance_id": host.alliance_id,
           "host_member_id": host.id, "since": now, "until": until}
    if not insert_once(session, HostCode, [row], ["store_id", "kind", "code"]):
        raise Conflict("code_taken", f"The code {code} stands for a host already.")
    _tell(session, store_id, now)
    return session.get_one(HostCode, (store_id, kind, code))


def end(session: Session, by: Actor, store_id: str, kind: str, code: str, *,
        now: datetime) -> HostCode:
    """Let a code of the actor's store count no more for what is ordered from now on.

    For one that leaked. What was ordered before stays as it was decided. Raises `NotFound` for
    another's code, `Conflict` (`code_ended`) when it is over already.
    """
    row = session.get(HostCode, (store_id, kind, code))
    if row is None or store_id not in {store.id for store in stores.of_merchant(session, by)}:
        raise NotFound("code", code[:60])
    if row.until is not None and row.until <= now:
        raise Conflict("code_ended", f"The code {code} has ended already.")
    row.until = now
    session.flush()
    _tell(session, store_id, now)
    return row


def touch_id(row: HostCode) -> str:
    """How decisions call the use of a code."""
    return f"{row.kind}:{row.code}"


def standing(session: Session,
             said: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Any]:
    """Those of these (store, kind, code in lower case) that stand for a host."""
    if not said:
        return {}
    found = ask(session, _STANDING, {
        "stores": sorted({store_id for store_id, _, _ in said}),
        "codes": sorted({code for _, _, code in said})})
    rows = {(row.store_id, row.kind, row.code): row for row in found}
    return {key: row for key, row in rows.items() if key in said}


def _tell(session: Session, store_id: str, now: datetime) -> None:
    queue.put(session, CodeChanged(store_id, time_json(now)), scope=store_id,
              key=new_id("msg", now), now=now)


_STANDING = select(
    HostCode.store_id, HostCode.kind, HostCode.code, HostCode.alliance_id,
    HostCode.host_member_id, HostCode.since, HostCode.until,
).where(among(HostCode.store_id, "stores"), among(HostCode.code, "codes"))
