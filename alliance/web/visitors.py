"""Visitors without names: a hash under a salt of the day, which is thrown away (house §11).

Enough to see that one visitor clicked twice; useless the day after tomorrow.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from werkzeug.wrappers import Request

KEPT = timedelta(hours=47)
"""A salt lives less than 48 hours from the start of its day."""


class DailySalt:
    """The salt of a day, shared by the processes of one hub through a file only they can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._day = ""
        self._salt = b""

    def of(self, now: datetime) -> bytes:
        """The salt of this day; older ones are removed on the way."""
        day = f"{now:%Y%m%d}"
        with self._lock:
            if day != self._day:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._salt, self._day = self._read_or_make(day), day
                self._forget(now)
            return self._salt

    def _read_or_make(self, day: str) -> bytes:
        path = self._folder / f"salt-{day}"
        fresh = self._folder / f"fresh-{os.getpid()}-{secrets.token_hex(8)}"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(32))
        # A link appears whole or not at all, so no process reads half a salt.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
        return path.read_bytes()

    def _forget(self, now: datetime) -> None:
        oldest = f"salt-{now - KEPT:%Y%m%d}"
        for path in self._folder.glob("salt-*"):
            if path.name < oldest:
                path.unlink(missing_ok=True)


def visitor_of(request: Request, salt: bytes, trusted_proxies: int) -> str:
    """The day's hash of who asks: network address and browser, under the salt."""
    seen = f"{address_of(request, trusted_proxies)}\n{request.headers.get('User-Agent', '')[:300]}"
    return hmac.digest(salt, seen.encode("utf-8", "replace"), "sha256").hex()[:32]


def address_of(request: Request, trusted_proxies: int) -> str:
    """The caller's address. What a proxy says counts only as far as proxies are trusted."""
    route = [*request.access_route] if trusted_proxies else []
    if trusted_proxies and len(route) >= trusted_proxies:
        return str(route[-trusted_proxies])
    return str(request.environ.get("REMOTE_ADDR", ""))
