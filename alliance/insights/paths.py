"""Paths to purchase as their two sides may read them, from the inputs that decisions are kept with.

A seller sees the whole path of its own orders. A host sees its own part in a path and how long the
path was, but of no other host who it is: an open book opens the terms of contracts, not sales.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.clock import Period
from alliance.insights import seats
from alliance.ledger.journal import chunks
from alliance.merchants.model import Merchant
from alliance.promotions.model import Placement
from alliance.referrals.click_model import Click
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution, paths
from alliance.rules.evidence import Evidence, Inputs, Touch
from alliance.rules.paths import Part, Path

IN, OUT = "in", "out"
"""Paths that ended in the merchant's own shops, and those to others' shops that it was part of."""

MEMBER, KIND, WAY, PLACE = "member", "kind", "way", "place"
"""Rows are the other members, their kinds of business, the ways of a touch (widget, link, code),
or the merchant's own placements and channels: these only where it is the host."""

BY = {IN: (MEMBER, KIND, WAY), OUT: (MEMBER, KIND, WAY, PLACE)}
AT_A_TIME = 500
MOST = 5_000
"""Orders that one report reads, the newest: about two seconds of one processor."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is of (an id, a kind, a way, or a place as a name) and the part it had."""

    key: str
    part: Part


@dataclass(frozen=True, slots=True)
class Report:
    """The paths of a span. `length` is how many touches a path usually has, `days` how many whole
    days usually lie between its first touch and the order; both are medians. `is_cut` says that
    there were more orders than are read."""

    paths: int
    length: int
    days: int
    rows: tuple[Row, ...]
    is_cut: bool = False


def report(session: Session, by: Actor, box: str, span: Period, *, group: str = MEMBER,
           kind: str = "", way: str = "", most: int = MOST) -> Report:
    """The paths that ended within `span`, in rows of `group`, the one with most paths first.

    `kind` and `way` leave out touches of other members' kinds and other ways; a path is as long,
    and its ends are where they are, whatever is left out. Of more orders than `most` the newest
    are read.
    """
    read = list(_inputs(session, _of(by, box, span), most + 1))
    mine = set(session.scalars(seats.mine(by)))
    found = [path for path in map(paths.path_of, read[:most]) if path is not None
             and (box == IN or any(step.touch.host in mine for step in path.steps))]
    named = _Names(session, by, box, found)
    key_of = {MEMBER: named.member, KIND: named.kind, WAY: named.way, PLACE: named.place}[group]

    def key(touch: Touch) -> str | None:
        is_left_out = (not named.may_see(touch) or (kind and named.kind(touch) != kind)
                       or (way and named.way(touch) != way))
        return None if is_left_out else key_of(touch)

    rows = [Row(name, part) for name, part in paths.parts(found, key).items()]
    return Report(
        len(found), paths.usual([len(each.steps) for each in found]),
        paths.usual([each.took // timedelta(days=1) for each in found]),
        tuple(sorted(rows, key=lambda row: (-row.part.paths, -row.part.opened, row.key))),
        len(read) > most)


def kinds(session: Session, by: Actor) -> list[str]:
    """The kinds of business of the other members of one's alliances."""
    mine = select(Member.alliance_id).where(Member.merchant_id == by.merchant)
    return sorted(session.scalars(
        select(Merchant.category).distinct().join(Member, Member.merchant_id == Merchant.id)
        .where(Member.alliance_id.in_(mine), Merchant.id != by.merchant)))


def way_of(touch: Touch) -> str:
    """How a touch came about: by a widget, a link, or a code of one kind."""
    if touch.kind is not Evidence.CLICK:
        return touch.kind.value
    return "widget" if (touch.placement or "").startswith("plc_") else "link"


class _Names:
    """What the reader may call the touches of these paths."""

    def __init__(self, session: Session, by: Actor, box: str, found: Sequence[Path]) -> None:
        self._box = box
        self._own = set(session.scalars(seats.mine(by)))
        touches = [step.touch for path in found for step in path.steps
                   if self._box == IN or step.touch.host in self._own]
        members = sorted({self.member(touch) for touch in touches})
        self._kinds: dict[str, str] = {}
        for chunk in chunks(members):
            self._kinds.update((member, category) for member, category in session.execute(
                select(Member.id, Merchant.category)
                .join(Merchant, Merchant.id == Member.merchant_id).where(Member.id.in_(chunk))))
        self._places: dict[str, str] = {}
        if box == OUT:
            self._read_places(session, touches)

    def may_see(self, touch: Touch) -> bool:
        """Whether the touch is told at all."""
        return self._box == IN or touch.host in self._own

    def member(self, touch: Touch) -> str:
        """The other side: the host of a path that came, the seller of one that was sent."""
        if self._box == IN or touch.terms is None:
            return touch.host
        return touch.terms.seller

    def kind(self, touch: Touch) -> str:
        """What kind of business the other side is."""
        return self._kinds.get(self.member(touch), "other")

    def way(self, touch: Touch) -> str:
        """How the touch came about."""
        return way_of(touch)

    def place(self, touch: Touch) -> str:
        """The placement's name, or the link's channel and asset; a code is its own place."""
        return self._places.get(touch.id) or self._places.get(touch.placement or "", way_of(touch))

    def _read_places(self, session: Session, touches: Sequence[Touch]) -> None:
        for chunk in chunks(sorted({touch.placement for touch in touches if touch.placement})):
            self._places.update((ref, name) for ref, name in session.execute(
                select(Placement.id, Placement.name).where(Placement.id.in_(chunk))))
        links = [touch.id for touch in touches if way_of(touch) == "link"]
        for chunk in chunks(sorted(set(links))):
            for click_id, channel, asset in session.execute(
                    select(Click.id, Link.channel, Link.asset)
                    .join(Link, Link.id == Click.link_id).where(Click.id.in_(chunk))):
                self._places[click_id] = f"{channel} · {asset}" if asset else channel


def _of(by: Actor, box: str, span: Period) -> ColumnElement[bool]:
    if box == IN:
        return ((Order.merchant_id == by.merchant) & (Order.placed_at >= span.start)
                & (Order.placed_at < span.end))
    return Order.id.in_(select(Decision.order_id).where(
        Decision.host_member_id.in_(seats.mine(by)), Decision.placed_at >= span.start,
        Decision.placed_at < span.end))


def _inputs(session: Session, which: ColumnElement[bool], most: int) -> Iterator[Inputs]:
    # Two columns of many rows, a few hundred at a time: no order is loaded for itself.
    rows = session.execute(
        select(Order.snapshot, Order.evidence).where(which, Order.evidence.is_not(None))
        .order_by(Order.placed_at.desc(), Order.id.desc()).limit(most)
        .execution_options(yield_per=AT_A_TIME))
    for snapshot, evidence in rows:
        yield attribution.from_json({"order": snapshot, **evidence})
