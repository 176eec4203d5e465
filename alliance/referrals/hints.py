"""Hints: a browser says by which click it came to an order. Kept to be shown, never to earn."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.core.errors import Invalid
from alliance.db.once import insert_once
from alliance.referrals.hint_model import Hint
from alliance.referrals.tokens import Signer

MOST_OF_ORDER = 4
"""More links than a shopper follows: whoever says more fills a table."""

_REF = re.compile(r"[0-9A-Za-z_-]{1,60}", re.ASCII)


def hear(session: Session, store_id: str, ref: str, token: str, signer: Signer, *,
         now: datetime) -> bool:
    """Keep a hint, once; whether it was kept. Raises `Invalid` for a token not made for this store.
    """
    if not _REF.fullmatch(ref):
        raise Invalid("malformed_record", "A hint names its order.")
    click = signer.read_click(token, store_id)
    told = session.scalar(select(func.count()).select_from(Hint).where(
        Hint.store_id == store_id, Hint.order_ref == ref)) or 0
    return told < MOST_OF_ORDER and bool(insert_once(session, Hint, [{
        "store_id": store_id, "order_ref": ref, "click_id": click.click_id,
        "host_member_id": click.host, "heard_at": now}], ["store_id", "order_ref", "click_id"]))


def of_order(session: Session, store_id: str, ref: str) -> list[Hint]:
    """What browsers said of an order, the earliest first."""
    return list(session.scalars(select(Hint).where(
        Hint.store_id == store_id, Hint.order_ref == ref).order_by(Hint.heard_at, Hint.click_id)))
