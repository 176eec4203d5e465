"""Figures for a spreadsheet: CSV that opens in every one of them and can run nothing there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula."""


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
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUNS) else cell
