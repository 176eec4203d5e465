"""The table of figures over time: one line for each commit, in the columns that it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import history
from tests.bench.figures import Figure

HEAD = "# Figures\n\n| day | commit | a |\n|---|---|---|\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    place = tmp_path / "history.md"
    place.write_text(HEAD, encoding="utf-8")
    return place


def test_a_run_leaves_a_line_with_its_figures_and_a_dash_for_what_was_not_taken(
        table: Path) -> None:
    history.extend([Figure("import alliance.app", 512.4, "ms CPU", 3.456)], place=table)

    line = table.read_text(encoding="utf-8").splitlines()[-1].split(" | ")
    assert line[2:4] == ["3.46", "512"]
    assert set(part.strip(" |") for part in line[4:]) == {"–"}


def test_a_second_run_of_a_commit_takes_the_place_of_the_first(table: Path) -> None:
    for value in (512.4, 498.6):
        history.extend([Figure("import alliance.app", value, "ms CPU", 3.0)], place=table)

    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(HEAD.splitlines()) + 1
    assert " 499 " in lines[-1]


def test_the_table_in_the_reference_has_a_column_for_each_figure() -> None:
    head = next(line for line in history.PLACE.read_text(encoding="utf-8").splitlines()
                if line.startswith("| day"))

    assert [part.strip() for part in head.strip("|").split("|")][2:] == list(history.COLUMNS)
