"""A proof of a purchase says what was bought, to its own store's hub, for a day."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alliance.connect import purchase_proofs, signed_calls
from alliance.connect.protocol import Grant
from alliance.connect.purchase_proofs import Purchase, check, prove
from alliance.core.errors import NotAllowed
from alliance.core.money import Currency, Money

EUR = Currency("EUR")
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
GRANT = Grant("sto_1", "https://shop.example", "path", b"salt", {"webhook_secret": "secret"})
SECRET = purchase_proofs.secret_of(GRANT)
BOUGHT = Purchase("1001", EUR, NOW, (("onesie", Money(3980, EUR)), ("cap", Money(0, EUR))))
PROOF = prove(SECRET, BOUGHT)


def test_a_proof_comes_back_as_it_was_made() -> None:
    assert check(PROOF, SECRET, NOW) == BOUGHT
    assert json.loads(base64.urlsafe_b64decode(PROOF.partition(".")[0] + "==")) == {
        "o": "1001", "c": "EUR", "t": 1796040000, "l": [["onesie", 3980], ["cap", 0]]}


def test_every_store_has_a_secret_of_its_own_that_is_not_that_of_its_reports() -> None:
    others = [replace(GRANT, salt=b"other"), replace(GRANT, secrets={"webhook_secret": "new"})]

    assert len({SECRET, signed_calls.secret_of(GRANT),
                *map(purchase_proofs.secret_of, others)}) == 4
    with pytest.raises(NotAllowed):
        check(PROOF, purchase_proofs.secret_of(others[0]), NOW)


@pytest.mark.parametrize(("after", "is_good"), [
    (timedelta(0), True), (timedelta(hours=24) - timedelta(seconds=1), True),
    (timedelta(hours=24), False), (timedelta(seconds=-300), True), (timedelta(seconds=-301), False),
])
def test_a_proof_is_good_for_a_day_and_five_minutes_ahead(after: timedelta, is_good: bool) -> None:
    assert (refusal(PROOF, NOW + after) == "") is is_good


def test_no_edited_proof_passes() -> None:
    edited = {PROOF.replace(".", ""), PROOF + "=", PROOF + ".", " " + PROOF, "", ".", "é.é",
              PROOF.partition(".")[0] + ".", "." + PROOF.partition(".")[2], PROOF * 40}
    edited |= {PROOF[:place] + sign + PROOF[place + 1:]
               for place in range(len(PROOF)) for sign in "aZ9-_.=é"}

    passed = [text for text in edited - {PROOF} if refusal(text, NOW) == ""]
    told = {refusal(text, NOW) for text in edited - {PROOF}}

    assert passed == []
    assert told == {"This is not a proof of this store."}


@pytest.mark.parametrize("told", [
    [], {}, 17, "x", {"o": "", "c": "EUR", "t": 1796040000, "l": [["a", 1]]},
    {"o": "1", "c": "euro", "t": 1796040000, "l": [["a", 1]]},
    {"o": "1", "c": "EUR", "t": 1.5, "l": [["a", 1]]},
    {"o": "1", "c": "EUR", "t": 10**30, "l": [["a", 1]]},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": []},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": [["a", 1]] * 101},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": [["a", -1]]},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": [["a", True]]},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": [["a", 10**15]]},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": [["a", 1, 2]]},
    {"o": "a\nb", "c": "EUR", "t": 1796040000, "l": [["a", 1]]},
    {"o": "1", "c": "EUR", "t": 1796040000, "l": [["a", 1]], "email": "jana@shop.example"},
], ids=lambda told: json.dumps(told)[:60])
def test_what_a_store_signs_and_is_no_purchase_is_refused(told: Any) -> None:
    assert refusal(signed(json.dumps(told).encode()), NOW) == (
        "The store signed something that is no purchase.")


@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", b"[" * 3000, b'{"o":NaN}'])
def test_bytes_that_are_no_json_are_refused(raw: bytes) -> None:
    assert refusal(signed(raw), NOW) == "The store signed something that is no purchase."


def signed(raw: bytes) -> str:
    """Any bytes, signed as the store would."""
    said = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    signature = hmac.digest(SECRET, said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def refusal(text: str, at: datetime) -> str:
    """What is said of it; nothing when it is taken."""
    try:
        check(text, SECRET, at)
    except NotAllowed as error:
        return error.detail if error.code == "proof_refused" else error.code
    return ""
