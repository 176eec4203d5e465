"""Log lines: one JSON object each, whatever stands in a message."""

from __future__ import annotations

import json
import logging

from alliance.logs import JsonLines, TextLines


def test_a_newline_in_a_message_forges_no_second_line() -> None:
    record = logging.LogRecord("alliance.web", logging.WARNING, __file__, 1,
                               'refused %s', ('x\n{"said": "all is well"}',), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["said"] == 'refused x\n{"said": "all is well"}'


def test_a_newline_forges_no_second_line_for_people_either() -> None:
    record = logging.LogRecord("alliance.web", logging.WARNING, __file__, 1,
                               "refused %s", ("x\r\nall is well\x1b[2J\u2028", ), None)
    line = TextLines("%(levelname)s %(message)s").format(record)
    assert line == "WARNING refused x\\r\\nall is well\\x1b[2J\\u2028"
