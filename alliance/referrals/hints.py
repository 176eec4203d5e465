"""Hints: a browser says by which click it came to an order. Kept to be shown, never to earn."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from alliance.core.errors import Invalid
from alliance.db.once import insert_once
from alliance.referrals.hint_model import Hint
from alliance.referrals.tokens import Signer

MOST = 4
"""More links than lead to one order, or orders than follow one click: whoever says more only fills
a table. So all there can be is bounded by the clicks there were."""

KEPT = timedelta(days=90)
"""As long as clicks are kept."""

_REF = re.compile(r"[0-9A-Za-z_-]{1,60}", re.ASCII)


def hear(session: Session, store_id: str, ref: str, token: str, signer: Signer, *,
         now: datetime) -> bool:
    """Keep a hint, once; whether it was kept. Raises `Invalid` for a token not made for this store.
    """
    if not _REF.fullmatch(ref):
        raise Invalid("malformed_record", "A hint names its order.")
    click = signer.read_click(token, store_id)
    if any((session.scalar(select(func.count()).select_from(Hint).where(
            Hint.store_id == store_id, about)) or 0) >= MOST
            for about in (Hint.order_ref == ref, Hint.click_id == click.click_id)):
        return False
    return bool(insert_once(session, Hint, [{
        "store_id": store_id, "order_ref": ref, "click_id": click.click_id,
        "host_member_id": click.host, "heard_at": now}], ["store_id", "order_ref", "click_id"]))


def forget_old(session: Session, *, now: datetime) -> int:
    """Remove hints as old as the oldest clicks; how many."""
    gone = session.execute(delete(Hint).where(Hint.heard_at < now - KEPT))
    return int(getattr(gone, "rowcount", 0))


def of_order(session: Session, store_id: str, ref: str) -> list[Hint]:
    """What browsers said of an order, the earliest first."""
    return list(session.scalars(select(Hint).where(
        Hint.store_id == store_id, Hint.order_ref == ref).order_by(Hint.heard_at, Hint.click_id)))
