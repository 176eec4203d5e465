"""The laws of money over numbers no one would check by hand: `pytest -m long tests/long`."""

from __future__ import annotations

import random

import pytest

from alliance.core.money import LIMIT, Money, split
from alliance.rules.merkle import (
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from alliance.rules.netting import Debt
from alliance.rules.setoff import least_kept
from tests.unit.rules.netting_laws import EUR, check, graphs

pytestmark = pytest.mark.long


def test_a_million_random_splits_lose_nothing() -> None:
    chance = random.Random(2)
    for _ in range(1_000_000):
        whole = chance.randint(-1, 1) * chance.randrange(chance.choice([10, 10**4, LIMIT]))
        largest = chance.choice([1, 9, 10_000])
        weights = [chance.randint(0, largest) for _ in range(chance.randint(1, 8))]
        weights[0] += not any(weights)

        parts = split(whole, weights)

        assert len(parts) == len(weights)
        assert sum(parts) == whole
        weight_sum = sum(weights)
        for part, weight in zip(parts, weights, strict=True):
            # Within one unit of the exact share, said without division.
            assert abs(part * weight_sum - whole * weight) < weight_sum
            assert part * whole >= 0
            assert weight or not part


def test_the_laws_of_netting_hold_for_ten_thousand_random_alliances() -> None:
    chance = random.Random(4)
    for debts in graphs(seed=4, count=10_000):
        check(debts, chance)


def test_the_laws_of_netting_hold_for_an_alliance_of_five_hundred() -> None:
    chance = random.Random(6)
    names = [f"m{place:03}" for place in range(500)]
    weights = [1 / (1 + place) for place in range(500)]
    drawn = [chance.choices(names, weights, k=2) for _ in range(6_000)]
    debts = [Debt(debtor, creditor, Money(chance.randint(1, 100_000), EUR))
             for debtor, creditor in drawn if debtor != creditor]
    assert len(debts) > 5_000

    check(debts, chance)


def test_a_long_ring_is_cleared_whole_and_a_long_chain_not_at_all() -> None:
    size = 3_000
    ring = [(place, (place + 1) % size, 7) for place in range(size)]

    assert not any(least_kept(size, ring))
    assert least_kept(size, ring[:-1]) == [7] * (size - 1)


def test_a_log_of_a_hundred_thousand_rows_proves_its_rows_and_its_past() -> None:
    chance = random.Random(8)
    leaves = [leaf_hash(str(number).encode()) for number in range(100_000)]
    tree = Tree(leaves)
    assert tree.root == root(leaves)
    assert len(tree.frontier) == 100_000 .bit_count()
    for _ in range(10):
        index = chance.randrange(100_000)
        proof = inclusion_proof(index, leaves)
        assert verify_inclusion(leaves[index], index, 100_000, proof, tree.root)
        old = chance.randint(1, 99_999)
        grown = consistency_proof(old, leaves)
        assert verify_consistency(old, 100_000, root(leaves[:old]), tree.root, grown)
