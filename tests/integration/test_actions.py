"""Sign-ups and bookings that a store's own server reports: what counts, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timedelta
from html import unescape
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from alliance.alliances import contracts
from alliance.alliances.model import Contract
from alliance.connect import signed_calls
from alliance.core.money import Money, Rate
from alliance.core.orders import Wanted
from alliance.core.reading import time_json
from alliance.db.queue import Message
from alliance.ledger.model import Entry
from alliance.merchants import stores
from alliance.promotions import codes
from alliance.referrals.order_model import Decision, Order
from alliance.rules.terms import Basis, Clause
from alliance.worker import loop
from tests import make, pages
from tests.hubs import Bench, bench
from tests.proofs import prove
from tests.surface import ROOT
from tests.walled import EVERY_DATABASE
from tests.world import EUR

__all__ = ["bench"]

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)
SECRET = "5ec2e7" * 8


def report(bench: Bench, kind: str = "sign_up", ref: str = "a-1", *, at: datetime | None = None,
           signed_at: datetime | None = None, secret: bytes | None = None,
           headers: dict[str, str] | None = None, raw: bytes | None = None,
           path: str | None = None, **more: Any) -> Response:
    """Report as the bakery's own server does."""
    body = raw if raw is not None else json.dumps(
        {"id": ref, "kind": kind, "at": time_json(at or bench.now), **more}).encode()
    signed = signed_calls.sign(secret or own_secret(bench), f"msg_{ref}", signed_at or bench.now,
                               body)
    return bench.client.post(path or door(bench), data=body, headers={**signed, **(headers or {})})


def door(bench: Bench) -> str:
    return bench.door.replace("/calls/", "/actions/")


def own_secret(bench: Bench) -> bytes:
    with bench.hub.database.reading() as session:
        return signed_calls.secret_of(
            stores.grant_of(session, bench.world.store.id, bench.hub.seal))


def agree(bench: Bench, **terms: Any) -> None:
    """The bakery pays the cafe 2.00 for a sign-up and 5.00 for a booking, and 10 % of sales."""
    clauses = [Clause("sign-up", Basis.PER_REFERRAL, amount=Money(200, EUR),
                      wanted=Wanted.SIGN_UP),
               Clause("booking", Basis.PER_REFERRAL, amount=Money(500, EUR),
                      wanted=Wanted.BOOKING),
               Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("10"))]
    at = make.BEFORE + timedelta(hours=1)
    with bench.hub.database.transaction() as session:
        [contract] = session.scalars(select(Contract))
        bakery, cafe = (bench.world.actor(session, name) for name in ("bakery", "cafe"))
        version = contracts.amend(
            session, bakery, contract.id, now=at,
            terms=make.terms(*clauses, effective_from=at + timedelta(days=14), **terms))
        contracts.sign(session, bakery, version.id, now=at)
        contracts.sign(session, cafe, version.id, now=at)


def clicked(bench: Bench) -> str:
    return bench.world.token("cafe", bench.now - DAY)


def owed(bench: Bench) -> str:
    loop.until_idle(bench.hub, now=bench.now)
    with bench.hub.database.transaction() as session:
        told = bench.world.owed(session)
        prove(session, bench.world, now=bench.now)
        session.rollback()
    return told


def decided(bench: Bench) -> list[tuple[str, str | None, str]]:
    with bench.hub.database.reading() as session:
        return [(each.outcome, each.reason, each.kind) for each in session.scalars(
            select(Decision).order_by(Decision.order_id, Decision.host_member_id))]


def kept(bench: Bench) -> list[int]:
    with bench.hub.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0
                for model in (Message, Order, Decision, Entry)]


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize(("kind", "sum_"), [("sign_up", "2.00"), ("booking", "5.00")])
def test_a_reported_action_earns_its_sum(bench: Bench, kind: str, sum_: str) -> None:
    agree(bench)
    answer = report(bench, kind, click=clicked(bench))
    assert (answer.status_code, answer.json) == (200, {"id": "a-1", "kept": "now"})
    assert owed(bench) == f"bakery owes cafe {sum_} EUR"
    assert decided(bench) == [("credited", None, "click")]


