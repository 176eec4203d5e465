"""Evidence: what ties hosts to a lot of orders, gathered with a bounded number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session, aliased

from alliance.alliances import agreed
from alliance.alliances.agreed import TermsInForce
from alliance.alliances.model import Alliance, Member
from alliance.core.customers import customer_key
from alliance.core.errors import Invalid
from alliance.core.ids import new_id
from alliance.core.orders import OrderState, StoreOrder
from alliance.db.sealed import Seal
from alliance.ledger.journal import chunks
from alliance.merchants import stores
from alliance.merchants.model import Person
from alliance.promotions import codes
from alliance.promotions.model import Placement
from alliance.referrals import doubts, renewals
from alliance.referrals.model import Click, Decision, Order, OrderTouch
from alliance.referrals.tokens import ClickToken, Signer
from alliance.rules.attribution import Evidence, Inputs, Standing, Touch

_LOST = {OrderState.CANCELLED.value, OrderState.FAILED.value, OrderState.REMOVED.value}

# Built once: putting such a statement together costs more than its answer.
_MINE, _OTHER = aliased(OrderTouch), aliased(OrderTouch)
_BEFORE, _AFTER = aliased(Order), aliased(Order)
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_SHARING = select(_OTHER.order_id).join(_MINE, _MINE.click_id == _OTHER.click_id).where(
    _MINE.order_id.in_(_IDS))
_FOLLOWING = select(_AFTER.id).join(
    _BEFORE, (_BEFORE.store_id == _AFTER.store_id) & (_BEFORE.customer_key == _AFTER.customer_key)
    & (_BEFORE.placed_at < _AFTER.placed_at)).where(
    _BEFORE.id.in_(_IDS), _BEFORE.customer_key.is_not(None))
_CARRYING = (
    select(_OTHER.click_id, Order.placed_at, Order.ref, Order.id)
    .join(_MINE, _MINE.click_id == _OTHER.click_id).join(Order, Order.id == _OTHER.order_id)
    .where(_MINE.order_id.in_(_IDS), Order.paid_at.is_not(None), Order.state.not_in(_LOST),
           # A renewal carries its first order's words by copy: it takes no click away from it.
           Order.renews.is_(None)))


@dataclass(frozen=True, slots=True)
class Keys:
    """What reads signed tokens and opens a store's salt."""

    signer: Signer
    seal: Seal


def reached(session: Session, order_ids: set[str]) -> set[str]:
    """These orders and those whose decisions hang on them.

    Orders that share a click with them, and the later orders of all their customers, whose bond
    may begin with one of them. A bond begins with a click or a code only, so it goes no further.
    Renewals hang on their first order, and nothing hangs on them.
    """
    found = set(order_ids)
    for chunk in chunks(sorted(order_ids)):
        found |= set(session.scalars(_SHARING, {"ids": chunk}))
    for chunk in chunks(sorted(found)):
        found |= set(session.scalars(_FOLLOWING, {"ids": chunk}))
    for chunk in chunks(sorted(found)):
        found |= set(session.scalars(renewals.RENEWING, {"ids": chunk}))
    return found


