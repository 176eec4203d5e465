"""The round trip of a shop that allows an app outside its admin, with a code that works once."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from alliance_shopify import oauth
from alliance_shopify.app import SCOPES

from alliance.connect.protocol import Grant, InboundCall, InstallAsk, Refused, StoreError
from alliance.core.errors import Invalid
from tests.shopify.token_desk import Desk
from tests.shopify_vectors import ADDRESS, CLIENT_ID, NOW, OLD_SECRET, SECRET, SHOP, app

STATE = "a-secret-that-works-once"


def ask(address: str = ADDRESS) -> InstallAsk:
    return InstallAsk(address, STATE, "https://hub.example/stores/shopify/keys",
                      "https://hub.example/back", "Alliance")


def back(method: str = "GET", *, secret: str = SECRET, **changes: str) -> InboundCall:
    """The browser that comes back from the shop."""
    told = {"code": "code-of-one-use", "shop": SHOP, "state": STATE,
            "timestamp": str(int(NOW.timestamp())), **changes}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(told.items()))
    signature = hmac.digest(secret.encode(), query.encode(), "sha256").hex()
    return InboundCall(method, "/stores/shopify/keys", (), b"", f"{query}&hmac={signature}")


def grant(address: str = ADDRESS, shop: str = SHOP, code: str = "code-of-one-use") -> Grant:
    return Grant("", address, "", b"salt", {"code": code, "shop": shop})


def test_the_browser_is_sent_to_the_shop_that_was_named() -> None:
    page = urlsplit(oauth.begin(ask(), app()))

    assert (page.scheme, page.netloc, page.path) == ("https", SHOP, "/admin/oauth/authorize")
    assert parse_qs(page.query, keep_blank_values=True) == {
        "client_id": [CLIENT_ID], "scope": [",".join(SCOPES)], "state": [STATE],
        "redirect_uri": ["https://hub.example/stores/shopify/keys"], "grant_options[]": [""]}
    assert SECRET not in page.query


@pytest.mark.parametrize("address", [
    "https://shop.example", "http://brasa-coffee.myshopify.com", SHOP, f"{ADDRESS}/", "",
    f"{ADDRESS}@evil.example"])
def test_the_browser_is_sent_nowhere_else(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        oauth.begin(ask(address), app())
    assert refused.value.code == "malformed_address"


def test_what_comes_back_is_a_state_and_a_code_that_no_repr_shows() -> None:
    handed = oauth.finish(back(), app(), NOW)

    assert (handed.state, dict(handed.secrets)) == (
        STATE, {"code": "code-of-one-use", "shop": SHOP})
    assert STATE not in repr(handed)
    assert "code-of-one-use" not in repr(handed)


@pytest.mark.parametrize(("call", "code"), [
    (back("POST"), "malformed_query"), (back("HEAD"), "malformed_query"),
    (back(secret=OLD_SECRET), "bad_signature"), (back(shop="evil.example"), "malformed_query"),
    (back(timestamp=str(int(NOW.timestamp()) - 91)), "stale_signature"),
    (back(state=""), "malformed_query")])
def test_whatever_shopify_did_not_send_is_refused(call: InboundCall, code: str) -> None:
    with pytest.raises(Refused) as refused:
        oauth.finish(call, app(), NOW)
    assert refused.value.code == code


def test_the_code_is_exchanged_once_at_the_shop_that_was_asked() -> None:
    with Desk() as desk:
        brought = grant(code=desk.shop.tokens.code())
        kept = oauth.complete(brought, desk.tokens)
        with pytest.raises(StoreError) as refused:
            oauth.complete(brought, desk.tokens)

    assert desk.shop.tokens.state(kept["access_token"]) == "good"
    assert refused.value.code == "store_refused_request"


@pytest.mark.parametrize("wrong", [
    grant(shop="other-shop.myshopify.com"), grant("https://other-shop.myshopify.com"),
    grant("https://evil.example", "evil.example"), Grant("", ADDRESS, "", b"", {"code": "x"})])
def test_the_code_of_another_shop_is_told_nobody(wrong: Grant) -> None:
    with Desk() as desk:
        with pytest.raises(Refused) as refused:
            oauth.complete(wrong, desk.tokens)
        assert desk.calls == []
    assert refused.value.code == "other_shop"
