"""The demo store at the hub's door: signed hints, the shop's own answer, a shop that is shut."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance.connect.demo import DemoConnector, Shop, make
from alliance.connect.demo.records import Profile
from alliance.connect.demo.signature import sign
from alliance.connect.protocol import Grant, InboundCall, Refused, StoreError, StoreRecord, find
from alliance.core.money import Currency, Money, Rate
from alliance.core.orders import OrderState, StoreOrder

EUR = Currency("EUR")
SECRET = "a secret of this store only"
GRANT = Grant(store_id="sto_test", address="http://127.0.0.1:8000/shops/li", path_token="p",
              salt=b"salt of li", secrets={"webhook_secret": SECRET})
PROFILE = Profile(slug="li", look="li", names={"en": "Li"}, taglines={"en": ""}, about={"en": ""},
                  currency=EUR, categories={}, tax_bp=2100, shipping_minor=390)


@pytest.fixture
def shop(tmp_path: Path, now: datetime) -> Iterator[Shop]:
    """A connected shop with two products."""
    made = Shop.create(tmp_path, PROFILE, seed="test")
    made.calls.connect("http://127.0.0.1:8000/stores/demo/calls/p", SECRET)
    for ref, price in (("onesie", 1990), ("socks", 333)):
        made.shelf.add(ref, sku=ref.upper(), titles={"en": ref}, price=Money(price, EUR),
                       category="tops", now=now)
    yield made
    made.close()


@pytest.fixture
def connector(tmp_path: Path, now: datetime) -> DemoConnector:
    """The connector whose clock stands at `now`."""
    return make({"SHOPS_DIR": str(tmp_path)}, clock=lambda: now)


def call(body: bytes, signed_at: datetime, secret: str = SECRET) -> InboundCall:
    """A call as the shop would sign it."""
    return InboundCall("POST", "/stores/demo/calls/p",
                       (("demo-signature", sign(secret.encode(), body, signed_at)),), body)


def answer(connector: DemoConnector, ref: str) -> StoreOrder:
    """The order, which must be there."""
    found = connector.order(GRANT, ref)
    assert found is not None
    return found


def test_the_hub_finds_the_connector_by_its_name(tmp_path: Path) -> None:
    assert find("demo", {"SHOPS_DIR": str(tmp_path)}).name == "demo"


def test_the_shops_own_call_is_let_in_and_read(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email="anna@shoppers.example", now=now)
    made = shop.calls.signed(shop.calls.waiting()[-1], now)

    key = connector.check_call(made, GRANT)

    assert made.path == "http://127.0.0.1:8000/stores/demo/calls/p"
    assert key.digest == sha256(made.body).hexdigest()
    assert connector.read_call(made) == [StoreRecord("order", ref)]


def test_the_signature_is_the_one_that_is_documented(now: datetime) -> None:
    seconds = int(now.timestamp())
    digest = hmac.new(b"k", f"{seconds}.".encode() + b"{}", sha256).hexdigest()

    assert sign(b"k", b"{}", now) == f"t={seconds},v1={digest}"


@pytest.mark.parametrize(("off", "code"), [
    (timedelta(0), None), (timedelta(seconds=300), None), (timedelta(seconds=-300), None),
    (timedelta(seconds=301), "stale_signature"), (timedelta(seconds=-301), "stale_signature"),
])
def test_a_call_is_good_for_five_minutes_both_ways(
        connector: DemoConnector, now: datetime, off: timedelta, code: str | None) -> None:
    made = call(b"{}", now + off)
    if code is None:
        assert connector.check_call(made, GRANT).digest == sha256(b"{}").hexdigest()
    else:
        with pytest.raises(Refused) as refusal:
            connector.check_call(made, GRANT)
        assert refusal.value.code == code


def test_a_forged_altered_doubled_or_endless_call_is_refused(
        connector: DemoConnector, now: datetime) -> None:
    good = call(b'{"record":"order","ref":"1"}', now)
    value = good.headers[0][1]
    redated = (("Demo-Signature", value.replace("t=1", "t=2")),)
    forged = {
        "wrong_signature": [call(good.body, now, "another"), replace(good, body=good.body + b" "),
                            replace(good, headers=redated)],
        "malformed_signature": [replace(good, headers=()),
                                replace(good, headers=good.headers * 2),
                                replace(good, headers=(("Demo-Signature", f"{value},v1=00"),)),
                                replace(good, headers=(("Demo-Signature", "t=" + "9" * 99_999),))],
        "call_too_long": [call(b"[" * 5000, now)],
    }
    for code, calls in forged.items():
        for made in calls:
            with pytest.raises(Refused) as refusal:
                connector.check_call(made, GRANT)
            assert refusal.value.code == code


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"{}", b"[" * 4000, b'{"record":"order"}', b'{"record":"order","ref":7}',
    b'{"record":"throne","ref":"1"}', b'{"record":["order"],"ref":"1"}', b"\xff\xfe",
    b'{"record":"order","ref":"' + b"9" * 61 + b'"}', b'{"record":"order","ref":""}',
])
def test_what_nobody_can_read_is_told_as_broken(connector: DemoConnector, body: bytes) -> None:
    read = connector.read_call(InboundCall("POST", "/", (), body))

    assert read == [StoreRecord("broken", sha256(body).hexdigest()[:16])]


def test_a_ping_is_about_nothing(connector: DemoConnector) -> None:
    assert connector.read_call(InboundCall("POST", "/", (), b'{"record":"ping"}')) == []


@given(st.binary(max_size=300))
def test_no_body_breaks_the_reading(body: bytes) -> None:
    read = make({}).read_call(InboundCall("POST", "/", (), body))

    assert len(read) <= 1


def test_two_changes_of_one_instant_are_two_deliveries(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    shop.calls.forget()
    ref = shop.place({"socks": 1}, email="anna@shoppers.example", now=now)
    shop.pay(ref, now)

    made = [shop.calls.signed(each, now) for each in shop.calls.waiting()]
    again = shop.calls.signed(shop.calls.waiting()[0], now)

    keys = [connector.check_call(each, GRANT).key for each in made]
    assert len(set(keys)) == 2
    assert connector.check_call(again, GRANT).key == keys[0]


def test_calls_are_carried_in_order_until_one_is_not_taken(shop: Shop, now: datetime) -> None:
    shop.calls.forget()
    for _ in range(3):
        shop.place({"socks": 1}, email="anna@shoppers.example", now=now)
    answers = iter([202, 503])

    taken = shop.calls.carry(lambda made: next(answers), now)

    assert taken == 1
    assert [(each.ref, each.tries) for each in shop.calls.waiting()] == [("1002", 1), ("1003", 0)]
    assert shop.calls.carry(lambda made: 200, now) == 2
    assert shop.calls.waiting() == []


def test_a_lost_call_can_be_sent_again_or_found_by_the_poll(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email="anna@shoppers.example", now=now)
    shop.calls.lose(shop.calls.waiting()[-1], now)

    assert ref in [each.ref for each in shop.calls.all()]
    assert [one.ref for page in connector.orders(GRANT, now) for one in page.records] == [ref]


def test_an_order_is_told_net_of_tax_and_without_its_shopper(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    shop.coupons.make("TEN", percent=Rate.percent("10"), now=now)
    ref = shop.place({"onesie": 2}, email=" Anna@Shoppers.example ", name="Anna Kalniņa",
                     country="LV", coupon="TEN", click_tokens=["tok"], spoken_code=" mei ", now=now)

    told = answer(connector, ref)

    sums = [(line.key, str(line.net), str(line.tax), str(line.discount)) for line in told.lines]
    assert sums == [("1", "29.60 EUR", "6.22 EUR", "3.29 EUR"),
                    ("ship", "3.22 EUR", "0.68 EUR", "0.00 EUR")]
    assert told.customer_key == hmac.new(b"salt of li", b"anna@shoppers.example",
                                         sha256).hexdigest()
    assert (told.number, told.coupons, told.click_tokens, told.spoken_code, told.country) == (
        "LI-1001", ("ten",), ("tok",), "MEI", "LV")
    assert "anna" not in repr(told).lower()


def test_refunds_with_and_without_lines_are_laid_over_the_lines(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    ref = shop.place({"onesie": 2, "socks": 3}, email="anna@shoppers.example", now=now)
    shop.pay(ref, now)
    shop.refund_amount(ref, Money(1000, EUR), now)
    shop.refund_lines(ref, {"1": 2}, now)

    told = answer(connector, ref)
    back = sum((line.refunded + line.refunded_tax).minor for line in told.lines)
    assert back == 1000 + 3980
    assert [str(line.kept) for line in told.lines] == ["0.00 EUR", "2.32 EUR", "0.90 EUR"]
    assert told.lines[0].refunded_quantity == 2


def test_a_whole_refund_leaves_nothing_to_the_cent(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    ref = shop.place({"onesie": 1, "socks": 7}, email="anna@shoppers.example", now=now)
    shop.pay(ref, now)
    shop.refund_lines(ref, {"2": 3}, now)
    shop.refund_amount(ref, Money(777, EUR), now)
    shop.refund_all(ref, now)

    told = answer(connector, ref)
    assert told.state is OrderState.REFUNDED
    assert str(told.kept) == "0.00 EUR"
    assert {line.kept_tax.minor for line in told.lines} == {0}


def test_a_removed_or_unheard_of_order_is_none(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email="anna@shoppers.example", now=now)
    shop.remove(ref, now)

    for asked in (ref, "999999", "../1001", "１００１", "-1", "", "9" * 400):
        assert connector.order(GRANT, asked) is None


def test_the_poll_reads_every_order_once_in_pages_by_time_of_change(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    with shop.batch():
        for _ in range(250):
            shop.place({"socks": 1}, email="anna@shoppers.example", now=now)
        shop.pay("1001", now + timedelta(days=1))

    pages = list(connector.orders(GRANT, now))
    refs = [one.ref for page in pages for one in page.records]

    assert [len(page.records) for page in pages] == [100, 100, 50]
    assert sorted(refs) == [str(1001 + number) for number in range(250)]
    assert refs[-1] == "1001"
    assert [one.ref for page in connector.orders(GRANT, now + timedelta(seconds=1))
            for one in page.records] == ["1001"]


def test_an_order_that_changes_during_the_poll_is_not_missed(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    with shop.batch():
        for _ in range(150):
            shop.place({"socks": 1}, email="anna@shoppers.example", now=now)

    reading = connector.orders(GRANT, now)
    first = next(reading)
    shop.pay("1140", now + timedelta(minutes=1))
    rest = [one for page in reading for one in page.records]

    assert first.cursor == now.isoformat()
    assert (rest[-1].ref, rest[-1].state) == ("1140", OrderState.PAID)
    assert len(first.records) + len(rest) == 150


def test_the_catalogue_is_told_whole_or_since(
        shop: Shop, connector: DemoConnector, now: datetime) -> None:
    shop.shelf.withdraw("socks", now + timedelta(hours=1))

    told = [one for page in connector.products(GRANT, None) for one in page.records]
    changed = [one for page in connector.products(GRANT, now + timedelta(minutes=1))
               for one in page.records]

    assert [(one.ref, one.is_public, str(one.price)) for one in told] == [
        ("onesie", True, "19.90 EUR"), ("socks", False, "3.33 EUR")]
    assert told[0].url == "http://127.0.0.1:8000/shops/li/products/onesie"
    assert told[0].image_url == "http://127.0.0.1:8000/shops/li/pictures/onesie.svg"
    assert [one.ref for one in changed] == ["socks"]


def test_a_shop_that_is_shut_may_be_asked_again(shop: Shop, connector: DemoConnector) -> None:
    shop.shut("renovating")
    with pytest.raises(StoreError) as refusal:
        connector.order(GRANT, "1001")
    assert (refusal.value.code, refusal.value.again) == ("store_closed", True)
    shop.shut(None)
    assert connector.order(GRANT, "1001") is None


@pytest.mark.parametrize("address", [
    "http://127.0.0.1:8000/shops/nobody", "http://127.0.0.1:8000/shops/..", "http://127.0.0.1:8000",
    "http://127.0.0.1:8000/shops/LI", "http://127.0.0.1:8000/shops/%2e%2e%2fli",
])
def test_an_address_that_names_no_shop_is_final(
        shop: Shop, connector: DemoConnector, address: str) -> None:
    with pytest.raises(StoreError) as refusal:
        connector.order(replace(GRANT, address=address), "1001")
    assert (refusal.value.code, refusal.value.again) == ("no_such_store", False)


def test_a_box_that_is_no_database_may_be_asked_again(
        tmp_path: Path, connector: DemoConnector) -> None:
    (tmp_path / "li.db").write_bytes(b"<html>502 Bad Gateway</html>" * 100)
    with pytest.raises(StoreError) as refusal:
        connector.order(GRANT, "1001")
    assert (refusal.value.code, refusal.value.again) == ("store_unreadable", True)
