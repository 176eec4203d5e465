"""Who looks at the app, by Shopify's token: staff or shopper, never the one for the other."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alliance_shopify import session_tokens
from alliance_shopify.app import App, read
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.connect.protocol import InboundCall, Refused
from tests.shopify_vectors import ADDRESS, CLIENT_ID, NOW, OLD_SECRET, SECRET, app, cases

VECTORS = cases("session_token_vectors.json")

STAFF = {
    "valid": "42",
    "expired 9 s ago (inside 10 s leeway)": "42",
    "expired 11 s ago": "token_stale",
}
SHOPPERS = {
    "checkout/thank-you extension token (no sub, no sid)": ADDRESS,
    "customer account extension token (sub is a customer gid)": ADDRESS,
}
"""What comes of each vector; all the others are `token_refused`."""

STRICTER_THAN_BOTH_LIBRARIES = {
    "iss and dest differ", "dest without scheme", "no exp",
    "checkout/thank-you extension token (no sub, no sid)",
    "customer account extension token (sub is a customer gid)",
}
"""What both take for a token of staff."""

AT = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {**VECTORS[0]["claims"]}
SHOPPER: dict[str, Any] = {
    "dest": "brasa-coffee.myshopify.com", "aud": CLIENT_ID, "exp": AT + 300, "nbf": AT, "iat": AT,
    "jti": "6c992878-dbaf-48d1-bb9d-6d9b59814fd1"}
"""As Shopify's page of its extensions has it: no scheme, no issuer, five minutes."""


def staff(token: str, of: App | None = None) -> str:
    return verdict(lambda: session_tokens.staff(token, of or app(), NOW).person)


def shopper(token: str, of: App | None = None) -> str:
    return verdict(lambda: session_tokens.shopper(token, of or app(), NOW))


