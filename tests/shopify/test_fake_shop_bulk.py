"""The fake shop's bulk operations, and the files that they leave."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.fake_shopify import FakeShop
from tests.fake_shopify.recorded import FIXTURES, answer, fixture
from tests.shopify.asking import ask, run, told

GUJI, KETTLE = "8000000000001", "8000000000002"
BULK = ("{ products { edges { node { id title handle status variants { edges { node { id sku price "
        "} } } } } } }")


def bulk(shop: FakeShop, query: str = BULK, grouped: bool = False) -> Any:
    document = ("mutation($q: String!, $g: Boolean!) { bulkOperationRunQuery(query: $q, "
                "groupObjects: $g) { bulkOperation { id } userErrors { field message } } }")
    return ask(shop, document, q=query, g=grouped)


def finished(shop: FakeShop, **how: Any) -> dict[str, Any]:
    """An operation, looked at until it is over."""
    started = bulk(shop, **how)["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    while (status := run(shop, "BulkStatus", id=started))["status"] in ("CREATED", "RUNNING"):
        continue
    assert status["id"] == started
    return dict(status)


def stocked(shop: FakeShop) -> None:
    """The catalogue that the files of the fixtures tell of."""
    payload = fixture("webhooks/products_update.json")
    shop.load_product(payload)
    kettle = payload["variants"][0] | {"id": 46000000000002, "price": "49.00", "sku": "BR-KETTLE"}
    shop.load_product(payload | {"id": int(KETTLE), "title": "Pour-over kettle",
                                 "handle": "pour-over-kettle", "variants": [kettle]})


def lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.splitlines()]


def shape(status: dict[str, Any]) -> dict[str, bool]:
    return {name: value is None for name, value in status.items()}


def test_a_bulk_operation_leaves_a_file_as_recorded(shop: FakeShop) -> None:
    stocked(shop)
    status = finished(shop, grouped=True)
    recorded = answer("bulk_completed")["body"]["data"]["bulkOperation"]
    content = requests.get(status["url"], timeout=5).content

    assert lines(content) == lines(
        (FIXTURES / "graphql" / "bulk_products_grouped.jsonl").read_bytes())
    assert shape(status) == shape(recorded)
    assert (status["status"], status["objectCount"]) == ("COMPLETED", recorded["objectCount"])
    assert int(status["fileSize"]) == len(content)


def test_ungrouped_lines_are_the_same_in_another_order(shop: FakeShop) -> None:
    stocked(shop)
    content = requests.get(finished(shop)["url"], timeout=5).content
    recorded = lines((FIXTURES / "graphql" / "bulk_products_ungrouped.jsonl").read_bytes())
    seen, early = set(), 0
    for line in lines(content):
        early += "__parentId" in line and line["__parentId"] not in seen
        seen.add(line["id"])

    assert sorted(lines(content), key=lambda line: line["id"]) == sorted(
        recorded, key=lambda line: line["id"])
    assert early > 0


def test_a_file_can_break_off_and_can_be_given(shop: FakeShop) -> None:
    cut = (FIXTURES / "graphql" / "bulk_products_truncated.jsonl").read_bytes()
    shop.bulk.next_content = cut
    assert requests.get(finished(shop)["url"], timeout=5).content == cut

    stocked(shop)
    shop.bulk.ends = "truncated"
    status = finished(shop)
    assert status["status"] == "COMPLETED"
    with pytest.raises(ValueError, match=r"."):
        lines(requests.get(status["url"], timeout=5).content)


def test_an_operation_over_nothing_has_no_file(shop: FakeShop) -> None:
    recorded = answer("bulk_completed_empty")["body"]["data"]["bulkOperation"]

    assert finished(shop) | {"id": recorded["id"]} == recorded


def test_a_failed_operation_leaves_a_part(shop: FakeShop) -> None:
    stocked(shop)
    shop.bulk.ends = "FAILED"
    status = finished(shop, grouped=True)
    recorded = answer("bulk_failed_partial")["body"]["data"]["bulkOperation"]
    whole = lines((FIXTURES / "graphql" / "bulk_products_grouped.jsonl").read_bytes())

    assert shape(status) == shape(recorded)
    assert (status["status"], status["errorCode"]) == ("FAILED", "TIMEOUT")
    assert lines(requests.get(status["partialDataUrl"], timeout=5).content) == whole[:2]


def test_no_more_than_five_operations_run_at_once(shop: FakeShop) -> None:
    shop.bulk.polls = 9
    started = [bulk(shop)["data"]["bulkOperationRunQuery"] for _ in range(6)]
    recorded = answer("bulk_already_running")["body"]["data"]["bulkOperationRunQuery"]
    first = started[0]["bulkOperation"]["id"]
    recorded["userErrors"][0]["message"] = recorded["userErrors"][0]["message"].replace(
        "gid://shopify/BulkOperation/1", first)

    assert [each["userErrors"] for each in started[:5]] == [[]] * 5
    assert started[5] == recorded
    assert run(shop, "BulkCancel", id=first)["userErrors"] == []
    assert bulk(shop)["data"]["bulkOperationRunQuery"]["userErrors"] == []


@pytest.mark.parametrize("query", [
    "{ shop { name } }", "{ products { edges { node { title } } } }", "{ products {",
    "query($n: Int) { products(first: $n) { edges { node { id } } } }",
    "{ products { edges { node { id collections { edges { node { id products { edges { node { id "
    "} } } } } } } } } }"])
def test_a_query_that_cannot_run_in_bulk_is_refused(shop: FakeShop, query: str) -> None:
    refused = bulk(shop, query=query)["data"]["bulkOperationRunQuery"]

    assert refused["bulkOperation"] is None
    assert len(refused["userErrors"]) == 1


def test_operations_are_listed_newest_first(shop: FakeShop) -> None:
    for _ in range(2):
        bulk(shop)
        shop.platform.later(minutes=1)
    shop.bulk.finish(next(iter(shop.bulk.kept)))
    find = ("query($q: String) { bulkOperations(first: 5, query: $q, sortKey: CREATED_AT, reverse: "
            "true) { nodes { status createdAt completedAt } } }")

    assert told(shop, find, q="operation_type:query")["bulkOperations"]["nodes"] == [
        {"status": "CREATED", "createdAt": "2026-11-20T12:01:00Z", "completedAt": None},
        {"status": "COMPLETED", "createdAt": "2026-11-20T12:00:00Z",
         "completedAt": "2026-11-20T12:02:00Z"}]
    assert len(told(shop, find, q="status:completed")["bulkOperations"]["nodes"]) == 1
    assert told(shop, find, q="operation_type:mutation") == {"bulkOperations": {"nodes": []}}


def test_the_end_of_an_operation_is_told_as_the_documentation_shows(shop: FakeShop) -> None:
    bulk(shop)
    told_of = json.loads(shop.bulk.finish(next(iter(shop.bulk.kept))))
    recorded = fixture("webhooks/bulk_operations_finish.docs.json")

    assert set(told_of) == set(recorded)
    assert (told_of["status"], told_of["type"]) == (recorded["status"], recorded["type"])
