"""What the tests of the law are made of: small orders, terms, clauses and touches in EUR."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from alliance.core.money import Currency, Money, Rate
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder, Wanted
from alliance.rules.agreement import terms_hash
from alliance.rules.commission import Commission, Credit, Facts, expected
from alliance.rules.conditions import OPERATORS
from alliance.rules.evidence import Evidence, Touch
from alliance.rules.terms import (
    Basis,
    Cap,
    CapPer,
    Clause,
    Condition,
    CreditModel,
    Field,
    Op,
    Per,
    Terms,
)

EUR = Currency("EUR")
CREDITS = Currency.credits("alc_01j00000000000000000000000")
SHOP, CAFE, BAKERY, FLORIST = "mem_shop", "mem_cafe", "mem_bakery", "mem_florist"
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def eur(text: str) -> Money:
    """`eur("4.20")`."""
    return Money.parse(text, EUR)


def coins(count: int) -> Money:
    """Barter credits."""
    return Money(count, CREDITS)


def condition(field: Field, op: Op, *values: str) -> Condition:
    return Condition(field, op, values)


def percent(rate: str = "10", key: str = "all", *conditions: Condition, **more: Any) -> Clause:
    return Clause(key, Basis.PERCENT_OF_SALE, rate=Rate.percent(rate), conditions=conditions,
                  **more)


def referral(amount: str = "8.00", key: str = "visit", *conditions: Condition,
             **more: Any) -> Clause:
    return Clause(key, Basis.PER_REFERRAL, amount=eur(amount), conditions=conditions, **more)


def click(amount: str = "0.20", key: str = "click", **more: Any) -> Clause:
    return Clause(key, Basis.PER_CLICK, amount=eur(amount), **more)


def barter(count: int, per: Per, key: str = "swap", **more: Any) -> Clause:
    return Clause(key, Basis.BARTER, amount=coins(count), per=per, **more)


def terms(*clauses: Clause, host: str = CAFE, **more: Any) -> Terms:
    more = {"effective_from": T0 - 365 * DAY, "currency": EUR, **more}
    return Terms(more.pop("seller", SHOP), host, more.pop("version", 1), clauses or (percent(),),
                 **more)


def line(net: str = "64.90", key: str = "1", **more: Any) -> OrderLine:
    currency = more.pop("currency", EUR)
    amounts: dict[str, Any] = {name: Money.parse(more.pop(name, "0"), currency)
                               for name in ("tax", "discount", "refunded", "refunded_tax")}
    return OrderLine(key, more.pop("kind", LineKind.GOODS), more.pop("product_ref", "bib"),
                     more.pop("quantity", 1), Money.parse(net, currency), **amounts, **more)


def order(*lines: OrderLine, **more: Any) -> StoreOrder:
    more = {"ref": "1001", "number": "#1001", "state": OrderState.PAID, "currency": EUR,
            "placed_at": T0, "updated_at": T0, "paid_at": T0 + timedelta(minutes=5), **more}
    return StoreOrder(lines=lines or (line(),), **more)


def touch(host: str = CAFE, id: str = "t1", ago: timedelta = DAY, **more: Any) -> Touch:
    """A click on the host's page, `ago` before the order is placed."""
    bound: Terms | None = more.pop("terms", None) or terms(host=host)
    if more.pop("without_contract", False):
        bound = None
    return Touch(id, more.pop("kind", Evidence.CLICK), host, T0 - ago, terms=bound,
                 terms_hash=terms_hash(bound) if bound else "", **more)


FACTS = Facts(touched_at=T0 - DAY, evidence="link")


def credit(bound: Terms | None = None, weight: int = 1, facts: Facts = FACTS,
           touch_id: str = "t1") -> Credit:
    bound = bound or terms()
    return Credit(bound.host, weight, touch_id, bound, terms_hash(bound), facts)


def owed(sold: StoreOrder, *credits: Credit) -> list[str]:
    """The commissions as text: `cafe all 1 6.49 EUR`."""
    return told(expected(sold, credits or (credit(),)))


def told(commissions: Sequence[Commission]) -> list[str]:
    return [" ".join(filter(None, [each.host[4:], each.clause, each.line_key, str(each.amount)]))
            for each in commissions]


# Any well-formed terms, orders and touches, for properties.

_codes = st.sampled_from(["bib", "toys", "spring", "gold"])
_condition_values: dict[Field, st.SearchStrategy[str]] = {
    **dict.fromkeys(Field, _codes),
    Field.COUNTRY: st.sampled_from(["LV", "EE"]),
    Field.CUSTOMER: st.sampled_from(["new", "returning"]),
    Field.EVIDENCE: st.sampled_from(["coupon", "link", "bond", "spoken", "renewal"]),
    Field.TIER: st.sampled_from(["0", "1", "2"]),
    Field.DATE: st.sampled_from(["2026-02-01", "2026-03-01", "2026-03-02"]),
    Field.ORDER_AMOUNT: st.sampled_from(["0", "1000", "10000"]),
}