def verdict(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except Refused as refusal:
        return refusal.code


def b64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def sealed(payload: bytes, header: bytes = b'{"alg":"HS256","typ":"JWT"}', *,
           secret: str = SECRET, by: str = "sha256") -> str:
    """A token of these very bytes."""
    text = f"{b64(header)}.{b64(payload)}"
    return f"{text}.{b64(hmac.digest(secret.encode(), text.encode(), by))}"


def token(claims: dict[str, Any], **changes: Any) -> str:
    """A token of these claims; a change to `...` leaves one out."""
    told = {name: value for name, value in {**claims, **changes}.items() if value is not ...}
    return sealed(json.dumps(told).encode())


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_every_vector_is_taken_or_refused_for_its_own_reason(case: dict[str, Any]) -> None:
    of = App(case["client_id"], (case["secret"],))

    assert case["now"] == AT
    assert staff(case["token"], of) == STAFF.get(case["name"], "token_refused")
    assert shopper(case["token"], of) == SHOPPERS.get(case["name"], "token_refused")


def test_we_are_stricter_than_both_official_libraries_where_we_say_so() -> None:
    ours = {name for name, outcome in STAFF.items() if outcome == "42"}
    for library in ("official_python_app_home", "official_js"):
        theirs = {case["name"] for case in VECTORS if case[library]["ok"]}

        assert (theirs - ours, ours - theirs) == (STRICTER_THAN_BOTH_LIBRARIES, set())


def test_a_token_of_staff_names_the_shop_the_person_and_stays_out_of_sight() -> None:
    inside = session_tokens.staff(VECTORS[0]["token"], app(), NOW)

    assert (inside.address, inside.person, inside.token) == (ADDRESS, "42", VECTORS[0]["token"])
    assert inside.token not in repr(inside)


def test_the_token_of_an_extension_is_taken_as_shopify_describes_it() -> None:
    assert shopper(token(SHOPPER)) == ADDRESS
    assert shopper(token(SHOPPER, sub="gid://shopify/Customer/7123456789012")) == ADDRESS
    assert shopper(token(SHOPPER, dest=ADDRESS, iss=f"{ADDRESS}/admin")) == ADDRESS
    assert staff(token(SHOPPER, sub="42")) == "token_refused"


@pytest.mark.parametrize("name", ["iss", "dest", "aud", "sub", "exp", "nbf"])
def test_a_token_of_staff_lacks_nothing(name: str) -> None:
    assert staff(token(CLAIMS)) == "42"
    assert staff(token(CLAIMS, **{name: ...})) == "token_refused"
    assert staff(token(CLAIMS, **{name: None})) == "token_refused"


@pytest.mark.parametrize("name", ["dest", "aud", "exp", "nbf"])
def test_a_token_of_a_shopper_lacks_little(name: str) -> None:
    assert shopper(token(SHOPPER, **{name: ...})) == "token_refused"
    assert shopper(token(SHOPPER, **{name: None})) == "token_refused"


@pytest.mark.parametrize("dest", [
    "https://evil.example", "http://brasa-coffee.myshopify.com", ADDRESS + "/", ADDRESS + "/admin",
    "https://brasa-coffee.myshopify.com.evil.example", ADDRESS + "\n", "https://admin.shopify.com",
    "https://me@brasa-coffee.myshopify.com", ADDRESS + ":443", "", [ADDRESS], {"a": 1}, 7])
def test_the_shop_of_a_token_is_a_shop_and_nothing_else(dest: Any) -> None:
    assert staff(token(CLAIMS, dest=dest)) == "token_refused"
    assert shopper(token(SHOPPER, dest=dest)) == "token_refused"


@pytest.mark.parametrize("issuer", [
    "https://other-shop.myshopify.com/admin", "http://brasa-coffee.myshopify.com/admin",
    "https://brasa-coffee.myshopify.com.evil.example/admin", "https://evil.example/admin",
    "brasa-coffee.myshopify.com", "", 7, None, [f"{ADDRESS}/admin"]])
def test_the_issuer_is_the_shop_itself(issuer: Any) -> None:
    assert staff(token(CLAIMS, iss=issuer)) == "token_refused"
    assert shopper(token(SHOPPER, iss=issuer)) == "token_refused"


@pytest.mark.parametrize("person", [
    "0", "-1", "042", "4 2", "42\n", "４２", "", 42, 42.0, True, ["42"], "1" * 20,
    "gid://shopify/Customer/1", "gid://shopify/StaffMember/1"])
def test_a_person_is_a_number_in_text(person: Any) -> None:
    assert staff(token(CLAIMS, sub=person)) == "token_refused"


@pytest.mark.parametrize("sub", ["42", None, "", 7, "gid://shopify/Order/1",
                                 "gid://shopify/Customer/1/x", "gid://shopify/Customer/"])
def test_whoever_is_not_plainly_a_shopper_is_none(sub: Any) -> None:
    assert shopper(token(SHOPPER, sub=sub)) == "token_refused"


@pytest.mark.parametrize(("end", "outcome"), [
    (1, "42"), (0, "42"), (-9, "42"), (-10, "token_stale"), (-11, "token_stale"),
    (-400, "token_stale")])
def test_ten_seconds_are_allowed_at_the_end(end: int, outcome: str) -> None:
    assert staff(token(CLAIMS, exp=AT + end, nbf=AT - 500)) == outcome


@pytest.mark.parametrize(("begin", "outcome"), [
    (-60, "42"), (0, "42"), (10, "42"), (11, "token_refused"), (400, "token_refused")])
def test_ten_seconds_are_allowed_at_the_beginning(begin: int, outcome: str) -> None:
    assert staff(token(CLAIMS, nbf=AT + begin, exp=AT + 500)) == outcome


@pytest.mark.parametrize("value", [True, "1793491255", 1793491255.0, -1, 0, 10**20, [], {}])
@pytest.mark.parametrize("name", ["exp", "nbf"])
def test_a_time_is_a_whole_number_of_seconds(name: str, value: Any) -> None:
    assert staff(token(CLAIMS, **{name: value})) == "token_refused"


@pytest.mark.parametrize(("name", "value"), [
    ("aud", "f" * 32), ("iss", "https://other-shop.myshopify.com/admin"), ("sub", None),
    ("dest", "https://evil.example"), ("nbf", AT + 100)])
def test_only_a_token_that_is_right_in_all_else_is_stale(name: str, value: Any) -> None:
    old = {"exp": AT - 100, "nbf": AT - 160}

    assert staff(token(CLAIMS, **old)) == "token_stale"
    assert staff(token(CLAIMS, **{**old, name: value})) == "token_refused"
    assert staff(sealed(json.dumps({**CLAIMS, **old}).encode(), secret=OLD_SECRET)) == (
        "token_refused")


def test_an_hour_later_the_same_token_is_stale() -> None:
    right = token(CLAIMS)
    with pytest.raises(Refused) as refused:
        session_tokens.staff(right, app(), NOW + timedelta(hours=1))
    assert refused.value.code == "token_stale"


@pytest.mark.parametrize("header", [
    b'{"alg":"none"}', b'{"alg":"HS384"}', b'{"alg":"HS512"}', b'{"alg":"RS256"}', b"{}", b"[]",
    b'{"alg":"hs256"}', b'{"alg":["HS256"]}', b'{"alg":null}', b'{"alg":"none","alg":"HS256x"}',
    b'{"alg":"HS256","crit":["b64"],"b64":false}', b'{"alg":"HS256","b64":false}',
    b'{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}', b'{"alg":"HS256","zip":"DEF"}',
    b'{"alg":"HS256","jku":"https://evil.example/keys"}', b"", b"\xff", b"7", b'"HS256"'])
def test_a_token_does_not_choose_how_it_is_checked(header: bytes) -> None:
    payload = json.dumps(CLAIMS).encode()
    for by in ("sha256", "sha384", "sha512"):
        assert staff(sealed(payload, header, by=by)) == "token_refused"


@pytest.mark.parametrize("payload", [
    b"", b"[]", b"null", b"7", b"{", b"\xff\xfe", b'{"aud":NaN}', b"[" * 100 + b"]" * 100,
    json.dumps(CLAIMS).encode()[:-1] + b',"sub":"43"}',
    json.dumps({**CLAIMS, "more": "x" * 4000}).encode()])
def test_what_could_be_read_in_two_ways_is_not_read(payload: bytes) -> None:
    assert staff(sealed(payload)) == shopper(sealed(payload)) == "token_refused"


@pytest.mark.parametrize("text", [
    "", ".", "..", "a.b", "a.b.c.d", "a" * 5000, "Bearer x.y.z", "é.é.é", " ", "\x00.\x00.\x00"])
def test_what_has_not_the_shape_of_a_token_is_none(text: str) -> None:
    right = VECTORS[0]["token"]
    for each in (text, f"{right}{text} ", f" {right}", f"{right}\n", f"{right}="):
        assert staff(each) == shopper(each) == "token_refused"


def test_both_secrets_count_while_the_operator_changes_them() -> None:
    old = sealed(json.dumps(CLAIMS).encode(), secret=OLD_SECRET)

    assert staff(old) == "token_refused"
    assert staff(old, app(SECRET, OLD_SECRET)) == "42"
    assert staff(token(CLAIMS), app(OLD_SECRET, SECRET)) == "42"


@pytest.mark.parametrize("secret", ["", " ", SECRET])
def test_a_hub_without_an_app_takes_no_token(secret: str) -> None:
    made = sealed(json.dumps({**CLAIMS, "aud": ""}).encode(), secret=secret)

    assert staff(made, read({})) == "token_refused"


@pytest.mark.parametrize("values", [
    (), ("",), ("Bearer",), ("Bearer ",), ("Basic YTpi",), ("Bearer a b",), ("Bearer é",),
    ("Bearer  a",), ("Bearer a", "Bearer a"), ("Bearer " + "a" * 4097,), ("Bearer a\n",)])
def test_a_request_carries_one_token_or_is_refused(values: tuple[str, ...]) -> None:
    def carried(*texts: str) -> str:
        return session_tokens.bearer(InboundCall(
            "GET", "/", tuple(("authorization", text) for text in texts), b""))

    assert carried("Bearer a.b.c") == carried("bearer a.b.c") == "a.b.c"
    assert verdict(lambda: carried(*values)) == "token_refused"


@settings(max_examples=150)
@given(st.data())
def test_no_token_with_a_sign_changed_is_taken(data: st.DataObject) -> None:
    right = VECTORS[0]["token"]
    at = data.draw(st.integers(0, len(right) - 1))
    sign = data.draw(st.sampled_from("AQgwz059-_.="))
    changed = right[:at] + sign + right[at + 1:]

    # The last sign of 32 bytes carries two bits that mean nothing.
    meant = changed[:-1] == right[:-1]
    assert staff(changed) == "token_refused" or meant
    assert shopper(changed) == "token_refused"
