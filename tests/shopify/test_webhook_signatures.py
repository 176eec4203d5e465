"""A call counts when Shopify signed these very bytes; every vector, with our own verdict."""

from __future__ import annotations

import base64
import hmac
import json
import random
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from alliance_shopify import calls, signatures
from alliance_shopify.app import read
from hypothesis import given
from hypothesis import strategies as st

from alliance.connect.protocol import InboundCall, Refused
from tests.shopify_vectors import OLD_SECRET, SECRET, app, body, call, cases, signed

VECTORS = cases("webhook_hmac_vectors.json")

REFUSED = {
    "tampered body (signature of another body)": "bad_signature",
    "hex digest instead of base64": "bad_signature",
    "base64 without padding": "bad_signature",
    "signature with trailing space": "bad_signature",
    "wrong secret": "bad_signature",
    "missing hmac header": "bad_signature",
    "empty hmac header": "bad_signature",
    "GET is refused": "malformed_call",
    "missing topic header (hmac ok)": "malformed_call",
    "missing shop header (hmac ok)": "malformed_call",
}
"""What is refused, and why; all the others are taken."""

STRICTER_THAN_PYTHON = {"missing topic header (hmac ok)", "missing shop header (hmac ok)"}
STRICTER_THAN_JAVASCRIPT = {"GET is refused"}
LAXER_THAN_JAVASCRIPT = {"old secret, rotation configured"}
"""It knows one secret alone, so that every change of it loses calls."""


def verdict(case: dict[str, Any]) -> str:
    secrets = tuple(filter(None, (case["secret"], case["old_secret"])))
    try:
        calls.check(_call(case), app(*secrets))
    except Refused as refusal:
        return refusal.code
    return "taken"


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_every_vector_is_taken_or_refused_for_its_own_reason(case: dict[str, Any]) -> None:
    assert sha256(body(case["body_file"])).hexdigest() == case["body_sha256"]
    assert verdict(case) == REFUSED.get(case["name"], "taken")


def test_we_are_stricter_than_the_official_libraries_where_we_say_so() -> None:
    ours = {case["name"] for case in VECTORS if verdict(case) == "taken"}
    python = {case["name"] for case in VECTORS if case["official_python"]["ok"]}
    javascript = {case["name"] for case in VECTORS if case["official_js"]["valid"]}

    assert (python - ours, ours - python) == (STRICTER_THAN_PYTHON, set())
    assert (javascript - ours, ours - javascript) == (
        STRICTER_THAN_JAVASCRIPT, LAXER_THAN_JAVASCRIPT)


def test_another_shops_header_passes_the_signature_and_names_that_shop() -> None:
    # The signature covers the body alone: only a question to that shop can tell (T2).
    (case,) = cases("webhook_hmac_vectors.json", name="shop header of another shop (hmac ok)")

    assert calls.check(_call(case), app()).address == "https://evil.myshopify.com"


def test_both_secrets_count_while_the_operator_changes_them() -> None:
    text = body("raw_bodies/compact.json")
    both = (SECRET, OLD_SECRET)

    assert signatures.webhook(text, signed(text, SECRET), both)
    assert signatures.webhook(text, signed(text, OLD_SECRET), both)
    assert not signatures.webhook(text, signed(text, OLD_SECRET), (SECRET,))
    assert not signatures.webhook(text, signed(text, ""), ())


def test_a_hub_without_an_app_takes_no_call() -> None:
    for secret in ("", " ", SECRET):
        with pytest.raises(Refused) as refused:
            calls.check(call(b"{}", secret=secret), read({}))
        assert refused.value.code == "bad_signature"


@pytest.mark.parametrize("name", [
    "X-Shopify-Topic", "X-Shopify-Hmac-Sha256", "X-Shopify-Shop-Domain", "X-Shopify-Webhook-Id"])
@pytest.mark.parametrize("spelt", [str.lower, str.upper, str])
def test_a_header_that_comes_twice_is_refused_however_it_is_spelt(name: str, spelt: Any) -> None:
    good = call(b'{"id":1}')
    again = (*good.headers, (spelt(name), good.header(name) or ""))

    with pytest.raises(Refused) as refused:
        calls.check(InboundCall("POST", good.path, again, good.body), app())
    assert refused.value.code == (
        "bad_signature" if name == "X-Shopify-Hmac-Sha256" else "malformed_call")


def test_of_ten_thousand_mutants_none_is_taken() -> None:
    chance, text = random.Random(7), body("webhooks/products_delete.json")
    good = call(text, "products/delete")
    calls.check(good, app())
    for _ in range(10_000):
        turned = bytearray(text)
        turned[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
        wrong = chance.choice([
            call(bytes(turned), "products/delete", signature=signed(text)),
            call(text + bytes([chance.randrange(256)]), signature=signed(text)),
            call(text, secret=f"{SECRET}{chance.randrange(1000)}"),
            call(text, signature=chance.choice([None, "", signed(text)[:-1], f"{signed(text)}="])),
            replace(good, headers=(*good.headers, ("x-shopify-hmac-sha256", signed(text))))])
        with pytest.raises(Refused):
            calls.check(wrong, app())


@given(at=st.integers(0, 8 * 30 - 1))
def test_no_body_with_a_bit_turned_passes(at: int) -> None:
    text = body("raw_bodies/compact.json")
    turned = bytearray(text)
    turned[at // 8] ^= 1 << at % 8

    assert not signatures.webhook(bytes(turned), signed(text), (SECRET,))


@given(change=st.sampled_from("AZaz09+/= \n\x00é"), at=st.integers(0, 44))
def test_no_signature_with_a_sign_changed_passes(change: str, at: int) -> None:
    text = body("raw_bodies/crlf.json")
    right = signed(text)
    for wrong in (right[:at] + change + right[at:], right[:at] + change + right[at + 1:],
                  right[:at]):
        assert signatures.webhook(text, wrong, (SECRET,)) is (wrong == right)


@pytest.mark.parametrize("file", [
    "spaces_and_newline.json", "crlf.json", "escaped_slashes.json", "unicode_escaped.json"])
def test_a_body_that_was_read_and_written_again_does_not_pass(file: str) -> None:
    text = body(f"raw_bodies/{file}")
    again = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode()

    assert again != text
    assert signatures.webhook(text, signed(text), (SECRET,))
    assert not signatures.webhook(again, signed(text), (SECRET,))


def test_what_signs_a_page_does_not_sign_a_call() -> None:
    # The same secret signs addresses, in hexadecimal: neither form counts for the other.
    text = b"shop=brasa-coffee.myshopify.com&timestamp=1793491200"
    digest = hmac.digest(SECRET.encode(), text, "sha256")

    assert not signatures.webhook(text, digest.hex(), (SECRET,))
    assert signatures.webhook(text, base64.b64encode(digest).decode(), (SECRET,))


def _call(case: dict[str, Any]) -> InboundCall:
    return InboundCall(case["method"], "/stores/shopify/calls", tuple(case["headers"].items()),
                       body(case["body_file"]))
