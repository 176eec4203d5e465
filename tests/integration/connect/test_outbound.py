"""The way out, against a real server that misbehaves in every way a store has (T12, F6)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import StoreError
from tests.integration.connect.authority import make_authority
from tests.integration.connect.loopback import Call, Loopback

SHORT = Limits(connect=1.0, read=0.2, deadline=0.6, size=10_000)


class Pauses(list[float]):
    """A sleep that remembers instead of sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def outbound(pauses: Pauses | None = None, limits: Limits = SHORT, **options: object) -> Outbound:
    return Outbound(allow_private=["127.0.0.0/8"], limits=limits,
                    sleep=Pauses() if pauses is None else pauses, chance=lambda: 1.0,
                    **options)  # type: ignore[arg-type]


def refusal(out: Outbound, url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        out.get(url)
    return caught.value


def always(status: int, body: bytes = b"{}", **headers: str) -> Callable[[Call], None]:
    return lambda call: call.send(status, body, **headers)


def test_an_answer_comes_back_with_its_status_headers_and_body() -> None:
    with Loopback(always(200, b'{"id": 43}', X_WP_TotalPages="3")) as server:
        answer = outbound().get(server.url("/wp-json/?page=1"), headers={"Authorization": "x"})
    assert (answer.status, answer.json()) == (200, {"id": 43})
    assert answer.headers["x-wp-totalpages"] == "3"
    (call,) = server.calls
    assert (call.method, call.path) == ("GET", "/wp-json/?page=1")
    assert call.headers["Authorization"] == "x"
    assert call.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in call.headers


def test_a_post_sends_its_bytes_once() -> None:
    with Loopback(always(201)) as server:
        answer = outbound().post(server.url("/x"), b'{"a": 1}',
                                 headers={"Content-Type": "application/json"})
    assert answer.status == 201
    assert [call.body for call in server.calls] == [b'{"a": 1}']


def test_a_redirect_is_told_and_not_followed() -> None:
    inside = "http://169.254.169.254/latest/meta-data/"
    with Loopback(always(302, b"", Location=inside)) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_redirected", False)
    assert error.facts["location"] == inside
    assert len(server.calls) == 1


@pytest.mark.parametrize(("status", "location", "code"), [
    (301, "https://moved.example/", "store_moved"), (308, "//moved.example/x", "store_moved"),
    (302, "https://moved.example/", "store_redirected"), (301, "/x", "store_redirected"),
    (301, "https://[bad", "store_redirected"), (301, "", "store_redirected"),
    (301, "https://www.127.0.0.1/", "store_redirected"),
    (301, "https://127.0.0.1:8443/", "store_redirected"),
])
def test_only_another_name_for_good_is_a_move(status: int, location: str, code: str) -> None:
    with Loopback(always(status, Location=location)) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again, error.facts["location"]) == (code, False, location)


def test_a_host_is_asked_a_handful_at_once_and_then_evenly() -> None:
    seconds, pauses = [0.0], Pauses()
    with Loopback(always(200)) as server:
        out = outbound(pauses, clock=lambda: seconds[0])
        for _ in range(22):
            out.get(server.url())
        assert pauses == [pytest.approx(0.2), pytest.approx(0.4)]
        seconds[0] = 60.0
        out.get(server.url())
    assert len(pauses) == 2


def test_a_host_that_asks_to_wait_is_not_called_by_anybody_until_then() -> None:
    seconds = [0.0]
    with Loopback(always(503, Retry_After="60")) as server:
        out = outbound(clock=lambda: seconds[0])
        out.post(server.url(), b"{}")
        for ask in (out.get, out.delete):
            with pytest.raises(StoreError) as caught:
                ask(server.url())
            assert (caught.value.code, caught.value.facts["retry_after"]) == ("store_busy", 61)
        assert len(server.calls) == 1
        seconds[0] = 60.0
        out.post(server.url(), b"{}")
        assert len(server.calls) == 2


def test_a_host_that_asks_for_days_is_asked_again_after_a_quarter_of_an_hour() -> None:
    seconds = [0.0]
    with Loopback(always(429, Retry_After="900000")) as server:
        out = outbound(clock=lambda: seconds[0])
        out.get(server.url())
        seconds[0] = 900.0
        out.get(server.url())
        assert len(server.calls) == 2


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_change_and_a_removal_are_sent_once(method: str) -> None:
    with Loopback(always(502)) as server:
        out = outbound()
        answer = (out.put(server.url("/x"), b"{}") if method == "put"
                  else out.delete(server.url("/x")))
        assert answer.status == 502
    assert [call.method for call in server.calls] == [method.upper()]


