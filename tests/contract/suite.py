"""One suite for every connector: what `alliance.connect.protocol.Connector` promises, tried.

To plug a connector in, write `tests/contract/test_<name>.py` with a *bench*, an object with the
attributes and methods of `Bench`, and a class that inherits the contracts:

    class TestDemoStore(ConnectorContract):
        @pytest.fixture
        def bench(self, tmp_path):
            yield DemoBench(tmp_path)

`ConnectorContract` is for every connector. `ForeignStoreContract` is for those that read the
answers of a store which may be hostile: its bench also has `spoil` (see `ForeignBench`).
`KnownShopperContract` is for those that are told who bought, and turn it into a key.

The store behind a bench holds exactly three orders, each changed in a second of its own, at least
one product, and time stands still, so that every reading of it is the same.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from alliance.connect.protocol import (
    Connector,
    Grant,
    InboundCall,
    Refused,
    StoreError,
    StoreRecord,
)
from alliance.core.orders import LineKind, StoreOrder
from tests.contract.coupon_suite import CouponBench, CouponContract

MUTANTS = 10_000


class Bench(CouponBench, Protocol):
    """One connector and one store, with three orders in it."""

    connector: Connector
    grant: Grant
    """The grant for the store; `other_grant` is the same with another secret for calls."""
    other_grant: Grant
    signature_header: str
    """The name of the header that carries the signature."""
    refs: tuple[str, str, str]
    """The three orders, oldest change first."""
    unknown_ref: str
    """A well-formed ref that the store does not know."""
    shopper_words: tuple[str, ...]
    """Names, addresses, phones of the store's shoppers: they must not come through."""

    def call(self, ref: str) -> InboundCall:
        """The signed call by which the store tells of this order as it is now."""
        ...

    def signed(self, body: bytes) -> InboundCall:
        """Any bytes, signed as the store would sign them."""
        ...


class ForeignBench(Bench, Protocol):
    """A bench whose store can be made to answer nonsense."""

    def spoil(self, ref: str, amount: str) -> None:
        """From now on the store gives `amount`, raw JSON, as the sum of the order's first line."""
        ...


