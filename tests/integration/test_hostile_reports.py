"""Reports at the door that a store's server did not mean: nothing falls, nothing counts twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from alliance.connect import signed_calls
from alliance.core.reading import time_json
from alliance.merchants import connecting, stores
from alliance.referrals import orders
from alliance.referrals.order_model import Order
from tests import make, pages
from tests.hubs import Bench, bench
from tests.integration.test_actions import (
    agree,
    clicked,
    decided,
    door,
    kept,
    owed,
    own_secret,
    report,
)
from tests.walled import EVERY_DATABASE

__all__ = ["bench"]


def told(bench: Bench, **more: Any) -> bytes:
    """A report as JSON, with whatever stands in it."""
    return json.dumps({"id": "a-1", "kind": "sign_up", "at": time_json(bench.now), **more}).encode()


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("more", [
    {"code": "x" * 9_000}, {"customer": "x" * 9_000}, {"code": " "}, {"code": "\u202emia"},
    {"code": "\ud800"}, {"click": "\ud800"}, {"customer": "\ud800"}, {"customer": "\U0001f600@x"},
    {"click": ""}, {"code": "%s%n{}"}, {"at": "2026-03-02T09:00:00+25:00"}, {"at": "now"},
    {"at": "9999-12-31T23:59:59Z"}, {"at": 1e9}, {"id": "a-1\n"}, {"id": "\u0661"}])
def test_whatever_stands_in_a_report_is_kept_and_read_again_or_refused(
        bench: Bench, more: dict[str, Any]) -> None:
    agree(bench)
    answer = report(bench, raw=told(bench, **more))
    assert answer.status_code in (200, 422), answer.data

    assert owed(bench) == ""
    with bench.hub.database.transaction() as session:
        ids = set(session.scalars(select(Order.id)))
        assert len(ids) == (answer.status_code == 200)
        orders.decide(session, ids, bench.hub.keys, now=bench.now)
    bakery = pages.Visitor(pages.built(bench.hub))
    bakery.sign_in(bench.world.merchants["bakery"])
    for ref in ids:
        assert bakery.see(f"/orders/{ref}").status_code == 200
    assert bakery.see("/orders?box=in").status_code == 200
    assert bakery.see("/test?q=a-1").status_code == 200


@pytest.mark.parametrize("raw", [
    b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'{"id":"a","at":"\xff"}', b"[" * 9000,
    b'{"id":' * 2000, b"\x00", b"1" * 16_000, b'{"id":NaN}', b'"' + b"\\" * 9_001])
def test_a_body_that_is_no_report_in_utf_8_is_refused(bench: Bench, raw: bytes) -> None:
    before = kept(bench)
    assert report(bench, raw=raw).status_code == 422
    assert kept(bench) == before


def test_headers_said_twice_never_pass_for_one(bench: Bench) -> None:
    before, body = kept(bench), told(bench)
    right = signed_calls.sign(own_secret(bench), "m", bench.now, body)
    stale = signed_calls.sign(own_secret(bench), "m", bench.now - timedelta(days=1), body)
    for name in (signed_calls.ID, signed_calls.TIMESTAMP):
        for first, second in ((right, stale | {signed_calls.ID: "n"}),
                              (stale | {signed_calls.ID: "n"}, right)):
            headers = [*right.items()]
            headers = [each for each in headers if each[0] != name]
            headers += [(name, first[name]), (name, second[name])]
            answer = bench.client.post(door(bench), data=body, headers=headers)
            assert answer.status_code == 401, (name, first[name], second[name])
    assert kept(bench) == before


def test_a_report_is_worth_nothing_at_another_stores_door_or_after_a_new_connection(
        bench: Bench) -> None:
    body = told(bench)
    right = signed_calls.sign(own_secret(bench), "m", bench.now, body)
    with bench.hub.database.transaction() as session:
        other = make.store(session, bench.world.merchants["cafe"])
        path_token, before = other.path_token, bench.world.store.id
    elsewhere = bench.client.post(f"/stores/demo/actions/{path_token}", data=body, headers=right)
    assert elsewhere.status_code == 401

    with bench.hub.database.transaction() as session:
        bakery = bench.world.actor(session, "bakery")
        stores.disconnect(session, bakery, before, now=bench.now)
    assert bench.client.post(door(bench), data=body, headers=right).status_code == 404
    with bench.hub.database.transaction() as session:
        bakery = bench.world.actor(session, "bakery")
        connecting.connect(session, bakery, connector="demo", address=bench.world.store.address,
                           name="Bakery", currency=bench.world.store.currency, allow_http=True,
                           secrets={"webhook_secret": "another" * 8}, seal=bench.hub.seal,
                           now=bench.now)
    assert bench.client.post(door(bench), data=body, headers=right).status_code == 401
    with bench.hub.database.reading() as session:
        assert session.scalars(select(Order)).all() == []


def test_an_old_report_sent_again_brings_nothing_back(bench: Bench) -> None:
    agree(bench)
    body = told(bench, click=clicked(bench))
    right = signed_calls.sign(own_secret(bench), "m", bench.now, body)
    off = told(bench, kind="cancelled")
    for sent, headers in ((body, right),
                          (off, signed_calls.sign(own_secret(bench), "n", bench.now, off)),
                          (body, right), (body, right)):
        assert bench.client.post(door(bench), data=sent, headers=headers).status_code == 200

    assert owed(bench) == ""
    assert decided(bench) == [("refused", "unpaid", "click")]