def test_an_action_that_is_called_off_is_taken_back_and_stays_so(bench: Bench) -> None:
    agree(bench)
    click = clicked(bench)
    report(bench, click=click)
    assert owed(bench) == "bakery owes cafe 2.00 EUR"
    assert report(bench, "cancelled").json == {"id": "a-1", "kept": "now"}
    assert owed(bench) == ""
    assert report(bench, "cancelled").json == {"id": "a-1", "kept": "before"}
    assert report(bench, click=click).json == {"id": "a-1", "kept": "before"}
    assert owed(bench) == ""
    assert decided(bench) == [("refused", "unpaid", "click")]


def test_the_same_report_ten_times_earns_once(bench: Bench) -> None:
    agree(bench)
    click = clicked(bench)
    answers = [report(bench, click=click).json for _ in range(10)]
    assert answers == [{"id": "a-1", "kept": "now"}] + [{"id": "a-1", "kept": "before"}] * 9
    assert owed(bench) == "bakery owes cafe 2.00 EUR"


def test_one_click_earns_one_action_whatever_comes_first(bench: Bench) -> None:
    agree(bench)
    click = clicked(bench)
    for place in range(3):
        report(bench, ref=f"a-{place}", at=bench.now - place * timedelta(hours=1), click=click)
    assert owed(bench) == "bakery owes cafe 2.00 EUR"
    assert sorted(decided(bench), key=str) == [
        ("credited", None, "click"), *[("refused", "replayed_token", "click")] * 2]


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_actions_and_orders_in_any_order_of_arrival_end_alike(
        bench: Bench, arrival: tuple[int, ...]) -> None:
    agree(bench, bond_days=30)
    click = clicked(bench)
    steps = [
        lambda: report(bench, at=bench.now - timedelta(hours=2), click=click,
                       customer="shopper@families.example"),
        lambda: report(bench, "booking", "b-1", at=bench.now, click=click,
                       customer="shopper@families.example"),
        lambda: bench.buy(token=click)]
    for place in arrival:
        steps[place]()
        bench.deliver()
    assert owed(bench) == "bakery owes cafe 2.00 EUR"


def test_a_spoken_code_and_a_bond_are_evidence_for_actions_too(bench: Bench) -> None:
    agree(bench)
    with bench.hub.database.transaction() as session:
        codes.give(session, bench.world.actor(session, "bakery"), bench.world.store.id,
                   bench.world.members["cafe"].id, kind="spoken", code="mia", now=make.BEFORE)
    report(bench, code="MIA")
    assert owed(bench) == "bakery owes cafe 2.00 EUR"
    assert decided(bench) == [("credited", None, "spoken")]


def test_a_host_s_own_sign_up_earns_nothing(bench: Bench) -> None:
    agree(bench)
    report(bench, click=clicked(bench), customer=" CAFE@cafe.example ")
    assert (owed(bench), decided(bench)) == ("", [("refused", "self_referral", "click")])


