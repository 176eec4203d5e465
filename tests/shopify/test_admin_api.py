"""Asking the Admin API, against a server that answers in every way a shop may."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alliance_shopify.admin_api import LONGEST_WAIT, Admin, user_errors
from alliance_shopify.app import App

from alliance.connect.http import Outbound
from alliance.connect.protocol import Grant, StoreError
from tests.integration.connect.loopback import Call, Loopback

FIXTURES = Path(__file__).parent / "fixtures"
RESPONSES: dict[str, dict[str, Any]] = json.loads(
    (FIXTURES / "graphql" / "responses.json").read_text("utf-8"))["responses"]
GRANT = Grant("sto_1", "https://brasa-coffee.myshopify.com", "p" * 24, b"s" * 32,
              {"access_token": "shpat_invented"})


class Desk:
    """An `Admin` whose shop gives these answers in turn, the last one again and again."""

    def __init__(self, server: Loopback, pauses: list[float]) -> None:
        self.server = server
        self.pauses = pauses
        out = Outbound(allow_private=["127.0.0.0/8"], sleep=pauses.append, chance=lambda: 1.0)
        self.admin = Admin(out, App("app", ("secret",), origin=lambda shop: server.url("")),
                           sleep=pauses.append, chance=lambda: 0.5)

    def read(self) -> dict[str, Any]:
        """Ask for what only reads."""
        return self.admin.ask(GRANT, "shop")

    def write(self) -> dict[str, Any]:
        """Send a mutation."""
        return self.admin.ask(GRANT, "bulk_run", query="{ products { edges { node { id } } } }")

    def refused(self, *, writes: bool = False) -> StoreError:
        """The refusal of a question."""
        with pytest.raises(StoreError) as caught:
            self.write() if writes else self.read()
        return caught.value


@contextmanager
def desk(*names: str, **headers: str) -> Iterator[Desk]:
    left = list(names)

    def answer(call: Call) -> None:
        told = RESPONSES[left.pop(0) if len(left) > 1 else left[0]]
        body = told.get("body_text") or json.dumps(told["body"])
        call.send(told["http"], body.encode(), **headers, **told.get("headers", {}))

    with Loopback(answer) as server:
        yield Desk(server, [])


def test_a_document_is_sent_with_its_variables_and_the_token_of_the_shop() -> None:
    with desk("bulk_already_running") as asked:
        data = asked.write()
    assert user_errors(data, "bulkOperationRunQuery")[0]["field"] is None
    (call,) = asked.server.calls
    sent = json.loads(call.body)
    assert (call.method, call.path) == ("POST", "/admin/api/2026-07/graphql.json")
    assert call.headers["X-Shopify-Access-Token"] == "shpat_invented"
    assert sent["variables"] == {"query": "{ products { edges { node { id } } } }"}
    assert "mutation BulkRun(" in sent["query"]


def test_the_token_stands_in_no_refusal() -> None:
    with desk("invalid_token") as asked:
        error = asked.refused()
    assert "shpat" not in f"{error!r} {error} {error.facts}"


def test_a_full_bucket_is_waited_for_by_the_shops_own_numbers() -> None:
    with desk("throttled", "ok_with_cost") as asked:
        assert asked.read() == {"shop": {"name": "Brasa Coffee"}}
    assert asked.pauses == [pytest.approx((752 - 12) / 100 + 0.5)]


def test_a_mutation_that_was_throttled_did_nothing_and_is_sent_again() -> None:
    with desk("throttled", "bulk_already_running") as asked:
        asked.write()
    assert len(asked.server.calls) == 2


def test_nobody_waits_for_a_bucket_longer_than_a_message_can() -> None:
    with desk("throttled") as asked:
        error = asked.refused()
    assert (error.code, error.again, error.facts["retry_after"]) == ("store_busy", True, 8)
    assert sum(asked.pauses) <= LONGEST_WAIT
    assert len(asked.server.calls) == 3


@pytest.mark.parametrize(("name", "code", "again"), [
    ("invalid_token", "store_key_stale", True),
    ("shop_frozen_payment_required", "store_frozen", False),
    ("shop_locked", "store_locked", False),
    ("shop_not_found", "store_gone", False),
    ("max_cost_exceeded", "store_too_costly", False),
    ("access_denied", "store_scope_missing", False),
    ("protected_customer_data", "store_scope_missing", False),
])
def test_a_shop_that_says_no_is_asked_once(name: str, code: str, again: bool) -> None:
    with desk(name) as asked:
        error = asked.refused()
    assert (error.code, error.again) == (code, again)
    assert len(asked.server.calls) == 1


@pytest.mark.parametrize(("name", "code", "tries"), [
    ("internal_error", "store_failed", 4), ("server_error_html", "store_failed", 3),
    ("rate_limited_http", "store_busy", 3),
])
def test_what_may_pass_is_read_again_and_never_written_again(
        name: str, code: str, tries: int) -> None:
    with desk(name) as asked:
        error = asked.refused()
        assert len(asked.server.calls) == tries
    with desk(name) as told:
        refusal = told.refused(writes=True)
        assert len(told.server.calls) == 1
    assert (error.code, error.again, refusal.code, refusal.again) == (code, True, code, True)


def test_a_missing_scope_is_named() -> None:
    with desk("access_denied") as asked:
        assert asked.refused().facts["scope"] == "read_orders"
    with desk("protected_customer_data") as asked:
        assert asked.refused().facts["scope"] == ""


def test_a_shop_that_asks_for_two_seconds_gets_them() -> None:
    with desk("rate_limited_http", "ok_with_cost") as asked:
        asked.read()
    assert asked.pauses == [2.5]


def test_a_version_that_ended_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with desk("ok_with_cost", X_Shopify_API_Version="2026-07") as asked:
        asked.read()
        assert asked.admin.version_alarm is None
    with desk("ok_with_cost", X_Shopify_API_Version="2027-01") as asked, \
            caplog.at_level(logging.WARNING, "alliance.shopify"):
        asked.read()
        asked.read()
        assert asked.admin.version_alarm == "2027-01"
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("body", "code"), [
    (b"[]", "store_bad_answer"), (b"{}", "store_bad_answer"), (b'{"data": null}',
                                                               "store_bad_answer"),
    (b'{"data": {}, "data": {}}', "store_bad_json"), (b'{"data": {"a": NaN}}', "store_bad_json"),
    (b'{"errors": "Unavailable"}', "store_refused_request"),
    (b'{"errors": [1], "data": {}}', "store_refused_request"),
    (b'{"errors": [{"extensions": {"code": 5}}]}', "store_refused_request"),
    (b'{"errors": [{"extensions": [], "message": {}}]}', "store_refused_request"),
    (b'{"errors": [{"extensions": {"code": "SHOP_INACTIVE"}}]}', "store_locked"),
])
def test_an_answer_that_is_none_is_refused_for_good(body: bytes, code: str) -> None:
    with Loopback(lambda call: call.send(200, body)) as server:
        error = Desk(server, []).refused()
    assert (error.code, error.again) == (code, False)


@pytest.mark.parametrize("cost", [
    "null", "[]", '{"requestedQueryCost": "x", "throttleStatus": {"restoreRate": 0}}',
    '{"requestedQueryCost": -5, "throttleStatus": {"restoreRate": -1}}',
    '{"requestedQueryCost": true, "throttleStatus": [1]}',
])
def test_a_bucket_without_honest_numbers_is_waited_for_a_moment(cost: str) -> None:
    body = ('{"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": '
            f"{cost}}}}}").encode()
    with Loopback(lambda call: call.send(200, body)) as server:
        asked = Desk(server, [])
        assert asked.refused().code == "store_busy"
    assert asked.pauses == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(("grant", "code"), [
    (replace(GRANT, secrets={}), "store_refused_key"),
    (replace(GRANT, secrets={"access_token": ""}), "store_refused_key"),
    (replace(GRANT, address="https://evil.example"), "store_refused_request"),
    (replace(GRANT, address="http://brasa-coffee.myshopify.com"), "store_refused_request"),
    (replace(GRANT, address="https://brasa-coffee.myshopify.com.evil.example"),
     "store_refused_request"),
])
def test_no_token_goes_anywhere_but_to_its_own_shop(grant: Grant, code: str) -> None:
    with desk("ok_with_cost") as asked:
        with pytest.raises(StoreError) as caught:
            asked.admin.ask(grant, "shop")
        assert asked.server.calls == []
    assert (caught.value.code, caught.value.again) == (code, False)


def test_a_mutation_that_does_not_say_what_became_of_it_is_no_success() -> None:
    for data in ({}, {"bulkOperationRunQuery": None}, {"bulkOperationRunQuery": {}},
                 {"bulkOperationRunQuery": {"userErrors": None}},
                 {"bulkOperationRunQuery": {"userErrors": ["no"]}}):
        with pytest.raises(StoreError) as caught:
            user_errors(data, "bulkOperationRunQuery")
        assert caught.value.code == "store_bad_answer"
    assert user_errors({"x": {"userErrors": []}}, "x") == []
    taken = RESPONSES["user_errors_code_taken"]["body"]["data"]
    assert user_errors(taken, "discountCodeBasicCreate")[0]["code"] == "TAKEN"
