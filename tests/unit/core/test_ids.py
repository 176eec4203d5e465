"""Ids say what they name and sort by the time of their making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alliance.core.errors import Invalid
from alliance.core.ids import PREFIXES, checked, new_id, seeded

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("prefix", sorted(PREFIXES))
def test_each_kind_of_id_is_recognised_as_its_own_kind(prefix: str) -> None:
    fresh = new_id(prefix, AT)
    assert checked(prefix, fresh) == fresh
    other = "mer" if prefix != "mer" else "per"
    with pytest.raises(Invalid) as refusal:
        checked(other, fresh)
    assert refusal.value.code == "malformed_id"


def test_ids_sort_by_the_time_of_their_making() -> None:
    made = [new_id("ord", AT + timedelta(milliseconds=step)) for step in range(50)]
    assert made == sorted(made)


def test_two_ids_of_one_instant_differ() -> None:
    assert len({new_id("clk", AT) for _ in range(200)}) == 200


def test_seeded_ids_repeat_from_run_to_run() -> None:
    with seeded("story"):
        first = [new_id("mer", AT), new_id("mer", AT)]
    with seeded("story"):
        second = [new_id("mer", AT), new_id("mer", AT)]
    assert first == second
    assert first[0] != first[1]
    assert new_id("mer", AT) not in first


def test_the_seed_ends_with_its_block_even_after_a_failure() -> None:
    with seeded("story"):
        expected = new_id("mer", AT)
    with pytest.raises(RuntimeError), seeded("story"):
        raise RuntimeError
    assert new_id("mer", AT) != expected


def test_no_id_is_made_of_an_unknown_kind() -> None:
    with pytest.raises(KeyError):
        new_id("xyz", AT)


@pytest.mark.parametrize("text", [
    "", "mer_", "mer_01J00000000000000000000000", "mer_01j0000000000000000000000i",
    "mer_01j0000000000000000000000", "mer_01j000000000000000000000000",
    "mer-01j00000000000000000000000",
    "mer_01j00000000000000000000000\n", "MER_01j00000000000000000000000",
])
def test_what_has_not_the_shape_of_an_id_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked("mer", text)
    assert refusal.value.code == "malformed_id"
