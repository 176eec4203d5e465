"""Figures for a spreadsheet: CSV that opens in every one of them and can run nothing there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from flask import Response

_RUNS = re.compile(r"""^(?=[\t\r\n])|(^|[;\t\r\n]"*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")
"""Where a spreadsheet takes what follows for a formula: at the beginning, wide signs too where one
writes Chinese, and behind a semicolon, at which it parts cells where commas are in numbers."""


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Response:
    """The download `<name>.csv`: UTF-8 with its mark, so that Excel reads Chinese; CRLF.

    Text that a spreadsheet would run as a formula is led by an apostrophe; numbers stay numbers.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_plain(cell) for cell in head])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return Response(
        out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


def _plain(cell: str | int) -> str | int:
    return _RUNS.sub(r"\g<0>'", cell) if isinstance(cell, str) else cell