def test_the_body_of_a_redirect_is_not_even_read() -> None:
    def redirect(call: Call) -> None:
        call.raw(b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\n\r\n")
        call.stall()

    with Loopback(redirect) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_redirected", False)


def test_an_answer_in_chunks_comes_whole_and_a_broken_one_not() -> None:
    chunks = [b"7\r\n{\"id\": \r\n", b"3\r\n43}\r\n", b"0\r\n\r\n"]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Loopback(lambda call: call.raw(head + b"".join(chunks))) as server:
        assert outbound().get(server.url()).json() == {"id": 43}
    with Loopback(lambda call: call.raw(head + b"".join(chunks[:2]))) as server:
        error = refusal(outbound(), server.url())
    assert error.again is True


def test_cookies_of_a_store_are_not_carried_to_the_next_call() -> None:
    with Loopback(always(200, Set_Cookie="session=1; Path=/")) as server:
        out = outbound()
        out.get(server.url())
        out.get(server.url())
    assert all("Cookie" not in call.headers for call in server.calls)


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Loopback(always(200)) as server:
        assert outbound().get(server.url()).status == 200


def test_a_loopback_server_is_not_reached_unless_it_is_allowed() -> None:
    with Loopback(always(200)) as server:
        error = refusal(Outbound(), server.url())
        named = refusal(Outbound(resolve=lambda host, port: ["127.0.0.1"]),
                        server.url(scheme="https", host="shop.example"))
    assert error.code == named.code == "unsafe_address"
    assert server.calls == []


def test_a_busy_store_is_asked_again_after_the_time_it_names() -> None:
    statuses = iter([429, 503, 200])

    def answer(call: Call) -> None:
        status = next(statuses)
        call.send(status, **({"Retry_After": "3"} if status == 429 else {}))

    pauses = Pauses()
    with Loopback(answer) as server:
        assert outbound(pauses).get(server.url()).status == 200
    assert pauses == [3 + 0.5, 1.0]
    assert len(server.calls) == 3


def test_tries_end_and_the_last_answer_comes_back() -> None:
    pauses = Pauses()
    with Loopback(always(429, Retry_After="2")) as server:
        answer = outbound(pauses).get(server.url())
    assert (answer.status, answer.retry_after) == (429, 2)
    assert pauses == [2.5, 3.0]


def test_a_store_that_wants_a_long_pause_gets_it_from_the_queue_not_from_a_sleep() -> None:
    pauses = Pauses()
    with Loopback(always(429, Retry_After="3600")) as server:
        answer = outbound(pauses).get(server.url())
    assert (answer.status, answer.retry_after, list(pauses)) == (429, 3600, [])
    assert len(server.calls) == 1


def test_an_internal_error_is_not_asked_again() -> None:
    with Loopback(always(500, b'{"code": "x"}')) as server:
        assert outbound().get(server.url()).status == 500
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_write_is_never_tried_again(status: int) -> None:
    with Loopback(always(status)) as server:
        assert outbound().post(server.url(), b"{}").status == status
    assert len(server.calls) == 1


def test_a_question_in_a_body_is_asked_again_as_any_other() -> None:
    answers = iter([503, 200])
    with Loopback(lambda call: call.send(next(answers), Retry_After="0.2")) as server:
        pauses = Pauses()
        assert outbound(pauses).query(server.url("/x"), b"{ shop }").status == 200
    assert [(call.method, call.body) for call in server.calls] == [("POST", b"{ shop }")] * 2
    assert pauses == [1.5]


def test_a_write_that_gets_no_answer_is_never_tried_again() -> None:
    with Loopback(Call.stall) as server, pytest.raises(StoreError) as caught:
        outbound().post(server.url(), b"{}")
    assert caught.value.code == "store_timeout"
    assert len(server.calls) == 1


def test_each_try_is_signed_afresh() -> None:
    nonces = iter("abc")
    with Loopback(always(503)) as server:
        outbound().get(server.url(), sign=lambda: {"Authorization": next(nonces)})
    assert [call.headers["Authorization"] for call in server.calls] == ["a", "b", "c"]


def test_a_silent_store_is_given_up() -> None:
    with Loopback(Call.stall) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_timeout", True)
    assert len(server.calls) == 3


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_store_that_drips_bytes_does_not_outlive_the_deadline(start: bytes) -> None:
    def drip(call: Call) -> None:
        call.raw(start)
        for _ in range(60):
            call.raw(b"a")
            if call._closing.wait(0.05):
                return

    limits = Limits(connect=1, read=1, deadline=0.3, tries=1)
    with Loopback(drip) as server:
        started = time.monotonic()
        error = refusal(outbound(limits=limits), server.url())
        took = time.monotonic() - started
    assert (error.code, error.again) == ("store_timeout", True)
    assert took < 2.0


def test_a_store_that_refuses_connections_may_be_back_later() -> None:
    with Loopback(always(200)) as server:
        gone = server.url()
    pauses = Pauses()
    error = refusal(outbound(pauses), gone)
    assert (error.code, error.again) == ("store_unreachable", True)
    assert pauses == [0.5, 1.0]


def test_a_store_that_hangs_up_at_once_may_be_back_later() -> None:
    with Loopback(lambda call: None) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_unreachable", True)


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    with Loopback(lambda call: call.send(200, b'{"id": 43', length=500)) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_truncated", True)
    assert len(server.calls) == 3


def test_an_answer_that_says_it_is_too_large_is_not_read() -> None:
    with Loopback(lambda call: call.send(200, b"x", length=10_001)) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_too_large", False)
    assert len(server.calls) == 1


def test_an_answer_that_only_turns_out_too_large_is_cut() -> None:
    def endless(call: Call) -> None:
        call.raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000)

    with Loopback(endless) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_too_large", False)


