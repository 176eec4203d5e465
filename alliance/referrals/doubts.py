"""What speaks against touches that were found: clicks that were not counted, and reversed holds.

A click that was not counted is paid nothing per click (law §4.4), yet a shopper who follows a link
twice, or from a town that shares one address, and then buys, was sent by the host all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Member
from alliance.db.lots import among, ask
from alliance.referrals.order_model import Hold
from alliance.rules import validity
from alliance.rules.evidence import Evidence, Touch
from alliance.rules.validity import Fault

_NOT_COUNTED = {fault.value for fault in validity.UNCOUNTED}
_REVERSED = (
    select(Member.merchant_id, Hold.host_member_id, Hold.starts_at, Hold.ends_at)
    .join(Member, Member.id == Hold.seller_member_id)
    .where(among(Member.merchant_id, "merchants"), Hold.state == Fault.REVERSED.value))


class Doubts:
    """The reversed holds of some merchants' sales, and what they do to touches."""

    def __init__(self, session: Session, merchant_ids: set[str]) -> None:
        self._reversed: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for hold in ask(session, _REVERSED, {"merchants": sorted(merchant_ids)}):
            self._reversed[hold.merchant_id, hold.host_member_id].append(hold)

    def weighed(self, touches: Iterable[Touch], merchant_id: str,
                placed_at: datetime) -> tuple[Touch, ...]:
        """The touches of an order placed at a time with a merchant, each as it may earn."""
        return tuple(
            replace(touch, invalid=Fault.REVERSED.value)
            if touch.kind is Evidence.CLICK and any(
                hold.starts_at <= placed_at < hold.ends_at
                for hold in self._reversed.get((merchant_id, touch.host), ()))
            else touch for touch in stand_in(touches))


def stand_in(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """A click that was not counted stands, unless the order carries another one for it.

    That is one of the same host's that stands, of at most an hour before: so to follow a link
    again and again adds no weight where several touches share.
    """
    found = list(touches)
    if all(touch.invalid not in _NOT_COUNTED for touch in found):
        return tuple(found)
    standing: dict[str, Touch] = {}
    for place, touch in sorted(enumerate(found), key=lambda each: (each[1].at, each[1].id)):
        if touch.kind is not Evidence.CLICK or touch.forged or touch.replayed:
            continue
        last = standing.get(touch.host)
        if touch.invalid in _NOT_COUNTED and (
                last is None or last.id == touch.id or touch.at - last.at > validity.REACH):
            found[place] = touch = replace(touch, invalid=None)
        if touch.invalid is None:
            standing[touch.host] = touch
    return tuple(found)


def kept(evidence: Mapping[str, Any] | None, click_id: str) -> tuple[datetime, str | None] | None:
    """A click's time and fault as an order's evidence keeps them, for when the click is removed."""
    for touch in (evidence or {}).get("touches", ()):
        if touch["id"] == click_id and not touch["forged"]:
            return datetime.fromisoformat(touch["at"]), touch["invalid"]
    return None
