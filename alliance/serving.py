"""Running: the web server's processes, and the worker beside them."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from alliance.hub import Hub
from alliance.settings import Settings
from alliance.worker import loop


def serve(settings: Settings, *, workers: int, host: str, port: int, with_worker: bool) -> None:
    """Serve until interrupted; with a worker in this process, as small hubs and the demo do."""
    stop = threading.Event()
    thread = None
    if with_worker:
        hub = Hub.open(settings)
        thread = threading.Thread(target=loop.forever, args=(hub, stop), name="worker")
        thread.start()
    try:
        Granian("alliance.app:from_environment", address=host, port=port,
                interface=Interfaces.WSGI, workers=workers, blocking_threads=8, factory=True,
                log_access=False, log_level=LogLevels.warning).serve()
    finally:
        stop.set()
        if thread is not None:
            thread.join(timeout=30)


def bind(settings: Settings) -> tuple[str, int]:
    """The address and port that the public address names, for a hub with no proxy before it."""
    parts = urlsplit(settings.public_url)
    return "127.0.0.1", parts.port or 8000