def test_a_click_of_another_store_is_no_evidence_here(bench: Bench) -> None:
    agree(bench)
    token = clicked(bench)
    report(bench, click=token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert owed(bench) == ""


def test_the_customer_is_kept_as_a_key_only(bench: Bench) -> None:
    report(bench, customer="canary@families.example")
    report(bench, ref="a-2", customer="customer number 77")
    with bench.hub.database.reading() as session:
        rows = session.scalars(select(Order).order_by(Order.ref)).all()
        everything = str([(row.customer_key, row.snapshot) for row in rows])
    assert [len(row.customer_key or "") for row in rows] == [64, 64]
    assert [word for word in ("canary", "families", "number 77") if word in everything] == []


def test_forged_altered_and_unsigned_reports_are_refused_and_write_nothing(bench: Bench) -> None:
    agree(bench)
    before = kept(bench)
    good = signed_calls.sign(own_secret(bench), "msg_1", bench.now, b"{}")
    tries: list[dict[str, Any]] = [
        {"secret": b"another store's secret"}, {"secret": SECRET.encode()},
        {"headers": {signed_calls.SIGNATURE: ""}}, {"headers": {signed_calls.SIGNATURE: "v1,AAAA"}},
        {"headers": good}, {"headers": {signed_calls.ID: "msg_other"}},
        {"headers": {signed_calls.ID: ""}}, {"headers": {signed_calls.TIMESTAMP: "soon"}},
        {"headers": {signed_calls.TIMESTAMP: "-1"}},
        {"headers": {signed_calls.SIGNATURE: "v1," + "A" * 50_000}},
    ]
    for each in tries:
        answer = report(bench, click=clicked(bench), **each)
        assert answer.status_code == 401, each
        assert answer.content_type == "application/problem+json"
    assert bench.client.post(door(bench), data=b"{}").status_code == 401
    assert kept(bench) == before


@pytest.mark.parametrize(("age", "status"), [(-301, 401), (-299, 200), (299, 200), (301, 401)])
def test_a_report_is_good_for_five_minutes_either_way(
        bench: Bench, age: int, status: int) -> None:
    signed_at = bench.now + timedelta(seconds=age)
    assert report(bench, signed_at=signed_at).status_code == status


def test_another_signature_beside_the_right_one_does_no_harm(bench: Bench) -> None:
    body = json.dumps({"id": "a", "kind": "booking", "at": time_json(bench.now)}).encode()
    right = signed_calls.sign(own_secret(bench), "m", bench.now, body)
    both = f"v1,b2xk {right[signed_calls.SIGNATURE]}"
    answer = bench.client.post(door(bench), data=body,
                               headers={**right, signed_calls.SIGNATURE: both})
    assert answer.status_code == 200


@pytest.mark.parametrize(("change", "code"), [
    ({"raw": b""}, "not_json"), ({"raw": b"[]"}, "wrong_shape"), ({"raw": b"{}"}, "missing_key"),
    ({"raw": b'{"id":"a","id":"b"}'}, "repeated_key"), ({"kind": "order"}, "unknown_word"),
    ({"ref": ""}, "malformed_id"), ({"ref": "a/b"}, "malformed_id"),
    ({"ref": "a" * 81}, "malformed_id"), ({"amount": 7}, "unknown_key"),
    ({"click": 7}, "wrong_shape"), ({"click": "nul\x00"}, "unsafe_text"),
    ({"at": datetime(2026, 3, 2, 9, 6, tzinfo=make.NOW.tzinfo)}, "report_too_early"),
    ({"at": datetime(2025, 12, 1, tzinfo=make.NOW.tzinfo)}, "report_too_late"),
])
def test_what_is_no_report_is_refused_by_name_and_writes_nothing(
        bench: Bench, change: dict[str, Any], code: str) -> None:
    before = kept(bench)
    answer = report(bench, **change)
    assert (answer.status_code, json.loads(answer.data)["code"]) == (422, code)
    assert kept(bench) == before


def test_an_id_that_comes_again_with_other_content_is_refused(bench: Bench) -> None:
    agree(bench)
    report(bench, click=clicked(bench))
    before = kept(bench)
    other: list[dict[str, Any]] = [
        {"kind": "booking"}, {"click": None}, {"customer": "x"}, {"at": bench.now - DAY}]
    for each in other:
        answer = report(bench, **{"click": clicked(bench), **each})
        assert (answer.status_code, json.loads(answer.data)["code"]) == (409, "action_known")
    answer = report(bench, "cancelled", "never")
    assert (answer.status_code, json.loads(answer.data)["code"]) == (409, "unknown_action")
    assert kept(bench) == before


def test_what_is_no_report_at_all_gets_its_own_answer(bench: Bench) -> None:
    before = kept(bench)
    assert report(bench, raw=b"x" * 16_385).status_code == 413
    assert bench.client.get(door(bench)).status_code == 405
    assert report(bench, headers={"Content-Encoding": "gzip"}).status_code == 415
    for path in ("/stores/demo/actions/short", door(bench) + "x", door(bench) + "/",
                 door(bench).replace("/demo/", "/woocommerce/")):
        assert report(bench, path=path).status_code == 404, path
    assert kept(bench) == before


def test_a_token_of_a_hundred_kilobytes_in_an_order_breaks_nothing(bench: Bench) -> None:
    assert report(bench, click="x" * 9_000).status_code == 200
    assert report(bench, ref="a-2", click="x" * 100_000).status_code == 413
    assert owed(bench) == ""


def test_an_id_of_an_order_and_of_an_action_are_two_facts(bench: Bench) -> None:
    agree(bench)
    ref = bench.buy()
    bench.deliver()
    report(bench, ref=ref, click=clicked(bench))
    assert owed(bench) == "bakery owes cafe 2.00 EUR"
    assert kept(bench)[1] == 2


def run_as_written(bench: Bench, script: str, secret: str) -> Response:
    """A script of a page, with this store's address and secret, and what its curl would send."""
    script = re.sub(r"^secret=.*$", f"secret={secret}", script, flags=re.MULTILINE)
    script = script.replace("2026-03-02T09:00:00Z", time_json(bench.now))
    around = f'''date() {{ echo {int(bench.now.timestamp())}; }}
curl() {{ printf '%s\\0' "$@"; }}
{script}'''
    sent = subprocess.run(["sh", "-c", around], check=True, capture_output=True).stdout
    words = [word.decode() for word in sent.split(b"\0")][:-1]
    headers = [word.split(": ", 1) for flag, word in zip(words, words[1:], strict=False)
               if flag == "-H"]
    body = words[words.index("--data-binary") + 1].encode()
    return bench.client.post(door(bench), data=body, headers=headers)


def test_the_call_in_the_docs_is_signed_as_the_door_checks(bench: Bench) -> None:
    page = (ROOT / "docs" / "how-to" / "report-actions.md").read_text(encoding="utf-8")
    [script] = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    answer = run_as_written(bench, script, signed_calls.written(own_secret(bench)))
    assert (answer.status_code, answer.json) == (200, {"id": "newsletter-4711", "kept": "now"})
    assert run_as_written(bench, script, "whsec_YWxsaWFuY2U=").status_code == 401


def test_an_owner_finds_address_secret_and_call_on_the_page_of_the_store(bench: Bench) -> None:
    app = pages.built(bench.hub)
    visitor = pages.Visitor(app)
    visitor.sign_in(bench.world.merchants["bakery"])
    path = f"/stores/{bench.world.store.id}/reports"
    shown = visitor.see(path).text
    [secret] = re.findall(r'id="secret">([^<]+)<', shown)
    [proofs] = re.findall(r'id="proofs">([0-9a-f]{64})<', shown)
    [script] = re.findall(r'id="call">(.*?)</code>', shown, re.DOTALL)
    assert unescape(secret) == signed_calls.written(own_secret(bench))
    assert proofs not in {unescape(secret), own_secret(bench).hex()}
    assert f"address=http://127.0.0.1:8000{door(bench)}" in script
    answer = run_as_written(bench, unescape(script), unescape(secret))
    assert (answer.status_code, answer.json) == (200, {"id": "your-own-number", "kept": "now"})
    stranger = pages.Visitor(app)
    stranger.sign_in(bench.world.merchants["cafe"])
    assert stranger.see(path).status_code == 404


def test_staff_see_how_to_report_but_not_the_secret(bench: Bench) -> None:
    with bench.hub.database.transaction() as session:
        make.person(session, bench.world.merchants["bakery"], name="staff", role="staff")
    visitor = pages.Visitor(pages.built(bench.hub))
    visitor.send("/sign-in", {"email": "staff@bakery.example", "password": make.PASSWORD})
    shown = visitor.see(f"/stores/{bench.world.store.id}/reports").text
    assert door(bench) in shown
    assert signed_calls.written(own_secret(bench)) not in unescape(shown)
    assert "id=\"proofs\"" not in shown
