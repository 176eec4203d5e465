"""Codes that stand for a host: coupons and words spoken in a video (law §4.1 a, d)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.db.once import insert_once
from alliance.merchants import stores
from alliance.promotions.model import HostCode


def give(session: Session, by: Actor, store_id: str, host_member_id: str, *, kind: str, code: str,
         until: datetime | None = None, now: datetime) -> HostCode:
    """Let a code of the actor's store stand for a host of one of its alliances.

    Codes compare without case. Raises `Conflict` when the code stands for someone already.
    """
    host = session.get(Member, host_member_id)
    if store_id not in {store.id for store in stores.of_merchant(session, by)} or host is None:
        raise NotFound("store", store_id)
    if members.member_for(session, host.alliance_id, by.merchant) is None:
        raise NotFound("member", host_member_id)
    if host.merchant_id == by.merchant:
        raise Invalid("own_store", "A code of your own store cannot stand for yourself.")
    code = code.strip().lower()
    if kind not in {"coupon", "spoken"} or not 3 <= len(code) <= 60:
        raise Invalid("malformed_code", "A code has 3 to 60 characters.")
    row = {"store_id": store_id, "kind": kind, "code": code, "alliance_id": host.alliance_id,
           "host_member_id": host.id, "since": now, "until": until}
    if not insert_once(session, HostCode, [row], ["store_id", "kind", "code"]):
        raise Conflict("code_taken", f"The code {code} stands for a host already.")
    return session.get_one(HostCode, (store_id, kind, code))


def standing_for(session: Session, store_id: str,
                 codes: Iterable[tuple[str, str]]) -> list[HostCode]:
    """The codes of a store, out of (kind, code) pairs, that stand for a host."""
    wanted = [(kind, code.lower()) for kind, code in codes]
    if not wanted:
        return []
    return list(session.scalars(
        select(HostCode).where(HostCode.store_id == store_id,
                               tuple_(HostCode.kind, HostCode.code).in_(wanted))
        .order_by(HostCode.kind, HostCode.code)))
