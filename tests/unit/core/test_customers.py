"""A shopper is the same inside one store and a stranger in every other (law §7.3)."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from alliance.core.customers import customer_key


def test_the_key_is_an_hmac_of_the_normalised_address() -> None:
    expected = hmac.new(b"salt", b"jana.vogt@example.org", sha256).hexdigest()
    assert customer_key("jana.vogt@example.org", b"salt") == expected
    assert customer_key("  Jana.Vogt@Example.ORG ", b"salt") == expected


def test_two_stores_cannot_join_their_keys() -> None:
    assert customer_key("a@b.example", b"one") != customer_key("a@b.example", b"two")


@pytest.mark.parametrize("mail", ["", "   ", "nobody", "a@" + "b" * 400])
def test_what_is_no_address_gives_no_key(mail: str) -> None:
    assert customer_key(mail, b"salt") is None


def test_without_a_salt_there_is_no_key_that_could_be_guessed() -> None:
    assert customer_key("a@b.example", b"") is None
