"""A large catalogue comes as one file: whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from alliance_shopify import catalogue
from alliance_shopify.bulk import PATIENCE

from alliance.connect.protocol import StoreError
from tests.fake_shopify.recorded import FIXTURES
from tests.fake_shopify.values import gid
from tests.shopify.reading import Reading, reading

FILES = FIXTURES / "graphql"


@contextmanager
def large(monkeypatch: pytest.MonkeyPatch, count: int = 4) -> Iterator[Reading]:
    """A shop whose catalogue is large, by a smaller measure."""
    monkeypatch.setattr(catalogue, "SMALL", 2)
    with reading() as shop:
        for number in range(count):
            shop.shop.catalogue.stock(f"Product {number}", f"{number + 1}.50")
        yield shop


def failure(shop: Reading) -> StoreError:
    with pytest.raises(StoreError) as caught:
        shop.listed()
    return caught.value


def test_a_large_catalogue_comes_as_pages_would_have_brought_it(
        monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        whole = shop.listed()
        assert shop.asked("BulkRun") == 1
        assert shop.asked("Products") == 0
        monkeypatch.setattr(catalogue, "SMALL", 100)
        assert shop.listed() == whole
    assert [str(product.price) for _, product in sorted(whole.items())] == [
        "1.50 EUR", "2.50 EUR", "3.50 EUR", "4.50 EUR"]


def test_the_file_is_fetched_without_the_shops_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.listed()
        (fetched,) = [each for each in shop.platform.asked if each.what == "bulk"]
    assert fetched.token is None


@pytest.mark.parametrize("name", ["bulk_products_grouped.jsonl", "bulk_products_ungrouped.jsonl"])
def test_a_variant_finds_its_product_whichever_comes_first(
        monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.next_content = (FILES / name).read_bytes()
        found = shop.listed()
    # Shopify's own samples lack an address in the shop: such products are shown to nobody.
    assert {ref: (str(product.price), product.is_public) for ref, product in found.items()} == {
        "8000000000001": ("14.50 EUR", False), "8000000000002": ("49.00 EUR", False)}


def test_a_file_that_breaks_off_is_no_smaller_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.next_content = (FILES / "bulk_products_truncated.jsonl").read_bytes()
        error = failure(shop)
        assert (error.code, error.again) == ("store_truncated", True)
        shop.shop.bulk.ends = "truncated"
        error = failure(shop)
        assert (error.code, error.again) == ("store_truncated", True)


def test_a_variant_without_its_product_means_that_lines_are_missing(
        monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (FILES / "bulk_products_ungrouped.jsonl").read_bytes().splitlines(keepends=True)
    with large(monkeypatch) as shop:
        shop.shop.bulk.next_content = b"".join(
            line for line in lines if b'"title":"Ethiopia Guji"' not in line)
        assert failure(shop).code == "store_truncated"


@pytest.mark.parametrize("ends", ["FAILED", "EXPIRED", "CANCELED"])
def test_a_job_that_ended_without_its_file_is_asked_for_again(
        monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.ends = ends
        error = failure(shop)
        assert (error.code, error.again) == ("store_bulk_failed", True)
        shop.shop.bulk.ends = "COMPLETED"
        assert len(shop.listed()) == 4
        assert shop.asked("BulkRun") == 2


def test_a_job_without_a_file_is_an_empty_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.next_content = b""
        assert shop.listed() == {}


def test_a_job_that_takes_long_is_found_again_and_not_begun_twice(
        monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.polls = 10
        error = failure(shop)
        assert (error.code, error.again) == ("store_bulk_unfinished", True)
        assert sum(shop.pauses) == PATIENCE.total_seconds()
        assert shop.pauses == sorted(shop.pauses)

        assert len(shop.listed()) == 4
        assert shop.asked("BulkRun") == 1


def test_a_job_that_ended_while_nobody_waited_is_read_once_it_is_asked_for(
        monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.polls = 10
        failure(shop)
        (ref,) = shop.shop.bulk.kept
        shop.shop.bulk.finish(ref)
        shop.shop.bulk.kept[ref].ended = f"{shop.platform.now + timedelta(minutes=2):%FT%TZ}"
        shop.platform.later(minutes=5)

        assert len(shop.listed()) == 4
        assert shop.asked("BulkRun") == 1

        # By then it is no news any more.
        shop.platform.later(minutes=30)
        shop.shop.bulk.polls = 1
        shop.listed()
        assert shop.asked("BulkRun") == 2


def test_a_job_that_was_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.listed()
        gone = next(iter(shop.shop.catalogue.kept))
        shop.shop.catalogue.remove(gone)
        assert gone not in shop.listed()
        assert shop.asked("BulkRun") == 2


def test_jobs_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.polls = 100
        for _ in range(5):
            run = shop.shop.bulk.roots()["bulkOperationRunQuery"]
            run(query="{ orders { edges { node { id } } } }", groupObjects=False)
        error = failure(shop)
        assert (error.code, error.again) == ("store_busy", True)
    assert {each.status for each in shop.shop.bulk.kept.values()} == {"CREATED"}


def test_a_shop_that_refuses_the_question_says_so_for_good(
        monkeypatch: pytest.MonkeyPatch) -> None:
    with large(monkeypatch) as shop:
        monkeypatch.setattr(shop.shop.bulk, "_run", lambda **asked: None)
        shop.shop.roots["bulkOperationRunQuery"] = lambda **asked: {
            "bulkOperation": None, "userErrors": [
                {"field": None, "code": "INVALID", "message": "No"}]}
        error = failure(shop)
    assert (error.code, error.again) == ("store_refused_request", False)


@pytest.mark.parametrize(("line", "code"), [
    (b"[]", "store_bad_json"), (b'{"id": 1, "id": 2}', "store_bad_json"),
    (b'{"id": NaN}', "store_bad_json"), (b"<html>", "store_truncated"),
])
def test_a_line_that_is_none_loses_the_file(
        monkeypatch: pytest.MonkeyPatch, line: bytes, code: str) -> None:
    with large(monkeypatch) as shop:
        shop.shop.bulk.next_content = line + b"\n"
        assert failure(shop).code == code


@pytest.mark.parametrize("price", ["NaN", "1E+300000", "-1.00", None, 3, "1_0"])
def test_a_hostile_price_loses_its_product_and_no_other(
        monkeypatch: pytest.MonkeyPatch, price: Any) -> None:
    rows = [json.loads(line) for line in
            (FILES / "bulk_products_ungrouped.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        if row["id"] == gid("ProductVariant", 46000000000003):
            row["price"] = price
    with large(monkeypatch) as shop:
        shop.shop.bulk.next_content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        (page,) = shop.connector.products(shop.grant, None)
    assert [product.ref for product in page.records] == ["8000000000002"]
    assert page.refused == (("8000000000001", "malformed_amount"),)
