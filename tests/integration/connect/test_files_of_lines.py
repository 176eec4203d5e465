"""Large files read line by line, against a server that misbehaves in every way one may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import StoreError
from tests.integration.connect.loopback import Call, Loopback

SHORT = Limits(connect=1.0, read=0.2, deadline=0.6, size=100)


def outbound(**options: Any) -> Outbound:
    return Outbound(allow_private=["127.0.0.0/8"], limits=SHORT, sleep=lambda seconds: None,
                    **options)


def read(answer: Callable[[Call], None], **options: Any) -> list[bytes]:
    with Loopback(answer) as server:
        return list(outbound().lines(server.url("/file.jsonl"), **options))


def refusal(answer: Callable[[Call], None], **options: Any) -> StoreError:
    with pytest.raises(StoreError) as caught:
        read(answer, **options)
    return caught.value


@pytest.mark.parametrize(("body", "lines"), [
    (b"", []), (b"\n", [b""]), (b"one", [b"one"]), (b"one\ntwo\n", [b"one", b"two"]),
    (b"one\r\n\ntwo", [b"one\r", b"", b"two"]),
    (b"x" * 70_000 + b"\n" + b"y" * 70_000, [b"x" * 70_000, b"y" * 70_000]),
])
def test_a_file_comes_line_by_line_larger_than_any_answer(body: bytes, lines: list[bytes]) -> None:
    assert read(lambda call: call.send(200, body)) == lines


def test_nothing_of_a_store_goes_along() -> None:
    with Loopback(lambda call: call.send(200, b"a\n")) as server:
        list(outbound().lines(server.url("/file?signature=x")))
    (call,) = server.calls
    assert (call.method, call.path, call.body) == ("GET", "/file?signature=x", b"")
    assert {name.lower() for name in call.headers} == {
        "host", "user-agent", "accept", "accept-encoding", "connection"}


def test_a_file_in_a_place_that_is_never_called_is_not_fetched() -> None:
    with Loopback(lambda call: call.send(200, b"a\n")) as server:
        for out, url in ((Outbound(limits=SHORT), server.url()),
                         (outbound(), "https://169.254.169.254/latest/meta-data/"),
                         (outbound(), "file:///etc/passwd")):
            with pytest.raises(StoreError) as caught:
                list(out.lines(url))
            assert caught.value.code == "unsafe_address"
        assert server.calls == []


def test_a_redirect_is_not_followed() -> None:
    error = refusal(lambda call: call.send(302, b"", Location="http://169.254.169.254/"))
    assert (error.code, error.again) == ("store_redirected", False)


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_a_file_that_is_not_handed_out_may_be_made_anew(status: int) -> None:
    error = refusal(lambda call: call.send(status, b"<Error/>"))
    assert (error.code, error.again, error.facts["status"]) == ("store_failed", True, status)


@pytest.mark.parametrize(("answer", "options"), [
    (lambda call: call.send(200, b"one\ntwo", length=100), {}),
    (lambda call: call.raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n"),
     {}),
    # It ends at the end of a line, and says that it is whole: but it was to be longer.
    (lambda call: call.send(200, b"one\n"), {"size": 8}),
    (lambda call: call.send(200, b"one\ntwo\nthree"), {"size": 8}),
])
def test_a_file_that_is_not_all_there_is_refused(answer: Callable[[Call], None],
                                                 options: dict[str, int]) -> None:
    error = refusal(answer, **options)
    assert (error.code, error.again) == ("store_truncated", True)


@pytest.mark.parametrize(("answer", "options"), [
    (lambda call: call.send(200, b"x" * 2000), {"longest": 1000}),
    (lambda call: call.send(200, b"x" * 2000 + b"\ny"), {"longest": 1000}),
    (lambda call: call.send(200, b"x\n" * 600), {"largest": 1000}),
    (lambda call: call.raw(b"HTTP/1.1 200 X\r\n\r\n" + b"x\n" * 600), {"largest": 1000}),
])
def test_lines_and_files_have_an_end(answer: Callable[[Call], None],
                                     options: dict[str, int]) -> None:
    error = refusal(answer, **options)
    assert (error.code, error.again) == ("store_too_large", False)


def test_a_length_that_is_none_is_no_reason_to_fail() -> None:
    with pytest.raises(StoreError):
        read(lambda call: call.raw(b"HTTP/1.1 200 X\r\nContent-Length: -5\r\n\r\n"), size=4)


def test_a_packed_file_is_refused_since_it_may_be_a_bomb() -> None:
    error = refusal(lambda call: call.send(200, b"x", Content_Encoding="gzip"))
    assert error.code == "store_encoded"


def test_a_file_that_drips_is_given_up_at_the_deadline() -> None:
    def drip(call: Call) -> None:
        call.raw(b"HTTP/1.1 200 X\r\n\r\none\n")
        call.stall()

    error = refusal(drip, seconds=0.3)
    assert (error.code, error.again) == ("store_timeout", True)


def test_whoever_stops_reading_hangs_up() -> None:
    with Loopback(lambda call: call.send(200, b"one\ntwo\n")) as server:
        lines = outbound().lines(server.url())
        assert next(lines) == b"one"
        lines.close()  # type: ignore[attr-defined]
        assert list(lines) == []
