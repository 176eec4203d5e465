"""Sheets: whatever a member typed, a spreadsheet shows it and runs nothing."""

from __future__ import annotations

import csv
import io

import pytest

from alliance.web.sheet import sheet


@pytest.mark.parametrize(("cell", "shown"), [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
    ("\uff1d1+1", "'\uff1d1+1"), ("\uff20x", "'\uff20x"), ("\t=1", "'\t'=1"),
    ("blog;=cmd|' /C calc'!A0", "blog;'=cmd|' /C calc'!A0"), ('x;"=1+1', 'x;"\'=1+1'),
    ("a\t=1", "a\t'=1"), ("a\n@x", "a\n'@x"), ("a=b", "a=b"), ("half-price", "half-price"),
    ("https://shop.example/?a=1&b=-2", "https://shop.example/?a=1&b=-2"), ("", "")])
def test_no_text_becomes_a_formula_whatever_parts_the_cells(cell: str, shown: str) -> None:
    reply = sheet("x", [cell], [[cell, -7]])
    rows = list(csv.reader(io.StringIO(reply.get_data().decode("utf-8-sig"), newline="")))

    assert rows == [[shown], [shown, "-7"]]
