"""The round trip for keys: the page the merchant is sent to, and what may come back."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from alliance_woocommerce import pairing

from alliance.connect.protocol import Handed, InboundCall, InstallAsk, Refused
from tests.contract.recorded_shop import NOON, recording
from tests.fake_woo import FakeWoo
from tests.fake_woo import pairing as page
from tests.fake_woo.told import Told

RECORDED = recording("wc-auth-callback.json")
ASK = InstallAsk("https://store-a.example", "st_9fK2mQ7x",
                 "https://hub.example/connect/woocommerce/callback",
                 "https://hub.example/connect/woocommerce/return", "Merchant Alliance Hub")


def posted() -> InboundCall:
    """What the real shop posted, byte for byte."""
    told = RECORDED["callback"]
    return InboundCall(told["method"], told["path"],
                       tuple((name, value) for name, value in told["headers"]),
                       base64.b64decode(told["body_base64"]))


def changed(**fields: Any) -> InboundCall:
    body = {**json.loads(posted().body), **fields}
    return replace(posted(), body=json.dumps(body).encode())


def test_the_merchant_is_sent_to_the_recorded_page() -> None:
    def parts(url: str) -> tuple[str, list[tuple[str, str]]]:
        return url.partition("?")[0], sorted(parse_qsl(urlsplit(url).query))

    assert parts(pairing.begin(ASK)) == parts(RECORDED["authorize_url"])


def test_what_the_real_shop_posted_are_keys() -> None:
    handed = pairing.finish(posted())
    assert handed == Handed("st_9fK2mQ7x", {
        "consumer_key": "ck_cc28994bb8acdb7487b4f3cecc092ff087b5362a",
        "consumer_secret": "cs_e8af11d11df4eee5df28b4d58b8eba9cc5099e54",
        "key_id": "5", "permissions": "read_write"})


def test_keys_that_may_only_read_are_keys_and_say_so() -> None:
    assert pairing.finish(changed(key_permissions="read")).secrets["permissions"] == "read"


@pytest.mark.parametrize("fields", [
    {"key_id": 0}, {"key_id": "5"}, {"key_id": True}, {"key_id": 10**18}, {"user_id": 17},
    {"user_id": "short"}, {"user_id": "x" * 201}, {"user_id": "a b c d e"}, {"user_id": None},
    {"consumer_key": "ck_1"}, {"consumer_key": "ck_" + "g" * 40}, {"consumer_key": ["ck_"]},
    {"consumer_key": "cs_" + "a" * 40}, {"consumer_secret": "cs_" + "a" * 41},
    {"consumer_secret": None}, {"key_permissions": "write"}, {"key_permissions": ""},
    {"key_permissions": ["read_write"][0] + "\n"}, {"consumer_key": "ck_" + "a" * 40 + "\n"},
    {"more": "x" * 3000}, {"more": {"deep": {"er": 1}}},
], ids=str)
def test_what_is_no_form_of_keys_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        pairing.finish(changed(**fields))
    assert caught.value.code == "malformed_keys"
    assert "cs_" not in caught.value.detail


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"{}", b'"x"', b"\xff", b"consumer_key=ck_1&consumer_secret=cs_1",
    posted().body[:-1], posted().body.replace(b"{", b'{"user_id":"st_9fK2mQ7y",'),
])
def test_what_is_no_json_or_says_a_key_twice_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        pairing.finish(replace(posted(), body=body))


def test_keys_are_posted_and_not_asked_for() -> None:
    with pytest.raises(Refused):
        pairing.finish(replace(posted(), method="GET"))


def test_the_shop_deletes_its_keys_when_the_hub_does_not_take_them() -> None:
    shop = FakeWoo(NOON)
    refused = page.approve(shop, pairing.begin(ASK), lambda url, call: 500)
    assert isinstance(refused, Told)
    assert len(shop.keys.all) == 1
    assert page.approve(shop, pairing.begin(ASK), lambda url, call: 200) == RECORDED[
        "return_redirect"]
    assert len(shop.keys.all) == 2


def test_a_merchant_who_says_no_comes_back_without_keys() -> None:
    assert page.deny(pairing.begin(ASK)) == RECORDED["return_redirect_when_denied"]


def test_the_shop_posts_keys_over_tls_only() -> None:
    url = pairing.begin(replace(ASK, callback="http://hub.example/cb"))
    told = page.approve(FakeWoo(NOON), url, lambda url, call: 200)
    assert isinstance(told, Told)
    assert told.body == recording("wc-auth-error-http-callback.json")["response"]["body"]