class ConnectorContract(CouponContract):
    """What every connector must do. Subclasses define the fixture `bench`."""

    def test_a_call_of_the_store_is_let_in(self, bench: Bench) -> None:
        for ref in bench.refs:
            key = bench.connector.check_call(bench.call(ref), bench.grant)
            assert re.fullmatch(r"[!-~]{1,255}", key.key)
            assert re.fullmatch(r"[0-9a-f]{64}", key.digest)

    def test_no_changed_call_is_let_in(self, bench: Bench) -> None:
        call = bench.call(bench.refs[0])
        for number, (mutant, grant) in enumerate(mutants(bench, call)):
            with pytest.raises(Refused):
                bench.connector.check_call(mutant, grant)
            if number == MUTANTS:
                return

    def test_a_grant_without_a_secret_lets_nobody_in(self, bench: Bench) -> None:
        for secrets in ({}, dict.fromkeys(bench.grant.secrets, "")):
            with pytest.raises(Refused):
                bench.connector.check_call(bench.call(bench.refs[0]),
                                           replace(bench.grant, secrets=secrets))

    def test_the_same_delivery_has_one_key_and_others_have_others(self, bench: Bench) -> None:
        first = {bench.connector.check_call(bench.call(ref), bench.grant).key
                 for ref in bench.refs}
        again = {bench.connector.check_call(bench.call(ref), bench.grant).key
                 for ref in bench.refs}
        assert len(first) == 3
        assert again == first

    def test_a_call_names_the_order_it_is_about(self, bench: Bench) -> None:
        for ref in bench.refs:
            assert bench.connector.read_call(bench.call(ref)) == [StoreRecord("order", ref)]

    @pytest.mark.parametrize("body", [
        b"", b"null", b"[]", b'"order"', b"17", b"{}", b"{", b"\xff\xfe\x00", b"<html></html>",
        b'{"id": NaN}', b'{"id": 1, "id": 2}', b'{"id": "../../etc"}', b'{"id": -1}',
        b'{"record": "order", "ref": ""}', b'{"a":' * 100_000, b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}", b'{"x": "' + b"a" * 5_100_000 + b'"}',
    ], ids=lambda body: f"{body[:12]!r}…{len(body)}")
    def test_a_signed_body_that_makes_no_sense_is_refused_or_read_as_broken(
        self, bench: Bench, body: bytes,
    ) -> None:
        assert outcome(bench, bench.signed(body)) <= {"refused", "broken"}

    def test_an_order_comes_whole(self, bench: Bench) -> None:
        for ref in bench.refs:
            order = known(bench, ref)
            assert order.ref == ref
            assert order.number
            assert order.updated_at.tzinfo is UTC
            assert order.placed_at <= order.updated_at
            assert any(line.kind is LineKind.GOODS for line in order.lines)
            assert all(line.product_ref for line in order.lines if line.kind is LineKind.GOODS)
            assert order.country is None or re.fullmatch(r"[A-Z]{2}", order.country)
            assert all(code == code.lower() for code in order.coupons)

    def test_reading_an_order_twice_gives_the_same(self, bench: Bench) -> None:
        for ref in bench.refs:
            assert known(bench, ref) == known(bench, ref)

    def test_a_shopper_does_not_come_through(self, bench: Bench) -> None:
        assert bench.shopper_words
        for ref in bench.refs:
            order = known(bench, ref)
            assert [word for word in bench.shopper_words if word in repr(order)] == []
            assert order.customer_key is None or re.fullmatch(r"[0-9a-f]{64}", order.customer_key)

    def test_an_order_the_store_does_not_know_is_none(self, bench: Bench) -> None:
        assert bench.connector.order(bench.grant, bench.unknown_ref) is None

    @pytest.mark.parametrize("ref", ["", "../products/1", "1?x=1", "0", "-1", "1e3", "x" * 5000,
                                     "1\n", "１"])
    def test_a_ref_of_another_form_is_no_order(self, bench: Bench, ref: str) -> None:
        assert bench.connector.order(bench.grant, ref) is None

    def test_the_poll_finds_every_order_oldest_change_first(self, bench: Bench) -> None:
        since = known(bench, bench.refs[0]).updated_at - timedelta(days=1)
        found = list(polled(bench, since))
        assert tuple(order.ref for order in found) == bench.refs
        assert [order.updated_at for order in found] == sorted(o.updated_at for o in found)

    def test_the_poll_gives_what_asking_gives(self, bench: Bench) -> None:
        since = known(bench, bench.refs[0]).updated_at - timedelta(days=1)
        assert list(polled(bench, since)) == [known(bench, ref) for ref in bench.refs]

    def test_the_poll_takes_the_named_instant_in(self, bench: Bench) -> None:
        last = known(bench, bench.refs[2])
        assert last.ref in [order.ref for order in polled(bench, last.updated_at)]

    def test_the_poll_finds_nothing_after_the_last_change(self, bench: Bench) -> None:
        later = known(bench, bench.refs[2]).updated_at + timedelta(hours=1)
        assert list(polled(bench, later)) == []

    def test_the_catalogue_is_plain_text_with_links(self, bench: Bench) -> None:
        products = [product for page in bench.connector.products(bench.grant, None)
                    for product in page.records]
        assert products
        assert len({product.ref for product in products}) == len(products)
        for product in products:
            assert 0 < len(product.title) <= 200
            assert not re.search(r"[<>\x00-\x1f\u202a-\u202e\u2066-\u2069]", product.title)
            assert product.price.minor >= 0
            for link in filter(None, (product.url, product.image_url)):
                assert re.fullmatch(r"https?://[^\s<>\"']+", link)

    def test_what_an_order_sells_stands_in_the_catalogue(self, bench: Bench) -> None:
        listed = {product.ref for page in bench.connector.products(bench.grant, None)
                  for product in page.records}
        sold = {line.product_ref for ref in bench.refs for line in known(bench, ref).lines
                if line.kind is LineKind.GOODS}
        assert sold <= listed


class KnownShopperContract:
    """Further, for connectors whose stores tell the hub's connector who bought."""

    def test_a_shopper_is_another_one_under_another_salt(self, bench: Bench) -> None:
        keys = {known(bench, ref).customer_key for ref in bench.refs} - {None}
        salted = replace(bench.grant, salt=b"another salt, thirty-two bytes!!")
        others = {bench.connector.order(salted, ref).customer_key  # type: ignore[union-attr]
                  for ref in bench.refs} - {None}
        assert keys
        assert keys.isdisjoint(others)


