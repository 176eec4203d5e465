"""The fake shop's keys: exchanged, refreshed, run out and revoked as they are recorded."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest

from tests.fake_shopify import FakeShop
from tests.fake_shopify.recorded import answer, fixture
from tests.fake_shopify.tokens import OFFLINE, ONLINE
from tests.shopify.asking import exchanged, keys, post
from tests.shopify.conftest import NOON

SAMPLES = fixture("oauth_token_samples.json")["responses"]
SHOP = "{ shop { name } }"
OWN = ("access_token", "refresh_token", "scope", "refresh_token_expires_in")


@pytest.fixture(autouse=True)
def _scopes(shop: FakeShop) -> None:
    shop.tokens.install(("read_orders", "read_products", "write_discounts"))


def staff(shop: FakeShop, **claims: Any) -> str:
    return shop.platform.session_token(shop.domain, **claims)


def as_recorded(name: str, got: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """The body, after it was held against the sample but for what is each shop's own."""
    sample = SAMPLES[name]
    assert got[0] == sample["http"]
    assert set(got[1]) == set(sample["body"])
    assert {key: value for key, value in got[1].items() if key not in OWN} == {
        key: value for key, value in sample["body"].items() if key not in OWN}
    return got[1]


def refreshed(shop: FakeShop, token: str) -> tuple[int, dict[str, Any]]:
    return keys(shop, grant_type="refresh_token", refresh_token=token)


def status(shop: FakeShop, token: str) -> int:
    return post(shop, SHOP, token=token).status_code


def test_a_session_token_is_exchanged_for_keys_that_run_out_in_an_hour(shop: FakeShop) -> None:
    made = as_recorded("offline_expiring", exchanged(shop, staff(shop)))

    assert made["scope"] == SAMPLES["offline_expiring"]["body"]["scope"]
    assert made["refresh_token_expires_in"] == 7_776_000
    assert status(shop, made["access_token"]) == 200
    shop.platform.later(seconds=3599)
    assert status(shop, made["access_token"]) == 200
    shop.platform.later(seconds=1)
    said = post(shop, SHOP, token=made["access_token"])
    assert (said.status_code, said.json()) == (401, answer("invalid_token")["body"])


def test_a_code_works_once(shop: FakeShop) -> None:
    code = shop.tokens.code()

    first = as_recorded("offline_expiring", keys(shop, code=code, expiring="1"))
    again = as_recorded("code_reused", keys(shop, code=code, expiring="1"))

    assert status(shop, first["access_token"]) == 200
    assert again["error"] == "invalid_request"


def test_keys_that_never_run_out_are_made_and_refused_and_changed_for_others(
        shop: FakeShop) -> None:
    old = as_recorded("offline_non_expiring_legacy", keys(shop, code=shop.tokens.code()))

    assert status(shop, old["access_token"]) == 403
    made = as_recorded("offline_expiring", exchanged(
        shop, old["access_token"], subject_token_type=OFFLINE))
    assert status(shop, made["access_token"]) == 200
    assert status(shop, old["access_token"]) == 401
    as_recorded("session_token_expired", exchanged(
        shop, old["access_token"], subject_token_type=OFFLINE))


def test_keys_of_a_person_are_another_kind(shop: FakeShop) -> None:
    sample = SAMPLES["online"]["body"]
    code, made = exchanged(shop, staff(shop), requested_token_type=ONLINE)

    assert code == SAMPLES["online"]["http"]
    assert set(made) == set(sample)
    assert made["associated_user"] == sample["associated_user"]
    assert status(shop, made["access_token"]) == 200


