"""Pools: codes that lie ready in a seller's store before anybody claims one (E10, T31).

A code is written here first, then its store is asked to accept it, then it is ready: a crash at any
step is continued from the row. Nothing here leaves the machine; the worker asks the stores.

One of the named places that read and write sets of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.connect.protocol import CouponAsk
from alliance.core.ids import new_id, nonce
from alliance.core.money import Money, Rate
from alliance.db import lots, walls
from alliance.db.lots import among
from alliance.merchants import shown
from alliance.promotions import coupons
from alliance.promotions.campaign_model import Campaign, Component, Coupon

MOST_AT_ONCE = 200
MOST_ENDED = 100
"""Codes of one store that are made or ended in one round: its answers must fit into a lease, and
most platforms are asked for each code that is to end."""

TOLD_WITHIN = timedelta(days=3)
"""How long a store may take to tell of an order: what calls lose, the poll finds by then."""

CODE_BYTES = 10
"""80 bits of chance: a million guesses a second find one of ten thousand in four million years."""

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_ORDERS = walls.rows("orders", "store_id", "ref")
_TO_END = (Coupon.id, Coupon.state, Coupon.store_id, Coupon.campaign_id, Component.worth_minor)


@dataclass(frozen=True, slots=True)
class Work:
    """What a store is to be asked for: codes to make and codes to end; `is_all` if no more wait."""

    store_id: str
    asks: tuple[CouponAsk, ...]
    ending: tuple[str, ...]
    is_all: bool


@dataclass(frozen=True, slots=True)
class Lying:
    """So many codes of a component in one state that end at one moment."""

    state: str
    expires_at: datetime
    count: int


def plan(session: Session, store_id: str, *, now: datetime) -> Work:
    """Write down the codes that the store's running components lack, and say what to ask it for."""
    found = _running(session, store_id)
    for row in found:
        _stock_up(session, row, lying(session, [row.Component.id])[row.Component.id], now)
    session.flush()
    asks, count = _asks(session, store_id)
    ending = list(session.scalars(
        select(Coupon.code).where(Coupon.store_id == store_id, Coupon.state == "voiding")
        .order_by(Coupon.ended_at, Coupon.id).limit(MOST_ENDED + 1)))
    # A store that was away is first asked for one code; when it has made that, for the rest.
    is_all = (count <= MOST_AT_ONCE and len(ending) <= MOST_ENDED
              and all(row.Component.away_since is None for row in found))
    return Work(store_id, asks, tuple(ending[:MOST_ENDED]), is_all)


def made(session: Session, store_id: str, ask: CouponAsk, codes: Sequence[str], *,
         now: datetime) -> bool:
    """The store accepts `codes` of those it was asked for; whether that is all of them.

    What it made otherwise than asked is ended there.
    """
    mine = (Coupon.store_id == store_id, Coupon.state == "making")
    _update(session, (*mine, among(Coupon.code, values=list(codes))), state="ready", made_at=now)
    failed = [code for code in ask.codes if code not in set(codes)]
    if failed:
        _update(session, (*mine, among(Coupon.code, values=failed)), state="voiding", ended_at=now,
                ended_why="not_as_promised")
    else:
        session.execute(update(Component).where(Component.id == ask.tag).values(away_since=None))
    _show(session, [ask.tag])
    return not failed


def ended(session: Session, store_id: str, codes: Sequence[str]) -> None:
    """The store refuses these codes from now on."""
    _update(session, (Coupon.store_id == store_id, Coupon.state == "voiding",
                      among(Coupon.code, values=list(codes))), state="void")


def away(session: Session, store_id: str, component_ids: Iterable[str], *, now: datetime) -> None:
    """The store did not make codes of these components: their pack gives the rest, and says so."""
    gone = session.scalars(
        update(Component).where(Component.store_id == store_id, Component.away_since.is_(None),
                                among(Component.id, values=sorted(component_ids)))
        .values(away_since=now).returning(Component.id)
        .execution_options(synchronize_session=False)).all()
    _show(session, gone)


def empty(session: Session, campaign_id: str, why: str, *, given: bool = True,
          component_id: str | None = None, now: datetime) -> int:
    """End every code of a campaign that nobody used yet, or of one component; how many that were.

    With `given` also those that were given out: the kill switch. Their stores are told; what was
    used stays with who used it.
    """
    which = [Coupon.campaign_id == campaign_id,
             Coupon.state.in_(("making", "ready", "claimed") if given else ("making", "ready"))]
    if component_id is not None:
        which.append(Coupon.component_id == component_id)
    rows = _to_end(session, *which, limit=None)
    coupons.take_back(session, rows, why, now=now)
    if rows:
        _show(session, session.scalars(
            select(Component.id).where(Component.campaign_id == campaign_id)).all())
    return len(rows)


