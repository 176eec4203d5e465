"""Addresses that Shopify signed: a browser that comes back or opens the app, and a shop's proxy."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from alliance_shopify import signatures
from hypothesis import given
from hypothesis import strategies as st

from alliance.connect.protocol import Refused
from tests.shopify_vectors import NOW, OLD_SECRET, SECRET, cases

Reader = Callable[[str], Mapping[str, Any]]

CALLBACKS = cases("query_hmac_vectors.json", kind="oauth_query")
PROXIED = cases("query_hmac_vectors.json", kind="app_proxy")

REFUSED = {
    "tampered shop": "bad_signature",
    "parameter added after signing": "bad_signature",
    "parameter removed after signing": "bad_signature",
    "upper-case hmac": "bad_signature",
    "short hmac": "bad_signature",
    "missing hmac": "bad_signature",
    "91 s old": "stale_signature",
    "no timestamp": "malformed_query",
    "timestamp not a number": "malformed_query",
    "proxy tampered customer id": "bad_signature",
    "proxy customer id stripped": "bad_signature",
    "proxy 91 s old": "stale_signature",
    "proxy duplicate shop parameter": "malformed_query",
}
"""What is refused, and why; all the others are taken."""

STRICTER_THAN_OLD_PYTHON = {"91 s old"}
"""ShopifyAPI lets an address pass for a day."""
LAXER_THAN_OLD_PYTHON = {"values with space, ampersand, percent, plus, accent"}
"""It knows the decoded form of a value alone."""

GOOD = {"code": "0907a61c0c8d55e99db179b68161bc00", "shop": "some-shop.myshopify.com",
        "state": "0.6784241404160823", "timestamp": "1793491190",
        "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvc29tZS1zaG9w"}


def opened(query: str) -> Mapping[str, Any]:
    return signatures.opened(query, (SECRET,), NOW)


def callback(query: str) -> Mapping[str, Any]:
    return signatures.callback(query, (SECRET,), NOW)


def proxied(query: str) -> Mapping[str, Any]:
    return signatures.proxied(query, (SECRET,), NOW)


def verdict(read: Reader, query: str) -> str:
    try:
        read(query)
    except Refused as refusal:
        return refusal.code
    return "taken"


def percent(pairs: Mapping[str, str]) -> str:
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}"
                    for key, value in pairs.items())


def hexed(text: str, secret: str = SECRET) -> str:
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def signed(pairs: Mapping[str, str], secret: str = SECRET) -> str:
    """The address as it arrives, signed in the encoded form."""
    return f"{percent(pairs)}&hmac={hexed(percent(dict(sorted(pairs.items()))), secret)}"


@pytest.mark.parametrize("case", [*CALLBACKS, *PROXIED], ids=lambda case: case["name"])
def test_every_vector_is_taken_or_refused_for_its_own_reason(case: dict[str, Any]) -> None:
    read = opened if case["kind"] == "oauth_query" else proxied

    assert verdict(read, case["query_string"]) == REFUSED.get(case["name"], "taken")


def test_we_agree_with_the_official_libraries_but_where_we_say_so() -> None:
    def right(names: Callable[[dict[str, Any]], bool], of: list[dict[str, Any]]) -> set[str]:
        return {case["name"] for case in of if names(case)}

    ours = right(lambda case: case["name"] not in REFUSED, CALLBACKS + PROXIED)
    old = right(lambda case: case["official_python"]["ok"] is True, CALLBACKS)

    assert ours == right(lambda case: case["official_js"] is True, CALLBACKS + PROXIED)
    assert (old - ours, ours & right(lambda case: True, CALLBACKS) - old) == (
        STRICTER_THAN_OLD_PYTHON, LAXER_THAN_OLD_PYTHON)
    assert right(lambda case: case["official_python"]["ok"] is True, PROXIED) == ours - right(
        lambda case: True, CALLBACKS)


def test_a_callback_gives_the_code_the_shop_and_the_state() -> None:
    first = CALLBACKS[0]

    assert callback(first["query_string"]) == {
        name: first["params"][name] for name in ("code", "shop", "state")}


def test_an_address_that_opens_the_app_is_no_callback() -> None:
    (case,) = cases("query_hmac_vectors.json", name="app load, no code")

    assert opened(case["query_string"])["host"] == case["params"]["host"]
    assert verdict(callback, case["query_string"]) == "malformed_query"


@pytest.mark.parametrize("missing", ["code", "state", "shop", "timestamp"])
def test_a_callback_without_one_of_its_parts_is_refused_though_signed(missing: str) -> None:
    parts = {name: value for name, value in GOOD.items() if name != missing}

    assert verdict(callback, signed(GOOD)) == "taken"
    assert verdict(callback, signed(parts)) == "malformed_query"


@pytest.mark.parametrize("name", [*GOOD, "hmac", "x"])
def test_a_parameter_that_comes_twice_is_refused(name: str) -> None:
    pairs = {**GOOD, "x": "1"}
    query = signed(pairs)
    value = pairs.get(name, query.rpartition("=")[2])

    for spelt in (name, quote(name, safe="").replace(name[0], f"%{ord(name[0]):02x}", 1)):
        assert verdict(opened, f"{query}&{spelt}={quote(value)}") == "malformed_query"


@pytest.mark.parametrize(("seconds", "outcome"), [
    (-91, "stale_signature"), (-90, "taken"), (0, "taken"), (90, "taken"), (91, "stale_signature"),
])
def test_ninety_seconds_to_either_side_are_allowed(seconds: int, outcome: str) -> None:
    at = str(int(NOW.timestamp()) + seconds)

    assert verdict(callback, signed({**GOOD, "timestamp": at})) == outcome


@pytest.mark.parametrize("at", [
    "", "-1793491190", "+1793491190", " 1793491190", "1793491190.0", "1_793_491_190",
    "１７９３４９１１９０", "99999999999999999999"])
def test_a_time_is_ascii_digits(at: str) -> None:
    assert verdict(callback, signed({**GOOD, "timestamp": at})) == "malformed_query"


@pytest.mark.parametrize(("name", "value"), [
    ("code", "short"), ("code", "a" * 301), ("code", "with space in it"), ("code", "geheimnís-8"),
    ("state", "x"), ("state", "s" * 201), ("state", "line\nbreak"), ("host", "<script>"),
    ("host", "h" * 301)])
def test_a_value_of_another_shape_is_refused_though_signed(name: str, value: str) -> None:
    assert verdict(callback, signed({**GOOD, name: value})) == "malformed_query"


def test_both_secrets_count_while_the_operator_changes_them() -> None:
    query = signed(GOOD, OLD_SECRET)

    assert signatures.callback(query, (SECRET, OLD_SECRET), NOW)["code"] == GOOD["code"]
    assert verdict(callback, query) == "bad_signature"
    assert verdict(lambda each: signatures.callback(each, (), NOW), query) == "bad_signature"


@given(st.permutations([*GOOD, "hmac"]))
def test_the_order_of_the_parameters_changes_nothing(order: list[str]) -> None:
    whole = {**GOOD, "hmac": signed(GOOD).rpartition("=")[2]}

    assert callback(percent({name: whole[name] for name in order})) == {
        name: GOOD[name] for name in ("code", "shop", "state", "host")}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_further_value_passes_signed_as_it_came_or_decoded(note: str) -> None:
    pairs = dict(sorted({**GOOD, "note": note}.items()))
    decoded = "&".join(f"{key}={value.replace('%', '%25').replace('&', '%26')}"
                       for key, value in pairs.items())

    assert opened(signed(pairs))["note"] == note
    assert opened(f"{urlencode(pairs)}&hmac={hexed(decoded)}")["note"] == note


def test_a_plus_cannot_be_read_in_two_ways() -> None:
    # Signed as it came, "a+b" meant a space; the same signature must not do for a real plus.
    came = "&".join(f"{key}={value}" for key, value in sorted({**GOOD, "note": "a+b"}.items()))

    assert opened(f"{percent({**GOOD, 'note': 'a+b'})}&hmac={hexed(came)}")["note"] == "a+b"
    assert verdict(opened, f"{came}&hmac={hexed(came)}") == "bad_signature"


@given(st.data())
def test_no_address_with_a_sign_changed_gives_anything_else(data: st.DataObject) -> None:
    query = signed(GOOD)
    at = data.draw(st.integers(0, len(query) - 1))
    sign = data.draw(st.sampled_from("0aZ&=%+;#\n \x00é"))
    changed = query[:at] + sign + query[at + 1:]

    if verdict(callback, changed) == "taken":
        assert callback(changed) == callback(query)


@pytest.mark.parametrize("query", [
    "", "hmac", "&", "&&", "=", "hmac=" + "0" * 64, "a=1&" * 50, "a=" + "x" * 5000, "a=%ff",
    "a=é", "%=%", "shop=some-shop.myshopify.com&;hmac=1"])
def test_rubbish_is_refused(query: str) -> None:
    for read in (opened, callback, proxied):
        assert verdict(read, query) in {"malformed_query", "bad_signature"}


def test_a_shop_is_named_in_lower_case_whatever_was_signed() -> None:
    query = signed({**GOOD, "shop": "Some-Shop.MyShopify.com"})

    assert callback(query)["shop"] == "some-shop.myshopify.com"


@pytest.mark.parametrize("shop", [
    "some-shop.myshopify.com.evil.example", "evil.example/some-shop.myshopify.com",
    "some-shop.myshopify.com\n", "https://some-shop.myshopify.com", "some-shop.myshopify.com/", ""])
def test_a_shop_that_is_none_is_refused_though_signed(shop: str) -> None:
    assert verdict(callback, signed({**GOOD, "shop": shop})) == "malformed_query"


def test_a_proxy_gives_repeated_parameters_as_a_list() -> None:
    (case,) = cases("query_hmac_vectors.json", name="proxy array parameter joined by comma")

    assert proxied(case["query_string"]) == {
        "shop": "some-shop.myshopify.com", "path_prefix": "/apps/alliance",
        "timestamp": "1793491195", "logged_in_customer_id": "", "extra": ["1", "2"]}


def test_a_proxy_whose_parameters_changed_places_still_passes() -> None:
    query = PROXIED[0]["query_string"].split("&")

    assert proxied("&".join(reversed(query))) == proxied("&".join(query))


@pytest.mark.parametrize("name", ["shop", "timestamp", "signature", "hmac"])
def test_a_proxy_says_these_once(name: str) -> None:
    query = PROXIED[0]["query_string"]

    assert verdict(proxied, f"{query}&{name}=1&{name}=1") == "malformed_query"


@given(st.data())
def test_no_proxied_address_with_a_sign_changed_gives_anything_else(data: st.DataObject) -> None:
    query = PROXIED[0]["query_string"]
    at = data.draw(st.integers(0, len(query) - 1))
    changed = query[:at] + data.draw(st.sampled_from("09af&=%+,x")) + query[at + 1:]

    if verdict(proxied, changed) == "taken":
        assert proxied(changed)["shop"] == proxied(query)["shop"]
