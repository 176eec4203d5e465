"""The pages behind the front: loaded once, when the first of them is asked for or a bit before.

Shoppers and stores are answered without them, so a process that has just started serves those at
once and reads the page framework, the forms and the languages meanwhile.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

_log = logging.getLogger("alliance.web")


class Pages:
    """A WSGI application that is built by the first request to it, or by `load_meanwhile`."""

    def __init__(self, build: Callable[[], WSGIApplication]) -> None:
        self._build = build
        self._built: WSGIApplication | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        return (self._built or self.load())(environ, start)

    def load(self) -> WSGIApplication:
        """The application, built now if nobody did yet; whoever asks meanwhile waits for it."""
        with self._lock:
            if self._built is None:
                self._built = self._build()
            return self._built

    def load_meanwhile(self) -> None:
        """Build it beside what else the process does. Only in a process that forks no more."""
        threading.Thread(target=self._load_quietly, name="pages", daemon=True).start()

    def _load_quietly(self) -> None:
        try:
            self.load()
            # They stay to the end, like all that a start makes: no garbage to look through.
            gc.freeze()
        except Exception:
            # Whoever asks for a page meets the same fault, and gets an answer that says so.
            _log.exception("the pages could not be loaded")