def tidy(session: Session, *, now: datetime) -> int:
    """End what has run out, so that its budget is free again; how many codes that were.

    Given out and run out unused; given out for a purchase of which its store never told; not given
    out when its campaign ended. A use is told late sometimes: so long is waited.
    """
    unheard = ~exists().where(_ORDERS.c.store_id == Coupon.claim_store_id,
                              _ORDERS.c.ref == Coupon.claim_ref)
    late, count = now - TOLD_WITHIN, 0
    for why, which in (
            ("expired", (Coupon.state == "claimed", Coupon.expires_at <= late)),
            ("never_told", (Coupon.state == "claimed", Coupon.claimed_at <= late, unheard)),
            ("campaign_over", (Coupon.state.in_(("making", "ready")),
                               (Campaign.state == "ended") | (Campaign.ends_at <= now)))):
        rows = _to_end(session, *which, limit=MOST_AT_ONCE)
        coupons.take_back(session, rows, why, now=now)
        count += len(rows)
    return count


def wanting(session: Session, *, now: datetime) -> dict[str, bool]:
    """Stores in which there is something to make or to end, and whether they answer (not away)."""
    found: dict[str, bool] = {}
    rows = _running(session)
    stocks = lying(session, [row.Component.id for row in rows])
    for row in rows:
        part = row.Component
        if _lack(row, stocks[part.id], now) or _old(row, stocks[part.id], now):
            found[part.store_id] = found.get(part.store_id, True) and part.away_since is None
    left = session.execute(
        select(Coupon.store_id, func.min(Component.away_since))
        .join(Component, Component.id == Coupon.component_id)
        .join(Campaign, Campaign.id == Coupon.campaign_id)
        .where((Coupon.state == "voiding")
               | ((Coupon.state == "making") & (Campaign.state == "running")
                  & Component.withdrawn_at.is_(None)))
        .group_by(Coupon.store_id))
    for store_id, since in left:
        found[store_id] = found.get(store_id, True) and since is None
    return found


def lying(session: Session, component_ids: Sequence[str]) -> dict[str, list[Lying]]:
    """What of these components is being made or lies ready, by when it runs out, the last first."""
    found: dict[str, list[Lying]] = defaultdict(list)
    rows = session.execute(
        select(Coupon.component_id, Coupon.state, Coupon.expires_at, func.count())
        .where(among(Coupon.component_id, values=sorted(component_ids)),
               Coupon.state.in_(("making", "ready")))
        .group_by(Coupon.component_id, Coupon.state, Coupon.expires_at)
        .order_by(Coupon.component_id, Coupon.expires_at.desc(), Coupon.state))
    for component_id, state, expires_at, count in rows:
        found[component_id].append(Lying(state, expires_at, count))
    return found


def shortest(valid_days: int) -> timedelta:
    """The least that must be left of a code's life when a shopper is given it."""
    return timedelta(days=valid_days) / 2


def fresh_code() -> str:
    """A code that nobody can guess, as orders name it: `7k4q-9m2d-0vxa-31zz`."""
    number = int.from_bytes(nonce()[:CODE_BYTES], "big")
    letters = "".join([_LETTERS[number >> shift & 31]
                       for shift in range(8 * CODE_BYTES - 5, -1, -5)])
    return "-".join([letters[place:place + 4] for place in range(0, len(letters), 4)])


def _running(session: Session, store_id: str | None = None) -> Sequence[Any]:
    asked = (select(Component, Campaign.ends_at, Campaign.host_member_id)
             .join(Campaign, Campaign.id == Component.campaign_id)
             .where(Campaign.state == "running", Component.withdrawn_at.is_(None)))
    if store_id is not None:
        asked = asked.where(Component.store_id == store_id)
    return session.execute(asked.order_by(Component.id)).all()