class ForeignStoreContract(ConnectorContract):
    """Further, for connectors whose store is somebody else's program."""

    @pytest.mark.parametrize("amount", [
        '"-5.00"', '"NaN"', '"Infinity"', '"1e3"', '"1E+300000"', '"99999999999999.00"',
        '"9999999999999.00"', '"1_000"', '"１２"', '"12,90"', '"0x10"', '" 1"', '"1."', "3.5",
        "true", "[1]", '{"a": 1}', "9" * 25,
    ])
    def test_an_amount_that_is_none_loses_its_order_and_no_other(
        self, bench: ForeignBench, amount: str,
    ) -> None:
        since = known(bench, bench.refs[0]).updated_at - timedelta(days=1)
        bench.spoil(bench.refs[1], amount)
        with pytest.raises(StoreError) as caught:
            bench.connector.order(bench.grant, bench.refs[1])
        assert caught.value.again is False
        pages = list(bench.connector.orders(bench.grant, since))
        assert [order.ref for page in pages for order in page.records] == [
            bench.refs[0], bench.refs[2]]
        assert [ref for page in pages for ref, why in page.refused if why] == [bench.refs[1]]

    @pytest.mark.parametrize("amount", ["NaN", "-Infinity", "1e999", "9" * 40, "[" * 40 + "]" * 40])
    def test_json_that_is_none_is_refused_for_good(
        self, bench: ForeignBench, amount: str,
    ) -> None:
        since = known(bench, bench.refs[0]).updated_at - timedelta(days=1)
        bench.spoil(bench.refs[1], amount)
        readings: list[Callable[[], object]] = [
            lambda: bench.connector.order(bench.grant, bench.refs[1]),
            lambda: list(bench.connector.orders(bench.grant, since)),
        ]
        for reading in readings:
            with pytest.raises(StoreError) as caught:
                reading()
            assert (caught.value.code, caught.value.again) == ("store_bad_json", False)


def known(bench: Bench, ref: str) -> StoreOrder:
    """An order that the store has."""
    order = bench.connector.order(bench.grant, ref)
    assert order is not None
    return order


def outcome(bench: Bench, call: InboundCall) -> set[str]:
    """What becomes of a call: `refused`, or the kinds of records it is about."""
    try:
        bench.connector.check_call(call, bench.grant)
        return {record.record for record in bench.connector.read_call(call)}
    except Refused as refusal:
        return {"refused"} if re.fullmatch(r"[a-z_]+", refusal.code) else {refusal.code}


def polled(bench: Bench, since: datetime) -> Iterator[StoreOrder]:
    """Every order of a poll; nothing may be refused."""
    for page in bench.connector.orders(bench.grant, since):
        assert page.refused == ()
        yield from page.records


def mutants(bench: Bench, call: InboundCall) -> Iterator[tuple[InboundCall, Grant]]:
    """The call in every way that no store signed it: first each kind once, then bits at random."""
    name = bench.signature_header
    signature = call.header(name)
    assert signature is not None
    others = tuple(pair for pair in call.headers if pair[0].lower() != name.lower())

    def headers(*values: str) -> InboundCall:
        return replace(call, headers=(*others, *((name, value) for value in values)))

    for values in ((), ("",), (signature, signature), (signature, ""), ("", signature),
                   (signature[:-1],), (signature + "=",), (f" {signature}",), ("0" * 64,), ("é",),
                   (signature.swapcase(),)):
        yield headers(*values), bench.grant
    yield replace(call, headers=(*others, ("X-" + name, signature))), bench.grant
    yield call, bench.other_grant
    for body in _rewritten(call.body):
        yield replace(call, body=body), bench.grant
    chance = random.Random(7)
    for number in range(MUTANTS):
        if number % 4:
            yield replace(call, body=_flipped(call.body, chance)), bench.grant
        else:
            yield headers(_flipped(signature.encode(), chance).decode("latin-1")), bench.grant


def _rewritten(body: bytes) -> Iterator[bytes]:
    value = json.loads(body)
    for text in (json.dumps(value, indent=1), json.dumps(value, sort_keys=True, indent=None),
                 json.dumps(value, ensure_ascii=False), json.dumps(value, separators=(" ,", ": "))):
        if text.encode() != body:
            yield text.encode()
    yield from (body + b"\n", body + b" ", b" " + body, body[:-1], b"", body * 2,
                b"\xef\xbb\xbf" + body)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1:]