class Gathered:
    """Everything that deciding a lot of orders of one or more stores needs to know."""

    def __init__(self, session: Session, rows: Sequence[Order], keys: Keys) -> None:
        self._session, self._keys = session, keys
        self._sellers: dict[tuple[str, str], str] = {}
        self._members: dict[str, Member] = {}
        self._zones: dict[str, str] = {}
        self._spans: dict[tuple[str, str], list[TermsInForce]] = defaultdict(list)
        self._by_hash: dict[str, str] = {}
        self._by_id: dict[str, TermsInForce] = {}
        self._people: dict[tuple[str, str], frozenset[str]] = {}
        self._salts: dict[str, bytes] = {}
        self._fresh: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._gone: list[str] = []
        self._read_alliances({row.merchant_id for row in rows})
        self._doubts = doubts.Doubts(session, {row.merchant_id for row in rows})
        self._clicks = self._read_clicks(rows)
        self._homes = self._read_homes(rows)
        self._owners = self._read_owners(rows)
        self._credited = self._read_credited(rows)
        self._firsts = renewals.Firsts(session, rows)
        self.decisions = self._read_decisions(rows)

    def inputs(self, row: Order, order: StoreOrder) -> Inputs:
        """All touches of an order and the standing of their hosts (law §4)."""
        touches = self._doubts.weighed(
            self._touches(row, order), row.merchant_id, row.placed_at)
        hosts = {touch.host for touch in touches}
        return Inputs(order, touches, self._standing(row, order, hosts))

    def seller_of(self, row: Order, alliance_id: str) -> str:
        """The member id of the order's own merchant in an alliance."""
        return self._sellers[row.merchant_id, alliance_id]

    def terms_id(self, terms_hash: str) -> str | None:
        """The version that has this hash."""
        return self._by_hash.get(terms_hash)

    def keep(self, row: Order, host: str, values: Mapping[str, Any]) -> None:
        """Take a decision to be written by `flush`; unchanged ones are left alone."""
        known = self.decisions.get(row.id, {}).get(host)
        if known is None:
            self._fresh.append({"id": new_id("dec", values["decided_at"]), "order_id": row.id,
                                "host_member_id": host, **values})
        elif any(getattr(known, name) != value for name, value in values.items()
                 if name != "decided_at"):
            self._changed.append({"id": known.id, **values})
        self._credited[row.store_id, row.customer_key or ""][row.id, host] = (
            row, renewals.begins_bond(row, values["weight"], values["kind"]))
        self._firsts.decided(row, host, values)

    def drop(self, row: Order, host: str) -> None:
        """Take a decision to be removed: nothing ties this host to the order any more."""
        self._gone.append(self.decisions[row.id][host].id)
        self._credited[row.store_id, row.customer_key or ""].pop((row.id, host), None)
        self._firsts.dropped(row, host)

    def flush(self) -> None:
        """Write what was kept."""
        self._session.flush()
        if self._fresh:
            self._session.execute(insert(Decision), self._fresh)
        if self._changed:
            self._session.execute(update(Decision), self._changed)
        for chunk in chunks(self._gone):
            self._session.execute(delete(Decision).where(Decision.id.in_(chunk)))

    def _touches(self, row: Order, order: StoreOrder) -> Iterator[Touch]:
        for text in order.click_tokens:
            touch = self._clicked(row, text)
            if touch is not None:
                yield touch
        yield from self._coded(row, order)
        yield from self._bound(row, order)
        yield from self._renewed(row)
        yield from self._viewed(row, order)

    def _clicked(self, row: Order, text: str) -> Touch | None:
        signer = self._keys.signer
        try:
            token: ClickToken | None = signer.read_click(text, row.store_id)
            forged = False
        except Invalid:
            token, forged = signer.claimed_click(text), True
        seller = self._seller_for(row, token.host) if token else None
        if token is None or seller is None:
            return None
        click = self._clicks.get(token.click_id)
        at, fault = (click.at, click.verdict) if click else doubts.kept(
            row.evidence, token.click_id) or (token.issued_at, None)
        if forged:
            at, fault = token.issued_at, None
        bound = self._terms(seller, token.host, at)
        owner = self._owners.get(token.click_id, row.id)
        return Touch(
            id=token.click_id, kind=Evidence.CLICK, host=token.host, at=at,
            alliance=self._members[token.host].alliance_id, forged=forged,
            contract=bound.contract_id if bound else None, terms=bound.terms if bound else None,
            terms_hash=bound.hash if bound else "", replayed=not forged and owner != row.id,
            invalid=fault if fault != "valid" else None,
            placement=token.placement_id, product=token.product_id)

    def _coded(self, row: Order, order: StoreOrder) -> Iterator[Touch]:
        said = [("coupon", code) for code in order.coupons]
        if order.spoken_code:
            said.append(("spoken", order.spoken_code))
        for code in codes.standing_for(self._session, row.store_id, said):
            in_time = code.since <= order.placed_at and (
                code.until is None or order.placed_at < code.until)
            seller = self._seller_for(row, code.host_member_id)
            if in_time and seller is not None:
                bound = self._terms(seller, code.host_member_id, order.placed_at)
                yield Touch(
                    id=f"{code.kind}:{code.code}", kind=Evidence(code.kind),
                    host=code.host_member_id, at=order.placed_at, alliance=code.alliance_id,
                    contract=bound.contract_id if bound else None,
                    terms=bound.terms if bound else None, terms_hash=bound.hash if bound else "")

    def _bound(self, row: Order, order: StoreOrder) -> Iterator[Touch]:
        if row.customer_key is None:
            return
        earlier = self._credited.get((row.store_id, row.customer_key), {})
        for (_, host), (first, is_credited) in sorted(earlier.items()):
            seller = self._seller_for(row, host)
            if not is_credited or first.placed_at >= row.placed_at or seller is None:
                continue
            bound = self._terms(seller, host, first.placed_at)
            if bound is not None and bound.terms.bond_days is not None:
                yield Touch(
                    # The store's own name of it: ours would be in order of arrival.
                    id=f"bond:{first.ref}", kind=Evidence.BOND, host=host, at=first.placed_at,
                    alliance=self._members[host].alliance_id, contract=bound.contract_id,
                    terms=bound.terms, terms_hash=bound.hash)

    def _renewed(self, row: Order) -> Iterator[Touch]:
        for each in self._firsts.carried(row):
            bound = self._by_id.get(each.terms_id or "")
            if self._seller_for(row, each.host) is not None:
                yield Touch(
                    id=f"renewal:{each.first.ref}", kind=Evidence.RENEWAL, host=each.host,
                    at=each.first.placed_at, alliance=each.alliance_id, weight=each.weight,
                    contract=bound.contract_id if bound else None,
                    terms=bound.terms if bound else None, terms_hash=bound.hash if bound else "",
                    placement=each.touch.get("placement"), campaign=each.touch.get("campaign"),
                    product=each.touch.get("product"))

    def _viewed(self, row: Order, order: StoreOrder) -> Iterator[Touch]:
        # Nobody can say when it was seen: only the order carries it, so its time is the order's.
        for placement_id in order.views:
            host = self._homes.get(placement_id, "")
            seller = self._seller_for(row, host)
            if seller is not None:
                bound = self._terms(seller, host, order.placed_at)
                yield Touch(
                    id=f"view:{placement_id}", kind=Evidence.VIEW, host=host, at=order.placed_at,
                    alliance=self._members[host].alliance_id, placement=placement_id,
                    contract=bound.contract_id if bound else None,
                    terms=bound.terms if bound else None, terms_hash=bound.hash if bound else "")

    def _standing(self, row: Order, order: StoreOrder, hosts: set[str]) -> Standing:
        members = [self._members[host] for host in sorted(hosts)]
        people = {member.id: self._people_keys(row.store_id, member.merchant_id)
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
            hold_out=order.hold_out,
            zone_name=self._zones[members[0].alliance_id] if members else "UTC")

    def _seller_for(self, row: Order, host: str) -> str | None:
        member = self._members.get(host)
        return self._sellers.get((row.merchant_id, member.alliance_id)) if member else None

    def _terms(self, seller: str, host: str, at: Any) -> TermsInForce | None:
        spans = self._spans.get((seller, host), [])
        begun = [each for each in spans if each.terms.effective_from <= at]
        # Where nothing bound at the time, the nearest version says so: `not_in_force`.
        nearest = begun[-1:] or spans[:1]
        return nearest[0] if nearest else None

    def _people_keys(self, store_id: str, merchant_id: str) -> frozenset[str]:
        if (store_id, merchant_id) not in self._people:
            if store_id not in self._salts:
                self._salts[store_id] = stores.grant_of(
                    self._session, store_id, self._keys.seal).salt
            mails = self._session.scalars(
                select(Person.email).where(Person.merchant_id == merchant_id))
            self._people[store_id, merchant_id] = frozenset(
                key for mail in mails
                if (key := customer_key(mail, self._salts[store_id])) is not None)
        return self._people[store_id, merchant_id]

    def _read_alliances(self, merchant_ids: set[str]) -> None:
        own = self._session.scalars(
            select(Member).where(Member.merchant_id.in_(sorted(merchant_ids)))).all()
        self._sellers = {(each.merchant_id, each.alliance_id): each.id for each in own}
        alliance_ids = sorted({each.alliance_id for each in own})
        for member in self._session.scalars(
                select(Member).where(Member.alliance_id.in_(alliance_ids))):
            self._members[member.id] = member
        for alliance in self._session.scalars(
                select(Alliance).where(Alliance.id.in_(alliance_ids))):
            self._zones[alliance.id] = alliance.zone
        for alliance_id in alliance_ids:
            for each in agreed.ever_in_force(self._session, alliance_id):
                self._spans[each.terms.seller, each.terms.host].append(each)
                self._by_hash[each.hash] = each.terms_id
                self._by_id[each.terms_id] = each

    def _read_clicks(self, rows: Sequence[Order]) -> dict[str, Click]:
        found: dict[str, Click] = {}
        for chunk in chunks([row.id for row in rows]):
            for click in self._session.scalars(
                    select(Click).join(OrderTouch, OrderTouch.click_id == Click.id)
                    .where(OrderTouch.order_id.in_(chunk))):
                found[click.id] = click
        return found

    def _read_homes(self, rows: Sequence[Order]) -> dict[str, str]:
        """The host of each placement that these orders say was seen."""
        seen = sorted({ref for row in rows for ref in row.snapshot.get("views", ())})
        return {ref: host for chunk in chunks(seen) for ref, host in self._session.execute(
            select(Placement.id, Placement.host_member_id).where(Placement.id.in_(chunk)))}

    def _read_owners(self, rows: Sequence[Order]) -> dict[str, str]:
        """The order that each click earns: the earliest placed of those that stand as sold."""
        owners: dict[str, tuple[Any, str, str]] = {}
        for chunk in chunks([row.id for row in rows]):
            found = self._session.execute(_CARRYING, {"ids": chunk})
            for click_id, placed_at, ref, order_id in found:
                rank = (placed_at, ref, order_id)
                owners[click_id] = min(owners.get(click_id, rank), rank)
        return {click_id: rank[2] for click_id, rank in owners.items()}

    def _read_credited(
            self, rows: Sequence[Order]) -> dict[tuple[str, str],
                                                 dict[tuple[str, str], tuple[Order, bool]]]:
        found: dict[tuple[str, str], dict[tuple[str, str], tuple[Order, bool]]] = defaultdict(dict)
        for store_id in sorted({row.store_id for row in rows}):
            customers = sorted({row.customer_key for row in rows
                                if row.customer_key and row.store_id == store_id})
            for chunk in chunks(customers):
                pairs = self._session.execute(
                    select(Order, Decision).join(Decision, Decision.order_id == Order.id)
                    .where(Order.store_id == store_id, Order.customer_key.in_(chunk)))
                for order, decision in pairs:
                    key = (store_id, order.customer_key or "")
                    # What waits above a cap was earned all the same: the customer is the host's.
                    found[key][order.id, decision.host_member_id] = (
                        order, renewals.begins_bond(order, decision.weight, decision.kind))
        return found

    def _read_decisions(self, rows: Sequence[Order]) -> dict[str, dict[str, Decision]]:
        found: dict[str, dict[str, Decision]] = defaultdict(dict)
        for chunk in chunks([row.id for row in rows]):
            for decision in self._session.scalars(
                    select(Decision).where(Decision.order_id.in_(chunk))):
                found[decision.order_id][decision.host_member_id] = decision
        return found