def _stock_up(session: Session, row: Any, stock: Sequence[Lying], now: datetime) -> None:
    part = row.Component
    if _old(row, stock, now):
        retired = _to_end(session, Coupon.component_id == part.id, Coupon.state == "ready",
                          Coupon.expires_at < _fresh_until(row, now), limit=MOST_AT_ONCE)
        coupons.take_back(session, retired, "retired", now=now)
    overdue = _to_end(session, Coupon.component_id == part.id, Coupon.state == "making",
                      Coupon.expires_at < now + shortest(part.valid_days), limit=MOST_AT_ONCE)
    coupons.take_back(session, overdue, "retired", now=now)
    lots.insert(session, Coupon, [{
        "id": new_id("cou", now), "component_id": part.id, "campaign_id": part.campaign_id,
        "store_id": part.store_id, "seller_member_id": part.seller_member_id,
        "host_member_id": row.host_member_id, "code": fresh_code(), "state": "making",
        "made_at": now, "expires_at": _end_of_new(row, now),
    } for _ in range(_lack(row, stock, now))])


def _lack(row: Any, stock: Sequence[Lying], now: datetime) -> int:
    """How many codes to make: none while half of the stock has most of its life before it."""
    if row.ends_at is not None and row.ends_at <= now:
        return 0
    fresh = sum(each.count for each in stock if each.expires_at >= _fresh_until(row, now))
    if 2 * fresh >= row.Component.stock:
        return 0
    if row.Component.away_since is not None:
        # What it could not make before is not piled up in it: one code shows whether it can now.
        return 0 if any(each.state == "making" for each in stock) else 1
    return int(row.Component.stock - fresh)


def _old(row: Any, stock: Sequence[Lying], now: datetime) -> bool:
    """Whether codes have become too old, and enough others lie ready to do without them."""
    bound = _fresh_until(row, now)
    fresh = sum(each.count for each in stock if each.state == "ready" and each.expires_at >= bound)
    return 2 * fresh >= row.Component.stock and any(
        each.state == "ready" and each.expires_at < bound for each in stock)


def _fresh_until(row: Any, now: datetime) -> datetime:
    # Towards the end of a campaign no code could be made that lasts longer.
    return min(now + timedelta(days=row.Component.valid_days), _end_of_new(row, now))


def _end_of_new(row: Any, now: datetime) -> datetime:
    """Until when a code made now works: whole seconds, as stores count."""
    valid = timedelta(days=row.Component.valid_days)
    last = now + 2 * valid if row.ends_at is None else min(now + 2 * valid, row.ends_at + valid)
    return last.replace(microsecond=0)


def _asks(session: Session, store_id: str) -> tuple[tuple[CouponAsk, ...], int]:
    rows = session.execute(
        select(Coupon.code, Coupon.expires_at, Component, Product.ref)
        .join(Component, Component.id == Coupon.component_id)
        .join(Campaign, Campaign.id == Component.campaign_id)
        .outerjoin(Product, Product.id == Component.product_id)
        .where(Coupon.store_id == store_id, Coupon.state == "making",
               Campaign.state == "running", Component.withdrawn_at.is_(None))
        .order_by(Component.id, Coupon.expires_at, Coupon.id).limit(MOST_AT_ONCE + 1)).all()
    by_promise: dict[tuple[str, datetime], list[Any]] = defaultdict(list)
    for row in rows[:MOST_AT_ONCE]:
        by_promise[row.Component.id, row.expires_at].append(row)
    return tuple(_ask(each[0].Component, each[0].ref, until, [row.code for row in each])
                 for (_, until), each in by_promise.items()), len(rows)


def _ask(part: Component, ref: str | None, until: datetime, codes: list[str]) -> CouponAsk:
    amount = part.amount_minor if part.amount_minor is not None else part.worth_minor
    has_sum, has_product = part.kind in ("amount", "voucher"), part.kind in ("sample", "voucher")
    return CouponAsk(
        part.id, part.kind, tuple(codes), Money(part.minimum_minor, part.currency), until,
        rate=Rate(part.rate_bp) if part.rate_bp is not None else None,
        amount=Money(amount, part.currency) if has_sum else None,
        product_ref=ref if has_product else None)


def _to_end(session: Session, *which: Any, limit: int | None) -> Sequence[Any]:
    return session.execute(
        select(*_TO_END).join(Component, Component.id == Coupon.component_id)
        .join(Campaign, Campaign.id == Coupon.campaign_id).where(*which)
        .order_by(Coupon.id).limit(limit)).all()


def _update(session: Session, which: Sequence[Any], **values: Any) -> None:
    session.execute(update(Coupon).where(*which).values(**values)
                    .execution_options(synchronize_session=False))
    session.expire_all()


def _show(session: Session, component_ids: Sequence[str]) -> None:
    if component_ids:
        shown.changed(session, *session.scalars(
            select(Campaign.alliance_id).join(Component, Component.campaign_id == Campaign.id)
            .where(or_(*(Component.id == each for each in component_ids)))).all())
