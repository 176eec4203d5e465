"""JSON that two readers could read differently is refused, and no bomb takes long (T26)."""

from __future__ import annotations

import time

import pytest

from alliance.connect.strict_json import DEPTH, read
from alliance.core.errors import Invalid


def refusal(body: bytes, **options: int) -> str:
    with pytest.raises(Invalid) as caught:
        read(body, **options)
    return caught.value.code


def test_honest_json_is_read_as_it_is() -> None:
    body = '{"id": 7, "name": "Süßer \\"Traum\\" \\ud83d\\ude00", "price": 3.57, "none": null}'
    assert read(body.encode()) == {"id": 7, "name": 'Süßer "Traum" 😀', "price": 3.57,
                                   "none": None}


@pytest.mark.parametrize(("body", "code"), [
    (b"", "not_json"),
    (b"<!doctype html><p>maintenance</p>", "not_json"),
    (b'{"id": 1', "not_json"),
    (b'{"id": 1} {"id": 2}', "not_json"),
    (b'{"id": 1,}', "not_json"),
    (b"\xff\xfe{}", "not_json"),
    (b"\xef\xbb\xbf{}", "not_json"),
    (b'{"id": "\xc3\x28"}', "not_json"),
    (b'{"total": NaN}', "not_a_number"),
    (b'{"total": Infinity}', "not_a_number"),
    (b'{"total": -Infinity}', "not_a_number"),
    (b'{"total": 1e999}', "not_a_number"),
    (b'{"total": ' + b"9" * 31 + b"}", "not_a_number"),
    (b'{"total": 1e' + b"9" * 40 + b"}", "not_a_number"),
    (b'{"id": 1, "id": 2}', "repeated_key"),
    (b'{"a": {"id": 1, "\\u0069d": 2}}', "repeated_key"),
])
def test_what_is_not_honest_json_is_refused_by_name(body: bytes, code: str) -> None:
    assert refusal(body) == code


def test_the_deepest_allowed_nesting_is_read_and_one_more_is_refused() -> None:
    assert read(b"[" * DEPTH + b"]" * DEPTH) is not None
    assert refusal(b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1)) == "too_deep"
    assert refusal(b'{"a":' * 100_000) == "too_deep"


def test_brackets_inside_strings_do_not_count_as_nesting() -> None:
    assert read(b'["' + b"[{" * 100 + b'\\"[", 1]') == ["[{" * 100 + '"[', 1]


def test_a_body_over_the_limit_is_not_even_looked_at() -> None:
    assert refusal(b"[1, 2]", limit=5) == "too_large"


@pytest.mark.parametrize("body", [
    b'"' + b'\\"' * 2_000_000,
    b"[" * 4_000_000,
    b'["' + b"\\" * 4_000_000,
    b"[" + b"9" * 4_000_000,
])
def test_bombs_are_refused_in_a_moment(body: bytes) -> None:
    started = time.perf_counter()
    refusal(body)
    assert time.perf_counter() - started < 2.0
