"""Evidence: what ties hosts to a lot of orders, gathered with a bounded number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from alliance.alliances.agreed import TermsInForce
from alliance.core.errors import Invalid
from alliance.core.ids import new_id
from alliance.core.orders import OrderState, StoreOrder
from alliance.db import lots
from alliance.db.lots import among, ask
from alliance.promotions import codes, coupons
from alliance.promotions.model import Placement
from alliance.referrals import doubts, order_rows, renewals
from alliance.referrals.click_model import Click
from alliance.referrals.keys import Keys
from alliance.referrals.order_model import Decision, Order, OrderTouch
from alliance.referrals.order_rows import OrderRow
from alliance.referrals.seats import Seats
from alliance.referrals.tokens import ClickToken, Signer, in_store_time
from alliance.rules.attribution import Evidence, Inputs, Standing, Touch

_LOST = {OrderState.CANCELLED.value, OrderState.FAILED.value, OrderState.REMOVED.value}

# Built once: putting such a statement together costs more than its answer. Each asks by values
# and not by orders, so that it also serves orders which are not written yet.
_SHARING = select(OrderTouch.order_id).where(among(OrderTouch.click_id))
_FOLLOWING: Any = select(
    Order.id, Order.store_id, Order.ref, Order.customer_key, Order.placed_at).where(
    among(Order.store_id, "stores"), among(Order.customer_key, "customers"))
_CARRYING = (
    select(OrderTouch.click_id, Order.placed_at, Order.ref, Order.id)
    .join(Order, Order.id == OrderTouch.order_id)
    .where(among(OrderTouch.click_id), Order.paid_at.is_not(None), Order.state.not_in(_LOST),
           # A renewal carries its first order's words by copy: it takes no click away from it.
           Order.renews.is_(None)))
_CLICKS = select(Click.id, Click.at, Click.verdict).where(among(Click.id))
_HOMES = select(Placement.id, Placement.host_member_id).where(among(Placement.id))
_CREDITED = (
    select(Order.id, Order.store_id, Order.customer_key, Order.placed_at, Order.ref, Order.wanted,
           Decision.host_member_id, Decision.weight, Decision.kind)
    .join(Decision, Decision.order_id == Order.id)
    .where(among(Order.store_id, "stores"), among(Order.customer_key, "customers")))
_KEPT = ("outcome", "reason", "weight", "weight_sum", "kind", "alliance_id", "seller_member_id",
         "terms_id", "touch_id", "touched_at", "placed_at", "numbers")
_DECIDED = select(
    Decision.id, Decision.order_id, Decision.host_member_id,
    *(getattr(Decision, name) for name in _KEPT)).where(among(Decision.order_id))


class Tokens:
    """The click tokens of a lot, each read once."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._read: dict[tuple[str, str], tuple[ClickToken | None, bool]] = {}

    def read(self, text: str, store_id: str) -> tuple[ClickToken | None, bool]:
        """The click that a token says, and whether it is forged; None where it says nothing."""
        if (text, store_id) not in self._read:
            try:
                found: tuple[ClickToken | None, bool] = self._signer.read_click(
                    text, store_id), False
            except Invalid:
                found = self._signer.claimed_click(text), True
            self._read[text, store_id] = found
        return self._read[text, store_id]

    def proven(self, order: StoreOrder, store_id: str) -> set[str]:
        """The clicks that an order's tokens prove."""
        read = (self.read(text, store_id) for text in order.click_tokens)
        return {token.click_id for token, is_forged in read if token and not is_forged}


def reached(session: Session, rows: Sequence[OrderRow]) -> set[str]:
    """Other orders whose decisions hang on these, by what these say; maybe of these themselves.

    Orders that share a click with them, and the later orders of all their customers, whose bond
    may begin with one of them. A bond begins with a click or a code only, so it goes no further.
    Renewals hang on their first order, and nothing hangs on them.
    """
    own = {row.id for row in rows}
    clicks = sorted({click_id for row in rows for click_id in row.clicks})
    sharing = set(ask(session, _SHARING, {"ids": clicks}).scalars()) - own if clicks else set()
    found = [*rows, *order_rows.read(session, sharing)]
    later = {each.id: (each.store_id, each.ref) for each in _following(session, found)}
    firsts = {(row.store_id, row.ref) for row in found} | set(later.values())
    return sharing | set(later) | renewals.of(session, firsts)


def _following(session: Session, rows: Sequence[OrderRow]) -> Iterator[Row[Any]]:
    earliest: dict[tuple[str, str], datetime] = {}
    for row in rows:
        if row.customer_key is not None:
            key = (row.store_id, row.customer_key)
            earliest[key] = min(earliest.get(key, row.placed_at), row.placed_at)
    if earliest:
        for each in ask(session, _FOLLOWING, _of_customers(earliest)):
            key = (each.store_id, each.customer_key)
            if key in earliest and each.placed_at > earliest[key]:
                yield each


