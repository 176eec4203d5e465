"""Asking a shop's Admin API: one GraphQL document at a time, and what its refusals mean."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from alliance.connect.http import Answer, Outbound
from alliance.connect.protocol import Grant, StoreError
from alliance_shopify.app import App
from alliance_shopify.shops import shop_at

LONGEST_WAIT = 20.0
"""Seconds. How long one question waits in all for the shop's bucket to fill again."""

_TRIES = 4
_PAUSE = 1.0
_DEAR_RATE = 50.0
"""Points a second that a shop gives back at least, where it does not say."""

CHANCE = secrets.SystemRandom().random
"""Jitter: hubs that were throttled together must not come back together."""

_WRITES = re.compile(r"(?:\s|#[^\n]*\n)*mutation\b")
_SPREAD = re.compile(r"\.\.\.([A-Z]\w*)")
_SNAKE = re.compile(r"(?<!^)(?=[A-Z])")
_SCOPE = re.compile(r"`([a-z_]{3,60})`")
_PASSING = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}

log = logging.getLogger("alliance.shopify")


class Admin:
    """Asks any shop's Admin API with that shop's own token; safe to share among threads.

    `sleep` and `chance` (0 to 1) are arguments so that tests need not wait. `version_alarm` is the
    version a shop answered with, where it was not the one asked for: the pinned one has ended.
    """

    def __init__(self, out: Outbound, app: App, *, sleep: Callable[[float], None] = time.sleep,
                 chance: Callable[[], float] = CHANCE) -> None:
        self.app = app
        self.out = out
        self.version_alarm: str | None = None
        self.sleep = sleep
        self._chance = chance

    def ask(self, grant: Grant, document: str, /, **variables: Any) -> dict[str, Any]:
        """The `data` of the document of this name in `documents/`.

        What only reads is asked again while that helps. A mutation is sent once, except after
        `THROTTLED`, which did nothing: whoever writes looks first what is there. Raises
        `StoreError`; a whole answer is refused where any part of it was.
        """
        text = document_text(document)
        is_read = _WRITES.match(text) is None
        body = json.dumps({"query": text, "variables": variables}).encode()
        waited = 0.0
        for left in range(_TRIES - 1, -1, -1):
            told = self._told(grant, body, is_read=is_read)
            errors = _errors(told)
            if not errors:
                return _answered(told)
            wait = self._pause(told, errors, is_read=is_read)
            waited += wait or 0.0
            if wait is None or not left or waited > LONGEST_WAIT:
                raise _refusal(errors, wait)
            self.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _told(self, grant: Grant, body: bytes, *, is_read: bool) -> dict[str, Any]:
        shop, token = shop_at(grant.address), grant.secrets.get("access_token", "")
        if shop is None:
            raise StoreError("store_refused_request", "This is no address of a Shopify shop.",
                             again=False)
        if not token:
            raise StoreError("store_refused_key", "There is no key for this shop.", again=False)
        url = f"{self.app.origin(shop)}/admin/api/{self.app.api_version}/graphql.json"
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token}
        send = self.out.query if is_read else self.out.post
        answer = send(url, body, headers=headers)
        self._watch_version(answer)
        if answer.status != 200:
            raise failure(answer)
        told = answer.json()
        if not isinstance(told, dict):
            raise _bad_answer("The shop answered with something else than a record.")
        return told

    def _watch_version(self, answer: Answer) -> None:
        """A version that ended is answered with a later one, without a word in the body."""
        version = answer.headers.get("x-shopify-api-version", "")[:20]
        if version not in ("", self.app.api_version) and self.version_alarm is None:
            self.version_alarm = version
            log.warning("shops answer with version %r of the Admin API instead of %s: the "
                        "connector must be brought to a newer one", version, self.app.api_version)

    def _pause(self, told: dict[str, Any], errors: Sequence[dict[str, Any]], *,
               is_read: bool) -> float | None:
        """How long to wait before the same is asked again; None where that does not help."""
        codes = {_code(error) for error in errors}
        if codes == {"THROTTLED"} and not told.get("data"):
            return _until_full(told) + self._chance()
        if is_read and codes <= _PASSING:
            return _PAUSE + self._chance()
        return None


@cache
def document_text(name: str) -> str:
    """The document of this name: one operation, called as the file is, in PascalCase.

    What several ask alike stands in `documents/parts`, a fragment a file, and is put behind it.
    """
    folder = files("alliance_shopify") / "documents"
    text = (folder / f"{name}.graphql").read_text(encoding="utf-8")
    added = set[str]()
    while wanted := set(_SPREAD.findall(text)) - added:
        added |= wanted
        text += "".join((folder / "parts" / f"{_SNAKE.sub('_', each).lower()}.graphql").read_text(
            encoding="utf-8") for each in sorted(wanted))
    return text


