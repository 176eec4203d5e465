"""Bulk operations: a whole list made by the shop in the background, and handed out as one file.

What is not whole is an error, never a shorter list: whatever a catalogue lacks is withdrawn.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from alliance.connect import strict_json
from alliance.connect.parts import instant, maybe_instant, record, records
from alliance.connect.protocol import Grant, StoreError
from alliance.core import clock
from alliance.core.errors import Invalid
from alliance_shopify.admin_api import Admin, document_text, user_errors
from alliance_shopify.connections import number

PAUSES = (1, 2, 4, 8, 15, 15, 15)
"""Seconds between two looks whether a job is done: a minute, for then another worker would begin
the same reading. A job that takes longer goes on, and is found again the next time."""

PATIENCE = timedelta(seconds=sum(PAUSES))
FRESH = timedelta(minutes=30)
"""How long the result of a job that outlived our patience is still news."""

_NOTE = re.compile(r"^#.*\n", re.MULTILINE)
_UNDER_WAY = {"CREATED", "RUNNING"}
_BUSY = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}


class Bulk:
    """Runs documents as bulk operations. `now` and `sleep` are arguments so tests need not wait."""

    def __init__(self, admin: Admin, *, now: Callable[[], datetime] = clock.now,
                 sleep: Callable[[float], None] = time.sleep) -> None:
        self._admin = admin
        self._now = now
        self._sleep = sleep

    def rows(self, grant: Grant, document: str) -> Iterator[dict[str, Any]]:
        """Each line of the result, in any order: a child names its parent as `__parentId`.

        Raises `StoreError`: `store_bulk_unfinished` (again=True) for a job that goes on,
        `store_bulk_failed` (again=True) for one that ended without its file, `store_truncated` for
        a file that is not all there.
        """
        # Without our notes: the shop may leave them out when it tells what a job was asked for.
        text = _NOTE.sub("", document_text(document))
        name = self._found(grant, text) or self._started(grant, text)
        url, size = self._done(grant, name)
        if url is None:
            return
        for line in self._admin.out.lines(url, size=size):
            if line.strip():
                yield _row(line)

    def _found(self, grant: Grant, text: str) -> str | None:
        """A job of ours for the same: one under way, or one that took longer than we waited."""
        told = self._admin.ask(grant, "bulk_running", search="operation_type:query")
        now, wanted = self._now(), text.split()
        for row in records(record(told.get("bulkOperations"), "bulkOperations"), "nodes"):
            if str(row.get("query", "")).split() != wanted:
                continue
            begun, ended = instant(row, "createdAt"), maybe_instant(row, "completedAt")
            is_unread = (row.get("status") == "COMPLETED" and ended is not None
                         and ended - begun > PATIENCE and now - ended < FRESH)
            if row.get("status") in _UNDER_WAY or is_unread:
                return _name(row)
        return None

    def _started(self, grant: Grant, text: str) -> str:
        told = self._admin.ask(grant, "bulk_run", query=text)
        errors = user_errors(told, "bulkOperationRunQuery")
        if any(error.get("code") in _BUSY for error in errors):
            raise StoreError("store_busy", "The shop makes other lists for the app already.",
                             again=True)
        if errors:
            raise StoreError("store_refused_request", "The shop refused to make a list "
                             f"({str(errors[0].get('code'))[:40]}).", again=False)
        return _name(record(record(told.get("bulkOperationRunQuery"), "bulkOperationRunQuery").get(
            "bulkOperation"), "bulkOperation"))

    def _done(self, grant: Grant, name: str) -> tuple[str | None, int | None]:
        """The address of the finished file and its size; no address for an empty list."""
        for pause in (*PAUSES, None):
            told = record(self._admin.ask(grant, "bulk_status", id=name).get("bulkOperation"),
                          "bulkOperation")
            status = told.get("status")
            if status == "COMPLETED":
                url = told.get("url")
                return (url if isinstance(url, str) else None), _size(told)
            if status not in _UNDER_WAY:
                raise StoreError("store_bulk_failed", "The shop gave up making a list "
                                 f"({str(told.get('errorCode') or status)[:40]}).", again=True)
            if pause is not None:
                self._sleep(pause)
        raise StoreError("store_bulk_unfinished", "The shop is still making the list; it is "
                         "fetched later.", again=True)


def _name(row: dict[str, Any]) -> str:
    number(row.get("id"), "BulkOperation")
    return str(row["id"])


def _size(told: dict[str, Any]) -> int | None:
    # An unsigned number of 64 bits comes as a text.
    text = str(told.get("fileSize"))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _row(line: bytes) -> dict[str, Any]:
    try:
        return record(strict_json.read(line), "A line of the list")
    except Invalid as error:
        if error.code == "not_json":
            raise StoreError("store_truncated", "The shop's list breaks off in the middle.",
                             again=True) from None
        raise StoreError("store_bad_json", f"The shop's list is refused: {error.detail}",
                         again=False) from None
