"""A shop's keys: asked for, changed, refused; and no secret is ever said aloud."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alliance_shopify.app import EARLY, SCOPES, read
from alliance_shopify.scopes import missing
from alliance_shopify.tokens import Tokens, renew_at

from alliance.connect.embedded import Inside
from alliance.connect.http import Outbound
from alliance.connect.protocol import Grant, StoreError
from tests.shopify.token_desk import PATH, Desk
from tests.shopify_vectors import ADDRESS, CLIENT_ID, FIXTURES, NOW, OLD_SECRET, SECRET, SHOP

SAMPLES = json.loads((FIXTURES / "oauth_token_samples.json").read_text(encoding="utf-8"))
ANSWERS = SAMPLES["responses"]
INSIDE = Inside(ADDRESS, "42", "session.token.of-staff")

OUTCOMES = {
    "offline_expiring": "test-access-token-1",
    "offline_non_expiring_legacy": "test-access-token-4",
    "online": "store_bad_answer for good",
    "refresh_ok_rotated": "test-access-token-4",
    "code_reused": "store_refused_request for good",
    "refresh_revoked": "store_refused_key for good",
    "session_token_expired": "store_refused_key for good",
    "bad_client": "app_refused for the moment",
    "fewer_scopes_than_asked": "test-access-token-5",
    "write_implies_read": "test-access-token-6",
}
"""What comes of each recorded answer: the key that is kept, or the refusal."""


def grant(address: str = ADDRESS, **secrets: str) -> Grant:
    return Grant("sto_1", address, "path-token", b"salt", secrets)


def failure(ask: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as caught:
        ask()
    return caught.value


def outcome(ask: Callable[[], Mapping[str, str]]) -> str:
    try:
        return ask()["access_token"]
    except StoreError as error:
        return f"{error.code} for {'the moment' if error.again else 'good'}"


def answered(status: int, body: Any) -> str:
    with Desk(scripted=[(status, body)]) as desk:
        return outcome(lambda: desk.tokens.exchange(INSIDE))


@pytest.mark.parametrize("name", ANSWERS)
def test_every_recorded_answer_leads_to_keys_or_to_its_own_refusal(name: str) -> None:
    # The second one is for keys without an end alone: they are exchanged for others.
    scripted = [(ANSWERS[each]["http"], ANSWERS[each]["body"])
                for each in (name, "refresh_ok_rotated")]
    with Desk(scripted=scripted) as desk:
        assert outcome(lambda: desk.tokens.exchange(INSIDE)) == OUTCOMES[name]


@pytest.mark.parametrize(("name", "ask"), [
    ("code", lambda tokens: tokens.code(SHOP, "0907a61c0c8d55e99db179b68161bc00")),
    ("token_exchange", lambda tokens: tokens.exchange(INSIDE)),
    ("refresh", lambda tokens: tokens.refresh(grant(refresh_token="test-refresh-token-1"))),
    ("migrate_non_expiring", lambda tokens: tokens.migrate(grant(access_token="shpat_endless"))),
])
def test_every_question_is_asked_as_recorded(name: str, ask: Callable[[Tokens], object]) -> None:
    given = {"client_id": CLIENT_ID, "client_secret": SECRET}
    subject = {"token_exchange": INSIDE.token, "migrate_non_expiring": "shpat_endless"}
    recorded = {key: str(value) for key, value in SAMPLES["requests"][name].items()} | given
    if name in subject:
        recorded["subject_token"] = subject[name]
    with Desk(scripted=[(200, ANSWERS["offline_expiring"]["body"])]) as desk:
        ask(desk.tokens)

    (call,) = desk.calls
    assert SAMPLES["endpoint"].startswith(f"{call.method} {PATH.partition('.com')[2]} ")
    assert call.path == PATH
    assert call.headers["Content-Type"] == call.headers["Accept"] == "application/json"
    assert desk.asked == [recorded]


def test_what_is_kept_is_when_it_ends_and_what_is_allowed() -> None:
    with Desk(scripted=[(200, ANSWERS["offline_expiring"]["body"] | {"more": "things"})]) as desk:
        kept = desk.tokens.code(SHOP, "a-code")

    assert kept == {
        "access_token": "test-access-token-1", "refresh_token": "test-refresh-token-1",
        "expires_at": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "refresh_expires_at": f"{NOW + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
        "scope": "read_orders,read_products,write_discounts"}


def test_fewer_scopes_than_asked_are_kept_and_can_be_told() -> None:
    with Desk(scripted=[(200, ANSWERS["fewer_scopes_than_asked"]["body"]),
                        (200, ANSWERS["write_implies_read"]["body"])]) as desk:
        fewer, writing = desk.tokens.exchange(INSIDE), desk.tokens.exchange(INSIDE)

    assert missing(fewer["scope"], SCOPES) == tuple(
        scope for scope in SCOPES if scope != "read_products")
    assert missing(writing["scope"], ("read_discounts", "write_discounts")) == ()


def test_keys_without_an_end_are_exchanged_at_once_for_keys_with_one() -> None:
    with Desk() as desk:
        old = desk.shop.tokens.give_old()
        desk.scripted.append((200, old))
        kept = desk.tokens.exchange(INSIDE)
        again = outcome(lambda: desk.tokens.migrate(grant(**old)))

    assert desk.shop.tokens.state(kept["access_token"]) == "good"
    assert desk.asked[1]["subject_token"] == old["access_token"]
    assert again == "store_refused_key for good"


def test_keys_without_an_end_are_refused_where_the_shop_gives_no_others() -> None:
    legacy = (200, ANSWERS["offline_non_expiring_legacy"]["body"])
    with Desk(scripted=[legacy, legacy]) as desk:
        error = failure(lambda: desk.tokens.exchange(INSIDE))

    assert (error.code, error.again) == ("store_bad_answer", False)
    assert "no end" in error.detail
    assert len(desk.asked) == 2


def test_a_renewal_keeps_the_other_secrets_of_the_grant() -> None:
    with Desk() as desk:
        first = desk.shop.grant(webhook_secret="ours")
        second = desk.tokens.refresh(first)

    assert second["webhook_secret"] == "ours"
    assert set(second) == {"webhook_secret", "access_token", "expires_at", "refresh_token",
                           "refresh_expires_at", "scope"}
    assert second["access_token"] != first.secrets["access_token"]
    assert desk.shop.tokens.state(second["access_token"]) == "good"


def test_the_same_old_keys_can_be_changed_twice_until_the_new_ones_were_used() -> None:
    # A crash between the answer and the keeping: the pair is lost, and the old one still works.
    with Desk() as desk:
        old = desk.shop.grant()
        lost = desk.tokens.refresh(old)
        kept = desk.tokens.refresh(old)
        desk.tokens.refresh(grant(**kept))

        assert lost["refresh_token"] != kept["refresh_token"]
        assert outcome(lambda: desk.tokens.refresh(old)) == "store_refused_key for good"


def test_a_grant_without_an_end_is_moved_to_keys_with_one() -> None:
    with Desk() as desk:
        key = desk.shop.tokens.give_old()["access_token"]
        moved = desk.tokens.refresh(grant(access_token=key, webhook_secret="ours"))

        assert desk.shop.tokens.state(moved["access_token"]) == "good"
        assert desk.shop.tokens.state(key) == "dead"
        assert moved["webhook_secret"] == "ours"
        assert outcome(lambda: desk.tokens.migrate(grant(access_token="shpat_of_nobody"))) == (
            "store_refused_key for good")


def test_keys_of_a_shop_that_threw_the_app_out_are_refused_for_good() -> None:
    with Desk() as desk:
        old = desk.shop.grant()
        desk.shop.tokens.uninstall()

        assert outcome(lambda: desk.tokens.refresh(old)) == "store_refused_key for good"


def test_a_grant_without_any_key_asks_nobody() -> None:
    with Desk() as desk:
        assert outcome(lambda: desk.tokens.refresh(grant())) == "store_refused_key for good"
        assert desk.calls == []


def test_a_code_works_once() -> None:
    with Desk() as desk:
        code = desk.shop.tokens.code()
        kept = desk.tokens.code(SHOP, code)

        assert desk.shop.tokens.state(kept["access_token"]) == "good"
        assert outcome(lambda: desk.tokens.code(SHOP, code)) == "store_refused_request for good"


@pytest.mark.parametrize("address", [
    "https://evil.example", "http://brasa-coffee.myshopify.com", "", f"{ADDRESS}.evil.example"])
def test_only_shops_are_told_the_secret(address: str) -> None:
    with Desk() as desk:
        for ask in (lambda: desk.tokens.exchange(Inside(address, "42", "token")),
                    lambda: desk.tokens.refresh(grant(address, refresh_token="a-token"))):
            assert outcome(ask) == "store_refused_request for good"
        assert desk.calls == []


def test_the_first_secret_is_the_one_that_is_told() -> None:
    with Desk(SECRET, OLD_SECRET) as desk:
        desk.tokens.refresh(desk.shop.grant())
    with Desk(OLD_SECRET, SECRET) as other:
        assert outcome(lambda: other.tokens.exchange(INSIDE)) == "app_refused for the moment"
    assert desk.asked[0]["client_secret"] == SECRET


def test_a_hub_without_an_app_says_so() -> None:
    error = failure(lambda: Tokens(Outbound(), read({}), lambda: NOW).exchange(INSIDE))

    assert (error.code, error.again) == ("app_refused", True)
    assert "ALLIANCE_SHOPIFY_CLIENT_ID" in error.detail


@pytest.mark.parametrize(("name", "value"), [
    *(("access_token", value) for value in (None, "", "short", 7, "with space", "line\nbreak",
                                            "geheimnís", "x" * 401, ["shpat_token"])),
    *(("refresh_token", value) for value in (None, "", 7, "tab\tinside", "x" * 401)),
    *(("expires_in", value) for value in (None, 0, -1, 59, "3600", 3600.0, True, 10**12)),
    *(("refresh_token_expires_in", value) for value in (None, 0, "7776000", 10**9)),
    *(("scope", value) for value in (None, 7, ["read_orders"], "read orders", "a;b", "x" * 5000,
                                     "<script>", "read_orders,,read_products")),
])
def test_an_answer_that_is_not_plainly_keys_is_refused(name: str, value: Any) -> None:
    good = ANSWERS["offline_expiring"]["body"]

    assert answered(200, good) == "test-access-token-1"
    assert answered(200, {**good, name: value}) == "store_bad_answer for good"


def test_keys_of_one_person_are_not_kept_for_the_shop() -> None:
    online, offline = ANSWERS["online"]["body"], ANSWERS["offline_expiring"]["body"]

    assert answered(200, online | offline) == "store_bad_answer for good"


@pytest.mark.parametrize("name", ["expires_in", "refresh_token", "refresh_token_expires_in"])
def test_half_an_end_is_none(name: str) -> None:
    good = ANSWERS["offline_expiring"]["body"]

    assert answered(200, {key: value for key, value in good.items() if key != name}) == (
        "store_bad_answer for good")


@pytest.mark.parametrize(("status", "body", "says"), [
    (200, b"<html>maintenance</html>", "store_not_json for the moment"),
    (200, b'{"access_token": "half', "store_not_json for the moment"),
    (200, b'{"scope":"","scope":"write_orders"}', "store_bad_json for good"),
    (200, [], "store_bad_answer for good"),
    (200, None, "store_bad_answer for good"),
    (200, {}, "store_bad_answer for good"),
    (201, {}, "store_refused_request for good"),
    (400, b"<html>bad request</html>", "store_not_json for the moment"),
    (400, {"error": "invalid_scope"}, "store_refused_request for good"),
    (400, {"error": {"nested": 1}}, "store_refused_request for good"),
    (400, {"error": "unauthorized_client"}, "app_refused for the moment"),
    (401, {"error": "invalid_grant"}, "store_refused_key for good"),
    (402, b"<html>", "store_frozen for good"),
    (403, b"<html>", "store_blocked for good"),
    (404, b"<html>", "store_gone for good"),
    (404, {"error": "application_cannot_be_found"}, "app_refused for the moment"),
    (423, b"", "store_locked for good"),
    (429, b"slow down", "store_busy for the moment"),
    (500, b"<html>", "store_failed for the moment"),
    (502, b"<html>", "store_failed for the moment"),
    (503, {"error": "invalid_grant"}, "store_failed for the moment"),
])
def test_an_answer_that_gives_no_keys_says_whether_later_helps(
        status: int, body: Any, says: str) -> None:
    assert answered(status, body) == says


def test_a_shop_that_says_nothing_is_asked_again_later() -> None:
    with Desk() as desk:
        tokens = desk.tokens
    assert outcome(lambda: tokens.exchange(INSIDE)) == "store_unreachable for the moment"


@pytest.mark.parametrize("answer", [
    (400, {"error": "invalid_grant", "error_description": f"{SECRET} refresh-token-1"}),
    (400, {"error": SECRET, "error_description": "refresh-token-1"}),
    (400, f"<html>{SECRET} refresh-token-1</html>".encode()),
    (200, {"access_token": f"{SECRET} refresh-token-1"}),
    (200, f'{{"{SECRET}": NaN}}'.encode()),
    (500, f"{SECRET} refresh-token-1".encode()),
])
def test_no_secret_is_said_aloud(answer: tuple[int, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Desk(scripted=[answer]) as desk:
        tokens = desk.tokens
        given = grant(refresh_token="refresh-token-1", access_token="access-token-1")
        error = failure(lambda: tokens.refresh(given))

    aloud = " ".join([caplog.text, repr(error), str(error), error.detail, repr(error.facts),
                      repr(tokens), repr(given), repr(error.__cause__), repr(vars(tokens)["_app"])])
    for secret in (SECRET, "refresh-token-1", "access-token-1"):
        assert secret not in aloud


@pytest.mark.parametrize(("text", "at"), [
    ("2026-11-10T18:00:00Z", datetime(2026, 11, 10, 18, tzinfo=UTC) - EARLY),
    ("2026-11-10T19:00:00+01:00", datetime(2026, 11, 10, 18, tzinfo=UTC) - EARLY)])
def test_keys_are_renewed_a_while_before_they_end(text: str, at: datetime) -> None:
    assert renew_at(grant(expires_at=text)) == at


@pytest.mark.parametrize("text", ["", "soon", "2026-11-10T18:00:00", "2026-13-40T00:00:00Z",
                                  "0001-01-01T00:00:00Z", "1793491200"])
def test_an_end_that_cannot_be_read_is_past(text: str) -> None:
    at = renew_at(grant(expires_at=text))

    assert at is not None
    assert at < NOW - timedelta(days=365)


def test_keys_that_never_end_are_never_renewed() -> None:
    assert renew_at(grant(access_token="shpat_endless")) is None