def _of_customers(keys: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    return {"stores": sorted({store_id for store_id, _ in keys}),
            "customers": sorted({customer for _, customer in keys})}


class Gathered:
    """Everything that deciding a lot of orders of one or more stores needs to know."""

    def __init__(self, session: Session, rows: Sequence[OrderRow], keys: Keys,
                 tokens: Tokens | None = None) -> None:
        self._session = session
        self._tokens = tokens or Tokens(keys.signer)
        self._seats = Seats(session, {row.merchant_id for row in rows}, keys.seal)
        self._fresh: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._gone: list[str] = []
        clicks = sorted({click_id for row in rows for click_id in row.clicks})
        self._doubts = doubts.Doubts(session, {row.merchant_id for row in rows})
        self._clicks = self._read_clicks(clicks)
        self._homes = self._read_homes(rows)
        self._owners = self._read_owners(clicks, rows)
        self._credited = self._read_credited(rows)
        self._codes = codes.standing(session, {
            (row.store_id, *said) for row in rows for said in _said(row.order)})
        self._coupons = coupons.named(session, {
            (row.store_id, text) for row in rows for kind, text in _said(row.order)
            if kind == "coupon"})
        self._holders = self._share_out_codes(rows)
        self._firsts = renewals.Firsts(session, rows)
        self.decisions = self._read_decisions([row.id for row in rows if not row.is_fresh])
        self._seats.expect(self._hosts_of(rows))

    def inputs(self, row: OrderRow) -> Inputs:
        """All touches of an order and the standing of their hosts (law §4)."""
        touches = self._doubts.weighed(self._touches(row), row.merchant_id, row.placed_at)
        hosts = {touch.host for touch in touches}
        gifts = tuple(coupons.gift(each) for each in self._held(row))
        return Inputs(row.order, touches, self._standing(row, hosts), gifts)

    def seller_of(self, row: OrderRow, alliance_id: str) -> str:
        """The member id of the order's own merchant in an alliance."""
        return self._seats.seller(row.merchant_id, alliance_id)

    def terms_id(self, terms_hash: str) -> str | None:
        """The version that has this hash."""
        return self._seats.terms_id(terms_hash)

    def keep(self, row: OrderRow, host: str, values: Mapping[str, Any]) -> str:
        """Take a decision to be written by `flush`; unchanged ones are left alone. Its id."""
        known = self.decisions.get(row.id, {}).get(host)
        if known is None:
            decision_id = new_id("dec", values["decided_at"])
            self._fresh.append({"id": decision_id, "order_id": row.id, "host_member_id": host,
                                **values})
        else:
            decision_id = known.id
            if any(getattr(known, name) != values[name] for name in _KEPT):
                self._changed.append({"id": known.id, **values})
        self._credited[row.store_id, row.customer_key or ""][row.id, host] = (
            row, renewals.begins_bond(row.wanted, values["weight"], values["kind"]))
        self._firsts.decided(row, host, values)
        return decision_id

    def drop(self, row: OrderRow, host: str) -> None:
        """Take a decision to be removed: nothing ties this host to the order any more."""
        self._gone.append(self.decisions[row.id][host].id)
        self._credited[row.store_id, row.customer_key or ""].pop((row.id, host), None)
        self._firsts.dropped(row, host)

    def flush(self) -> None:
        """Write what was kept."""
        lots.insert(self._session, Decision, self._fresh)
        lots.update(self._session, Decision, self._changed)
        if self._gone:
            self._session.execute(delete(Decision).where(among(Decision.id)), {"ids": self._gone})

    def _touches(self, row: OrderRow) -> Iterator[Touch]:
        for text in row.order.click_tokens:
            touch = self._clicked(row, text)
            if touch is not None:
                yield touch
        yield from self._coded(row)
        yield from self._claimed(row)
        yield from self._bound(row)
        yield from self._renewed(row)
        yield from self._viewed(row)

    def _clicked(self, row: OrderRow, text: str) -> Touch | None:
        token, is_forged = self._tokens.read(text, row.store_id)
        seller = self._seats.seller_for(row.merchant_id, token.host) if token else None
        if token is None or seller is None:
            return None
        click = self._clicks.get(token.click_id)
        at, fault = (click.at, click.verdict) if click else doubts.kept(
            row.evidence, token.click_id) or (token.issued_at, None)
        if is_forged:
            at, fault = token.issued_at, None
        bound = self._seats.terms(seller, token.host, at)
        owner = self._owners.get(token.click_id, row.id)
        return Touch(
            id=token.click_id, kind=Evidence.CLICK, host=token.host,
            at=in_store_time(at, row.placed_at),
            alliance=self._seats.member(token.host).alliance_id, forged=is_forged,
            replayed=not is_forged and owner != row.id,
            invalid=fault if fault != "valid" else None,
            placement=token.placement_id, product=token.product_id, **_under(bound))

    def _coded(self, row: OrderRow) -> Iterator[Touch]:
        placed_at = row.order.placed_at
        for kind, text in sorted(_said(row.order)):
            code = self._codes.get((row.store_id, kind, text))
            if code is None or not code.since <= placed_at or (
                    code.until is not None and placed_at >= code.until):
                continue
            host = code.host_member_id
            seller = self._seats.seller_for(row.merchant_id, host)
            if seller is not None:
                yield Touch(id=f"{kind}:{text}", kind=Evidence(kind), host=host, at=placed_at,
                            alliance=code.alliance_id,
                            **_under(self._seats.terms(seller, host, placed_at)))

    def _claimed(self, row: OrderRow) -> Iterator[Touch]:
        """Single-use codes that a host's page gave out (law §4.1 a)."""
        for each in self._held(row):
            host = each.host_member_id
            seller = self._seats.seller_for(row.merchant_id, host)
            if seller is not None:
                yield Touch(id=f"claim:{each.id}", kind=Evidence.COUPON, host=host,
                            at=in_store_time(each.claimed_at, row.placed_at),
                            alliance=each.alliance_id, campaign=each.campaign_id,
                            **_under(self._seats.terms(seller, host, each.claimed_at)))

    def _held(self, row: OrderRow) -> Iterator[Any]:
        """The codes of campaigns that this order uses and may use, in order of their text."""
        for kind, text in sorted(_said(row.order)):
            found = self._coupons.get((row.store_id, text)) if kind == "coupon" else None
            if found is not None and self._holders.get(found.id) == row.id:
                yield found

    def _share_out_codes(self, rows: Sequence[OrderRow]) -> dict[str, str]:
        """The one order of each code: who used it before and still stands, else the earliest."""
        if not self._coupons:
            return {}
        called_off = {row.id for row in rows if not row.order.is_sold}
        holders: dict[str, str] = {}
        ranked = sorted(rows, key=lambda row: (row.id in called_off, row.placed_at, row.ref))
        for row in ranked:
            for kind, text in _said(row.order):
                found = self._coupons.get((row.store_id, text)) if kind == "coupon" else None
                if found is not None and found.state in coupons.GIVEN:
                    before = found.order_id if found.order_id not in called_off else None
                    holders.setdefault(found.id, before or row.id)
        return holders

    def _bound(self, row: OrderRow) -> Iterator[Touch]:
        if row.customer_key is None:
            return
        earlier = self._credited.get((row.store_id, row.customer_key), {})
        for (_, host), (first, is_credited) in sorted(earlier.items(), key=lambda each: each[0]):
            seller = self._seats.seller_for(row.merchant_id, host)
            if not is_credited or first.placed_at >= row.placed_at or seller is None:
                continue
            bound = self._seats.terms(seller, host, first.placed_at)
            if bound is not None and bound.terms.bond_days is not None:
                yield Touch(
                    # The store's own name of it: ours would be in order of arrival.
                    id=f"bond:{first.ref}", kind=Evidence.BOND, host=host, at=first.placed_at,
                    alliance=self._seats.member(host).alliance_id, **_under(bound))

    def _renewed(self, row: OrderRow) -> Iterator[Touch]:
        for each in self._firsts.carried(row):
            if self._seats.seller_for(row.merchant_id, each.host) is not None:
                yield Touch(
                    id=f"renewal:{each.first.ref}", kind=Evidence.RENEWAL, host=each.host,
                    at=each.first.placed_at, alliance=each.alliance_id, weight=each.weight,
                    placement=each.touch.get("placement"), campaign=each.touch.get("campaign"),
                    product=each.touch.get("product"),
                    **_under(self._seats.version(each.terms_id)))

    def _viewed(self, row: OrderRow) -> Iterator[Touch]:
        # Nobody can say when it was seen: only the order carries it, so its time is the order's.
        placed_at = row.order.placed_at
        for placement_id, host, seller in self._seen_of_others(row):
            yield Touch(
                id=f"view:{placement_id}", kind=Evidence.VIEW, host=host, at=placed_at,
                alliance=self._seats.member(host).alliance_id, placement=placement_id,
                **_under(self._seats.terms(seller, host, placed_at)))

    def _seen_of_others(self, row: OrderRow) -> Iterator[tuple[str, str, str]]:
        """Placements that the order names, with their host and the order's seller there.

        The shop's own ones say nothing about who sent the shopper: they only measure its pages.
        """
        for placement_id in row.order.views:
            host = self._homes.get(placement_id, "")
            seller = self._seats.seller_for(row.merchant_id, host)
            if seller is not None and seller != host:
                yield placement_id, host, seller

    def _standing(self, row: OrderRow, hosts: set[str]) -> Standing:
        members = [self._seats.member(host) for host in sorted(hosts)]
        people = {member.id: self._seats.people_keys(row.store_id, member.id)
                  for member in members}
        before = row.evidence["standing"] if row.evidence else {}
        suspended = {member.id for member in members if member.suspended_at is not None
                     and member.suspended_at <= row.placed_at}
        return Standing(
            # Who was suspended when it was first decided stays so: to resume pays nothing behind.
            suspended=frozenset(suspended | set(before.get("suspended", [])) & hosts),
            people_keys={host: each for host, each in people.items() if each},
            own_stores=frozenset(
                member.id for member in members if member.merchant_id == row.merchant_id),
            capped=frozenset(before.get("capped", [])) & frozenset(hosts),
            # Beside the shop's own placements the word is about its own pages alone.
            hold_out=row.order.hold_out and any(self._seen_of_others(row)),
            zone_name=members[0].zone if members else "UTC")

    def _hosts_of(self, rows: Sequence[OrderRow]) -> set[str]:
        read = (self._tokens.read(text, row.store_id)[0]
                for row in rows for text in row.order.click_tokens)
        return {token.host for token in read if token is not None}

    def _read_clicks(self, clicks: Sequence[str]) -> dict[str, Any]:
        found = ask(self._session, _CLICKS, {"ids": clicks}) if clicks else ()
        return {row.id: row for row in found}

    def _read_homes(self, rows: Sequence[OrderRow]) -> dict[str, str]:
        """The host of each placement that these orders say was seen."""
        seen = sorted({ref for row in rows for ref in row.order.views})
        found = ask(self._session, _HOMES, {"ids": seen}) if seen else ()
        return {row.id: row.host_member_id for row in found}

    def _read_owners(self, clicks: Sequence[str], rows: Sequence[OrderRow]) -> dict[str, str]:
        """The order that each click earns: the earliest placed of those that stand as sold."""
        ranks = [(click_id, (row.placed_at, row.ref, row.id)) for row in rows if row.is_fresh
                 and row.renews is None and row.order.is_sold for click_id in row.clicks]
        if clicks:
            ranks += [(row.click_id, (row.placed_at, row.ref, row.id))
                      for row in ask(self._session, _CARRYING, {"ids": clicks})]
        owners: dict[str, tuple[datetime, str, str]] = {}
        for click_id, rank in ranks:
            owners[click_id] = min(owners.get(click_id, rank), rank)
        return {click_id: rank[2] for click_id, rank in owners.items()}

    def _read_credited(
            self, rows: Sequence[OrderRow]
    ) -> dict[tuple[str, str], dict[tuple[str, str], tuple[Any, bool]]]:
        """By store and customer: each decision on one of its orders, and whether it binds."""
        found: dict[tuple[str, str], dict[tuple[str, str], tuple[Any, bool]]] = defaultdict(dict)
        keys = {(row.store_id, row.customer_key) for row in rows if row.customer_key is not None}
        if keys:
            for each in ask(self._session, _CREDITED, _of_customers(keys)):
                # What waits above a cap was earned all the same: the customer is the host's.
                found[each.store_id, each.customer_key][each.id, each.host_member_id] = (
                    each, renewals.begins_bond(each.wanted, each.weight, each.kind))
        return found

    def _read_decisions(self, order_ids: Sequence[str]) -> dict[str, dict[str, Row[Any]]]:
        found: dict[str, dict[str, Row[Any]]] = defaultdict(dict)
        for row in ask(self._session, _DECIDED, {"ids": order_ids}) if order_ids else ():
            found[row.order_id][row.host_member_id] = row
        return found


def _said(order: StoreOrder) -> set[tuple[str, str]]:
    """The codes that an order names, by kind; they compare without case."""
    spoken = {("spoken", order.spoken_code.lower())} if order.spoken_code else set()
    return spoken | {("coupon", code.lower()) for code in order.coupons}


def _under(bound: TermsInForce | None) -> dict[str, Any]:
    """What a touch says of the terms under which it was made."""
    if bound is None:
        return {"contract": None, "terms": None, "terms_hash": ""}
    return {"contract": bound.contract_id, "terms": bound.terms, "terms_hash": bound.hash}
