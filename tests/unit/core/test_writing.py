"""One text for equal values, and the canonical bytes of RFC 8785."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from alliance.core.writing import canonical, written

LEAVES = (st.none() | st.booleans() | st.integers(-2**53 + 1, 2**53 - 1)
          | st.text(st.characters(exclude_categories=["Cs"])) | st.floats(
              allow_nan=False, allow_infinity=False))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])), inner), max_leaves=25)


@given(VALUES)
def test_the_canonical_bytes_are_those_of_the_reference(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [
    {"\ue000": 1, "\U0001f600": 2}, {"a": 1.0}, {"a": [1e30, -0.0]}, {"é": "\x00\x1f\x7f\u2028"},
    {"a": "\"\\/\b\f\n\r\t"}, (), {}, [True, 1, None, "1"],
])
def test_what_the_plain_encoder_would_write_differently_goes_the_long_way(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [2**53, -2**53, float("nan"), {1: "one"}, {"a": object()}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        canonical("\ud800")


def test_equal_values_are_one_text() -> None:
    assert written({"b": [1, "ä"], "a": None}) == written({"a": None, "b": (1, "ä")})
    assert written({"b": [1, "ä"], "a": None}) == '{"a":null,"b":[1,"ä"]}'
