"""What a shop's page writes onto an order is sorted word by word (law §4.1, §4.3)."""

from __future__ import annotations

from dataclasses import replace

from alliance.core import marks
from alliance.core.snapshots import order_from_json, order_to_json
from alliance.referrals.orders import digest_of
from tests.unit.core.test_snapshots import ORDER

PLACEMENT = "plc_01j00000000000000000000000"


def test_words_are_sorted_and_each_counts_once() -> None:
    found = marks.read(["t.k", PLACEMENT, "t.k", "hold-out", PLACEMENT, "t.l"])

    assert found == marks.Marks(("t.k", "t.l"), (PLACEMENT,), hold_out=True)


def test_what_only_looks_like_a_placement_is_left_out() -> None:
    assert marks.read(["plc_", "plc_01", PLACEMENT + "0"]) == marks.Marks((), (), hold_out=False)


def test_no_more_than_ten_placements_are_kept() -> None:
    words = [f"plc_{number:026d}" for number in range(30)]

    assert len(marks.read(words).views) == marks.MOST_VIEWS


def test_marks_are_read_back_and_an_order_without_them_is_written_as_before() -> None:
    marked = replace(ORDER, views=(PLACEMENT,), hold_out=True)

    assert order_from_json(order_to_json(marked)) == marked
    assert not {"views", "hold_out"} & set(order_to_json(ORDER))
    assert digest_of(order_to_json(marked)) != digest_of(order_to_json(ORDER))
