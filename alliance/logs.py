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
        handler.setFormatter(TextLines("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger("alliance")
    root.handlers = [handler]
    root.setLevel(logging.WARNING if settings.demo else logging.INFO)
    root.propagate = False


class TextLines(logging.Formatter):
    """Lines for people: what a message brought along from outside begins no line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line; a trace that we print ourselves follows it as it is."""
        return "".join(sign if sign.isprintable() else repr(sign)[1:-1]
                       for sign in super().formatMessage(record))


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