def user_errors(data: dict[str, Any], *path: str) -> list[dict[str, Any]]:
    """What a mutation refused, by its `userErrors`; an empty list when it worked.

    `path` leads to the mutation's payload. Raises `StoreError` (`store_bad_answer`) where there is
    no payload at all.
    """
    payload: Any = data
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    errors = payload.get("userErrors") if isinstance(payload, dict) else None
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        raise _bad_answer("The shop does not say what became of a change.")
    return errors


def _errors(told: dict[str, Any]) -> list[dict[str, Any]]:
    errors = told.get("errors", [])
    if not isinstance(errors, list):
        # A gateway's own word, where GraphQL would give a list.
        return [{"message": str(errors)[:200]}]
    return [error if isinstance(error, dict) else {} for error in errors]


def _answered(told: dict[str, Any]) -> dict[str, Any]:
    data = told.get("data")
    if not isinstance(data, dict):
        raise _bad_answer("The shop's answer has no data.")
    return data


def _extensions(record: dict[str, Any]) -> dict[str, Any]:
    extensions = record.get("extensions")
    return extensions if isinstance(extensions, dict) else {}


def _code(error: dict[str, Any]) -> str:
    code = _extensions(error).get("code")
    return code[:60] if isinstance(code, str) else ""


def _until_full(told: dict[str, Any]) -> float:
    """Seconds until the bucket holds what the question costs, by the shop's own numbers."""
    cost = _extensions(told).get("cost")
    cost = cost if isinstance(cost, dict) else {}
    status = cost.get("throttleStatus")
    status = status if isinstance(status, dict) else {}
    asked, there, rate = (
        _points(cost.get("requestedQueryCost")), _points(status.get("currentlyAvailable")),
        _points(status.get("restoreRate")) or _DEAR_RATE)
    return min(max(0.0, asked - there) / rate, LONGEST_WAIT + 1)


def _points(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return max(0.0, value) if is_number else 0.0


def failure(answer: Answer) -> StoreError:
    """What an HTTP status means; its body is never understood, only kept out."""
    status = answer.status
    facts: dict[str, str | int] = {"status": status}
    if answer.retry_after is not None:
        facts["retry_after"] = answer.retry_after
    if status == 401:
        return StoreError("store_key_stale", "The shop takes this key no longer.", again=True,
                          **facts)
    if status == 402:
        return StoreError("store_frozen", "The shop is frozen: its bill at Shopify is unpaid.",
                          again=False, **facts)
    if status == 403:
        return StoreError("store_blocked", "Shopify keeps the app out of this shop.", again=False,
                          **facts)
    if status == 404:
        return StoreError("store_gone", "There is no such shop any more.", again=False, **facts)
    if status == 423:
        return StoreError("store_locked", "The shop is locked.", again=False, **facts)
    if status == 429:
        return StoreError("store_busy", "The shop asks to wait.", again=True, **facts)
    if status >= 500 or status == 408:
        return StoreError("store_failed", f"The shop failed ({status}).", again=True, **facts)
    return StoreError("store_refused_request", f"The shop refused the request ({status}).",
                      again=False, **facts)


def _refusal(errors: Sequence[dict[str, Any]], wait: float | None) -> StoreError:
    """What the errors of an answer with status 200 mean: the first that names a known code."""
    codes = [_code(error) for error in errors]
    if "THROTTLED" in codes:
        return StoreError("store_busy", "The shop asks to wait.", again=True,
                          retry_after=int(wait or 0) + 1)
    if "MAX_COST_EXCEEDED" in codes:
        return StoreError("store_too_costly", "The shop finds the question too large.",
                          again=False)
    if "ACCESS_DENIED" in codes:
        return _missing_scope(errors[codes.index("ACCESS_DENIED")])
    if "SHOP_INACTIVE" in codes:
        return StoreError("store_locked", "The shop is not active.", again=False)
    if _PASSING & set(codes):
        return StoreError("store_failed", "The shop failed while answering.", again=True)
    return StoreError("store_refused_request", "The shop refused the request "
                      f"({codes[0] or 'without a code'}).", again=False, reason=codes[0])


def _missing_scope(error: dict[str, Any]) -> StoreError:
    words = f"{_extensions(error).get('requiredAccess', '')} {error.get('message', '')}"
    found = _SCOPE.search(words)
    scope = found[1] if found else ""
    return StoreError("store_scope_missing", "The shop has not allowed this to the app"
                      f"{f' ({scope})' if scope else ''}.", again=False, scope=scope)


def _bad_answer(detail: str) -> StoreError:
    return StoreError("store_bad_answer", detail, again=False)