@st.composite
def any_condition(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(Field))
    op = draw(st.sampled_from(sorted(OPERATORS[field])))
    low, high = (2, 2) if op is Op.BETWEEN else (1, 2) if op in (Op.IN, Op.NOT_IN) else (1, 1)
    values = draw(st.lists(_condition_values[field], min_size=low, max_size=high))
    in_order = sorted(values, key=lambda text: (len(text), text))
    return Condition(field, op, tuple(in_order))


@st.composite
def any_clause(draw: st.DrawFn, key: str) -> Clause:
    basis = draw(st.sampled_from(Basis))
    conditions = {each.field: each for each in draw(st.lists(any_condition(), max_size=2))}
    unit = CREDITS if basis is Basis.BARTER else EUR
    amounts = st.integers(0, 5000).map(lambda minor: Money(minor, unit))
    caps = draw(st.lists(st.builds(Cap, st.sampled_from(CapPer), amounts), max_size=2))
    is_percent = basis is Basis.PERCENT_OF_SALE
    return Clause(
        key, basis,
        rate=Rate(draw(st.integers(0, 3000))) if is_percent else None,
        amount=None if is_percent else draw(amounts),
        per=draw(st.sampled_from(Per)) if basis is Basis.BARTER else None,
        block=draw(st.integers(1, 1000)),
        daily_limit=draw(st.none() | st.integers(1, 50)),
        bonus=draw(st.booleans()), conditions=tuple(conditions.values()), caps=tuple(caps),
        wanted=draw(st.sampled_from(Wanted)) if basis is Basis.PER_REFERRAL else Wanted.ORDER)


@st.composite
def any_terms(draw: st.DrawFn, host: str = CAFE) -> Terms:
    count = draw(st.integers(0, 3))
    begins = T0 - draw(st.integers(0, 90)) * DAY
    return Terms(
        SHOP, host, draw(st.integers(1, 9)),
        tuple(draw(any_clause(f"c{place}")) for place in range(count)), EUR, begins,
        draw(st.none() | st.integers(1, 120).map(lambda days: begins + days * DAY)),
        window_days=draw(st.integers(0, 60)), credit=draw(st.sampled_from(CreditModel)),
        hold_from=draw(st.sampled_from(["payment", "completion"])),
        settlement_currency=draw(st.none() | st.just(Currency("USD"))),
        include_tax=draw(st.booleans()), include_shipping=draw(st.booleans()),
        include_fees=draw(st.booleans()), include_gift_cards=draw(st.booleans()),
        bond_days=draw(st.none() | st.integers(1, 90)),
        recurring_days=draw(st.none() | st.integers(0, 90)),
        refund_rule=draw(st.sampled_from(["reverse", "keep"])),
        max_reversal_bp=draw(st.none() | st.integers(0, 10_000)))


@st.composite
def any_line(draw: st.DrawFn, key: str) -> OrderLine:
    kind = draw(st.sampled_from(LineKind))
    net = draw(st.integers(-500 if kind is LineKind.FEE else 0, 20_000))
    tax = draw(st.integers(0, 2000)) if net > 0 else 0
    back, back_tax = draw(st.integers(0, max(0, net))), draw(st.integers(0, tax))
    quantity = draw(st.integers(0, 3))
    return OrderLine(key, kind, draw(_codes), quantity, Money(net, EUR), Money(tax, EUR),
                     Money(0, EUR), Money(back, EUR), Money(back_tax, EUR),
                     draw(st.integers(0, quantity)), (draw(_codes),), (draw(_codes),))


@st.composite
def any_order(draw: st.DrawFn) -> StoreOrder:
    wanted = draw(st.sampled_from([Wanted.ORDER, Wanted.ORDER, *Wanted]))
    count = draw(st.integers(0, 4)) if wanted is Wanted.ORDER else 0
    lines = tuple(draw(any_line(str(place))) for place in range(count))
    return StoreOrder(
        "1001", "#1001", draw(st.sampled_from(OrderState)), EUR, T0, T0, lines,
        paid_at=draw(st.none() | st.just(T0)), completed_at=draw(st.none() | st.just(T0 + DAY)),
        is_test=draw(st.integers(0, 9)) == 0, customer_key=draw(st.sampled_from([None, "k1"])),
        is_new_customer=draw(st.none() | st.booleans()),
        country=draw(st.sampled_from([None, "LV", "EE"])),
        renews=draw(st.sampled_from([None, None, "1000"])), wanted=wanted)


@st.composite
def any_touch(draw: st.DrawFn, id: str) -> Touch:
    host = draw(st.sampled_from([CAFE, BAKERY, FLORIST]))
    bound = draw(st.none() | any_terms(host) | st.just(terms(host=host)))
    rarely = st.integers(0, 9).map(lambda roll: roll == 0)
    kind = draw(st.sampled_from(Evidence))
    return Touch(
        id, kind, host, T0 - draw(st.integers(-2, 70)) * DAY,
        terms=bound, terms_hash=terms_hash(bound) if bound else "",
        invalid=draw(st.sampled_from([None, None, None, "robot"])),
        forged=draw(rarely), replayed=draw(rarely), campaign=draw(st.none() | _codes),
        placement=draw(st.none() | _codes),
        weight=draw(st.integers(0, 100)) if kind is Evidence.RENEWAL else None)