def test_a_refresh_rotates_and_the_old_one_lives_until_the_new_one_is_used(
        shop: FakeShop) -> None:
    first = exchanged(shop, staff(shop))[1]
    second = as_recorded("refresh_ok_rotated", refreshed(shop, first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]

    # The answer was lost on the way: asked again with the old one, it works again.
    third = as_recorded("refresh_ok_rotated", refreshed(shop, first["refresh_token"]))
    fourth = as_recorded("refresh_ok_rotated", refreshed(shop, third["refresh_token"]))
    for dead in (first, second):
        as_recorded("refresh_revoked", refreshed(shop, dead["refresh_token"]))
    assert status(shop, fourth["access_token"]) == 200
    assert shop.platform.counted("token", "refresh", shop.domain) == 5


@pytest.mark.parametrize(("days", "name"), [(89, "refresh_ok_rotated"), (90, "refresh_revoked")])
def test_a_refresh_token_lives_ninety_days(shop: FakeShop, days: int, name: str) -> None:
    made = exchanged(shop, staff(shop))[1]
    shop.platform.later(days=days)

    told = as_recorded(name, refreshed(shop, made["refresh_token"]))
    assert ("access_token" in told) is (days < 90)


def test_the_refresh_token_before_the_newest_lives_thirty_days(shop: FakeShop) -> None:
    made = exchanged(shop, staff(shop))[1]
    refreshed(shop, made["refresh_token"])
    shop.platform.later(days=30)

    told = as_recorded("refresh_revoked", refreshed(shop, made["refresh_token"]))
    assert told["error"] == "invalid_grant"


def test_throwing_the_app_out_kills_every_key_at_once(shop: FakeShop) -> None:
    made = exchanged(shop, staff(shop))[1]
    shop.tokens.uninstall()

    assert status(shop, made["access_token"]) == 401
    as_recorded("refresh_revoked", refreshed(shop, made["refresh_token"]))
    as_recorded("session_token_expired", exchanged(shop, staff(shop)))


@pytest.mark.parametrize("wrong", [{"client_id": "another"}, {"client_secret": "guessed"}])
def test_another_app_gets_nothing(shop: FakeShop, wrong: dict[str, str]) -> None:
    told = as_recorded("bad_client", exchanged(shop, staff(shop), **wrong))

    assert "access_token" not in told


@pytest.mark.parametrize(("seconds", "name"), [
    (69, "offline_expiring"), (70, "session_token_expired"), (-11, "session_token_expired")])
def test_a_session_token_is_good_for_a_minute_and_ten_seconds(
        shop: FakeShop, seconds: int, name: str) -> None:
    token = staff(shop)
    shop.platform.later(seconds=seconds)

    told = as_recorded(name, exchanged(shop, token))
    assert ("access_token" in told) is (seconds == 69)


def test_tokens_of_shoppers_and_of_other_shops_are_not_exchanged(shop: FakeShop) -> None:
    other = shop.platform.open("another-shop")
    platform = shop.platform
    forged = platform.signed_token({"sub": "42"}, secret="guessed")

    for token in (platform.checkout_token(shop.domain), platform.account_token(shop.domain),
                  staff(other), staff(shop, aud="another"), forged, "nonsense"):
        told = as_recorded("session_token_expired", exchanged(shop, token))
        assert "access_token" not in told


@pytest.mark.parametrize(("allowed", "name"), [
    (("read_products",), "fewer_scopes_than_asked"),
    (("read_discounts", "write_discounts"), "write_implies_read")])
def test_the_scopes_told_are_those_allowed_with_reading_left_out(
        shop: FakeShop, allowed: tuple[str, ...], name: str) -> None:
    shop.tokens.install(allowed)

    made = as_recorded(name, exchanged(shop, staff(shop)))
    assert made["scope"] == SAMPLES[name]["body"]["scope"]


def test_the_requests_of_the_samples_are_what_the_endpoint_takes(shop: FakeShop) -> None:
    requests = fixture("oauth_token_samples.json")["requests"]
    old = shop.tokens.give_old()["access_token"]
    given = {"code": {"code": shop.tokens.code()},
             "token_exchange": {"subject_token": staff(shop)},
             "migrate_non_expiring": {"subject_token": old}}
    own = ("client_id", "client_secret")

    for name, body in given.items():
        sample = {key: value for key, value in requests[name].items() if key not in own}
        made = as_recorded("offline_expiring", keys(shop, **(sample | body)))
    sample = {key: value for key, value in requests["refresh"].items() if key not in own}
    as_recorded("refresh_ok_rotated", keys(shop, **(
        sample | {"refresh_token": made["refresh_token"]})))


def test_every_sample_has_a_test_here() -> None:
    with open(__file__, encoding="utf-8") as here:
        text = here.read()

    assert {name for name in SAMPLES if f'"{name}"' not in text} == set()


def test_who_was_asked_for_what_is_counted_and_told_beforehand(shop: FakeShop) -> None:
    platform, other = shop.platform, shop.platform.open("another-shop")
    told: list[tuple[str, str]] = []
    platform.before = lambda asked: told.append((asked.what, asked.name))
    made = exchanged(shop, staff(shop))[1]
    refreshed(shop, made["refresh_token"])
    post(shop, "query ShopName { shop { name } }", {"x": 1}, token=made["access_token"])
    platform.before = lambda asked: None

    assert told == [("token", "token-exchange"), ("token", "refresh"), ("graphql", "ShopName")]
    assert [(each.what, each.name) for each in shop.asked] == told
    assert other.asked == []
    assert platform.counted("token", "refresh") == 1
    assert shop.asked[-1].variables == {"x": 1}
    assert "shop { name }" in shop.asked[-1].document
    assert made["access_token"] not in repr(shop.asked)


def test_a_delivery_has_all_its_headers_and_is_signed_over_its_bytes(shop: FakeShop) -> None:
    body = json.dumps({"id": 1}).encode() + b"\r\n"
    call = shop.platform.webhook(shop.domain, "orders/paid", body, number=7, event=3)
    mark = hmac.digest(shop.platform.secrets[0].encode(), body, "sha256")

    assert call.body == body
    assert dict(call.headers) == {
        "Content-Type": "application/json", "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Hmac-Sha256": base64.b64encode(mark).decode(),
        "X-Shopify-Shop-Domain": shop.domain, "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": "545ebdd4-b7be-4d3d-b14e-000000000007",
        "X-Shopify-Event-Id": "59d6d79c-595f-4e7e-bc6f-000000000003",
        "X-Shopify-Triggered-At": "2026-11-20T12:00:00.123456789Z"}
    assert shop.platform.webhook(shop.domain, "orders/paid", body, name="ours").header(
        "X-Shopify-Name") == "ours"


def test_a_browser_comes_back_with_a_signed_code(shop: FakeShop) -> None:
    query = shop.platform.callback(shop.domain, "a-state")
    told = dict(pair.split("=") for pair in query.split("&"))
    text = query.rpartition("&hmac=")[0]

    assert hmac.digest(shop.platform.secrets[0].encode(), text.encode(), "sha256").hex() == (
        told["hmac"])
    assert (told["state"], told["shop"], told["timestamp"]) == (
        "a-state", shop.domain, str(int(NOON.timestamp())))
    as_recorded("offline_expiring", keys(shop, code=told["code"], expiring="1"))
