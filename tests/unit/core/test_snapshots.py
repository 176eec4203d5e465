"""An order snapshot written down is read back exactly, and nothing else is (law §1.1, §4.3)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance.core.reading import Fields, read_date, read_time, time_json
from alliance.core.snapshots import order_from_json, order_to_json

EUR = Currency("EUR")
AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
LINE = OrderLine("7", LineKind.GOODS, "12:34", 2, Money(6490, EUR), Money(1363, EUR),
                 Money(100, EUR), Money(500, EUR), Money(105, EUR), 1, ("toys",), ("spring",))
ORDER = StoreOrder(
    "1001", "#1001", OrderState.PAID, EUR, AT, AT, (LINE,), paid_at=AT, version=3,
    coupons=("LI-5",), click_tokens=("t.k",), customer_key="ab12", is_new_customer=True,
    country="LV",
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
times = st.builds(
    lambda micros, zone: datetime.fromtimestamp(0, UTC).astimezone(zone) + timedelta(0, 0, micros),
    st.integers(0, 4 * 10**15), st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
amounts = st.integers(0, 10**9)


@st.composite
def orders(draw: st.DrawFn) -> StoreOrder:
    currency = Currency(draw(st.sampled_from(["EUR", "JPY", "BHD"])))
    lines = []
    for key in range(draw(st.integers(0, 4))):
        net, tax = draw(amounts), draw(amounts)
        back, back_tax = draw(st.integers(0, net)), draw(st.integers(0, tax))
        lines.append(OrderLine(
            str(key), draw(st.sampled_from(LineKind)), draw(texts), draw(st.integers(0, 99)),
            Money(net, currency), Money(tax, currency), Money(draw(amounts), currency),
            Money(back, currency), Money(back_tax, currency), draw(st.integers(0, 9)),
            tuple(draw(st.lists(texts, max_size=2)))))
    return StoreOrder(
        draw(texts), draw(texts), draw(st.sampled_from(OrderState)), currency, draw(times),
        draw(times), tuple(lines), draw(st.none() | times), draw(st.none() | times),
        draw(st.integers(0, 9)), draw(st.booleans()), tuple(draw(st.lists(texts, max_size=2))),
        tuple(draw(st.lists(texts, max_size=2))), draw(st.none() | texts),
        draw(st.none() | texts), draw(st.none() | st.booleans()), draw(st.none() | texts))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(orders())
def test_a_snapshot_is_read_back_exactly(order: StoreOrder) -> None:
    assert order_from_json(json.loads(json.dumps(order_to_json(order)))) == order


def test_money_and_times_have_one_written_form() -> None:
    written = order_to_json(ORDER)
    assert written["placed_at"] == "2026-03-02T09:00:00.123456Z"
    lines: Any = written["lines"]
    assert lines[0]["net"] == {"minor": 6490, "currency": "EUR"}
    elsewhere = replace(ORDER, placed_at=AT.astimezone(timezone(timedelta(hours=2))))
    assert order_to_json(elsewhere) == written
    assert time_json(datetime(987, 1, 1, tzinfo=UTC)) == "0987-01-01T00:00:00.000000Z"


def changed(path: str, value: object) -> dict[str, Any]:
    """The written order with one value replaced; `...` takes the key out."""
    written = json.loads(json.dumps(order_to_json(ORDER)))
    *parents, last = path.split(".")
    inner: Any = written
    for name in parents:
        inner = inner[int(name)] if name.isdigit() else inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return dict(written)


@pytest.mark.parametrize(("path", "value", "code"), [
    ("ref", 1001, "wrong_shape"),
    ("ref", ..., "missing_key"),
    ("ref", "a\x00b", "unsafe_text"),
    ("ref", "\ud800", "unsafe_text"),
    ("ref", "x" * 10_001, "unsafe_text"),
    ("email", "li@example.org", "unknown_key"),
    ("state", "shipped", "unknown_word"),
    ("currency", "euro", "unknown_currency"),
    ("placed_at", "2026-03-02T09:00:00", "malformed_time"),
    ("placed_at", "2026-02-30T09:00:00Z", "malformed_time"),
    ("placed_at", "2026-03-02T09:00:00+00:00", "malformed_time"),
    ("paid_at", 0, "wrong_shape"),
    ("version", "3", "wrong_shape"),
    ("version", True, "wrong_shape"),
    ("version", 2**60, "out_of_range"),
    ("is_test", 0, "wrong_shape"),
    ("coupons", "LI-5", "wrong_shape"),
    ("coupons", [5], "wrong_shape"),
    ("lines", {}, "wrong_shape"),
    ("lines", [1], "wrong_shape"),
    ("lines.0.net", 6490, "wrong_shape"),
    ("lines.0.net.minor", 64.9, "wrong_shape"),
    ("lines.0.net.major", 64, "unknown_key"),
    ("lines.0.net.currency", "USD", "mixed_currencies"),
    ("lines.0.refunded.minor", 6491, "refund_too_large"),
    ("lines.0.quantity", -1, "out_of_range"),
    ("lines.0.colour", "red", "unknown_key"),
])
def test_what_no_snapshot_says_is_refused(path: str, value: object, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        order_from_json(changed(path, value))
    assert refusal.value.code == code


def test_a_refusal_names_the_place() -> None:
    with pytest.raises(Invalid) as refusal:
        order_from_json(changed("lines.0.quantity", "two"))
    assert refusal.value.detail == "order.lines.0.quantity is not a whole number."


def test_what_is_no_object_is_refused() -> None:
    values: list[object] = [[], "order", None, {1: 2}]
    for value in values:
        with pytest.raises(Invalid) as refusal:
            order_from_json(value)
        assert refusal.value.code == "wrong_shape"


def test_dates_and_times_are_read_strictly() -> None:
    assert read_time("2026-03-02T09:00:00.5Z") == datetime(2026, 3, 2, 9, 0, 0, 500000, tzinfo=UTC)
    assert read_date("2026-03-02").isoformat() == "2026-03-02"
    for wrong in ("2026-3-2", "2026-02-30", "20260302", ""):
        with pytest.raises(Invalid) as refusal:
            read_date(wrong)
        assert refusal.value.code == "malformed_date"


def test_left_out_keys_take_their_defaults() -> None:
    fields = Fields({"a": 1}, "it")
    fields.give({"a": 2, "b": 3})
    assert (fields.whole("a"), fields.whole("b"), fields.names) == (1, 3, ())