def test_a_packed_answer_is_refused_since_it_may_be_a_bomb() -> None:
    with Loopback(always(200, b"\x1f\x8b", Content_Encoding="gzip")) as server:
        error = refusal(outbound(), server.url())
    assert (error.code, error.again) == ("store_encoded", False)


def test_a_page_instead_of_json_may_be_maintenance() -> None:
    with Loopback(always(200, b"<!doctype html><h1>Back soon</h1>")) as server:
        answer = outbound().get(server.url())
    with pytest.raises(StoreError) as caught:
        answer.json()
    assert (caught.value.code, caught.value.again) == ("store_not_json", True)


@pytest.mark.parametrize("body", [b'{"total": NaN}', b'{"id": 1, "id": 2}', b"[" * 40 + b"]" * 40])
def test_json_with_two_meanings_is_refused_for_good(body: bytes) -> None:
    with Loopback(always(200, body)) as server:
        answer = outbound().get(server.url())
    with pytest.raises(StoreError) as caught:
        answer.json()
    assert (caught.value.code, caught.value.again) == ("store_bad_json", False)


def test_the_fuse_opens_and_the_store_is_left_alone_until_the_pause_is_over() -> None:
    seconds = [0.0]
    statuses = [503] * 5 + [200] * 9

    with Loopback(lambda call: call.send(statuses[len(server.calls) - 1])) as server:
        out = outbound(clock=lambda: seconds[0])
        assert out.get(server.url()).status == 503
        error = refusal(out, server.url())
        assert (error.code, error.again) == ("store_resting", True)
        assert len(server.calls) == 5
        seconds[0] = 60.0
        assert out.get(server.url()).status == 200
        assert out.get(server.url()).status == 200
        assert len(server.calls) == 7


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for shop.example that is its own authority: (certificate, with key)."""
    return make_authority(tmp_path_factory.mktemp("authority"))


def tls(both: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


def test_https_dials_the_checked_address_and_proves_the_name(
    authority: tuple[Path, Path],
) -> None:
    ca, both = authority
    with Loopback(always(200, b'{"id": 1}'), tls(both)) as server:
        out = outbound(ca_bundle=str(ca), resolve=lambda host, port: ["127.0.0.1"])
        url = server.url(scheme="https", host="shop.example")
        assert out.get(url).json() == {"id": 1}
    assert server.calls[0].headers["Host"] == f"shop.example:{server.port}"


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(
    authority: tuple[Path, Path], host: str,
) -> None:
    ca, both = authority
    with Loopback(always(200), tls(both)) as server:
        out = outbound(ca_bundle=str(ca), resolve=lambda name, port: ["127.0.0.1"])
        error = refusal(out, server.url(scheme="https", host=host))
    assert (error.code, error.again) == ("store_certificate", True)
    assert server.calls == []


def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: tuple[Path, Path],
) -> None:
    with Loopback(always(200), tls(authority[1])) as server:
        out = outbound(resolve=lambda host, port: ["127.0.0.1"])
        error = refusal(out, server.url(scheme="https", host="shop.example"))
    assert (error.code, error.again) == ("store_certificate", True)
    assert server.calls == []
