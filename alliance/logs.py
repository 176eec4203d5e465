"""Logs: a line each, as text or as JSON; never a body, a secret or a shopper (T37)."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from alliance.settings import Settings


def configure(settings: Settings) -> None:
    """Send the hub's own log to standard error, in the form that `ALLIANCE_LOG_FORMAT` names."""
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger("alliance")
    root.handlers = [handler]
    root.setLevel(logging.WARNING if settings.demo else logging.INFO)
    root.propagate = False


class JsonLines(logging.Formatter):
    """One JSON object a line: a newline in a message cannot forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        value = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(), "room": record.name,
            "said": record.getMessage(),
        }
        if record.exc_info:
            value["trace"] = self.formatException(record.exc_info)
        return json.dumps(value, ensure_ascii=False)
