"""Netting at the size of a large alliance, against plain loops and, if installed, two solvers."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from importlib import import_module
from itertools import accumulate
from typing import Any

from alliance.core.money import Currency, Money
from alliance.rules.netting import Debt, Mode, few_payments, net, positions_of_columns
from alliance.rules.setoff import Arc, least_kept
from tests.bench.figures import Figure, at_most, medians, not_installed

Rows = list[Arc]
Solve = Callable[[Any, int, Rows], int]


def run() -> list[Figure]:
    """Positions and plan of 10^4 members with 10^6 debts; set-off in circles of 10^3 members."""
    return [*_positions_and_plan(), *_whole(), *_circles()]


def _positions_and_plan() -> list[Figure]:
    members = 10_000
    rows = _debts(members, 1_000_000)
    debtors, creditors, amounts = ([row[place] for row in rows] for place in range(3))
    ours, theirs = medians(
        3, lambda: positions_of_columns(debtors, creditors, amounts, members),
        lambda: _plain_positions(rows))
    balance = {f"m{place:05}": minor for place, minor in
               enumerate(positions_of_columns(debtors, creditors, amounts, members))}
    plan, plain = medians(5, lambda: few_payments(balance), lambda: _two_heaps(balance))
    count = len(few_payments(balance))
    return [
        at_most("net positions, 10⁶ debts", ours, "s CPU", theirs, "a plain dict loop", 1.1),
        at_most("plan, 10⁴ members", plan, "s CPU", plain, "two heaps", 3),
        at_most("payments, 10⁴ members", count, "payments", _two_heaps(balance), "two heaps", 1),
        Figure("payments against debts", count, "payments", count / len(rows), "gross debts"),
    ]


def _whole() -> list[Figure]:
    euro = Currency("EUR")
    rows = _debts(1_000, 100_000)
    debts = [Debt(f"m{debtor:04}", f"m{creditor:04}", Money(amount, euro))
             for debtor, creditor, amount in rows]
    sides = [lambda mode=mode: net(debts, mode) for mode in Mode]
    plain, *times = medians(3, lambda: _plain_positions(rows), *sides)
    return [Figure(f"net() 10⁵ debts, {mode}", time, "s CPU", time / plain, "a plain dict loop")
            for mode, time in zip(Mode, times, strict=True)]


def _circles() -> list[Figure]:
    # OR-tools is C++; the rule is plain Python so that it runs wherever the hub does. The goals
    # keep it within one order of magnitude of that, and well ahead of the solver in Python.
    members = 1_000
    arcs = _merged(_debts(members, 100_000))
    label = f"set-off, 10³ members, {len(arcs)} pairs"
    kept = sum(least_kept(members, arcs))
    figures = []
    for name, module, solve, goal, rounds in (
            ("OR-tools", "ortools.graph.python.min_cost_flow", _by_ortools, 10, 3),
            ("networkx", "networkx", _by_networkx, 0.2, 1)):
        try:
            solver = import_module(module)
        except ImportError:
            figures.append(not_installed(label, name))
            continue
        optimum = 0

        def theirs(solve: Solve = solve, solver: Any = solver) -> None:
            nonlocal optimum
            optimum = solve(solver, members, arcs)

        mine, other = medians(rounds, lambda: least_kept(members, arcs), theirs)
        figures += [at_most(label, mine, "s CPU", other, name, goal),
                    Figure(f"{label}: left to pay", kept, "minor units", kept / optimum,
                           f"the optimum by {name}", "= 1 ×", kept == optimum)]
    return figures


def _debts(members: int, count: int) -> Rows:
    # A few shops sell most and a few others recommend most: the shape of a real alliance, and
    # harder to set off than one where all are alike.
    chance = random.Random(7)
    weights = list(accumulate(1 / (place + 1) ** 0.8 for place in range(members)))
    debtors, creditors = (chance.choices(chance.sample(range(members), members),
                                         cum_weights=weights, k=count) for _ in range(2))
    return [(debtor, creditor, chance.randint(100, 50_000))
            for debtor, creditor in zip(debtors, creditors, strict=True) if debtor != creditor]


def _merged(rows: Rows) -> Rows:
    sums: dict[tuple[int, int], int] = {}
    for debtor, creditor, amount in rows:
        sums[debtor, creditor] = sums.get((debtor, creditor), 0) + amount
    return [(*pair, amount) for pair, amount in sorted(sums.items())]


def _plain_positions(rows: Rows) -> dict[int, int]:
    balance: dict[int, int] = {}
    for debtor, creditor, amount in rows:
        balance[debtor] = balance.get(debtor, 0) - amount
        balance[creditor] = balance.get(creditor, 0) + amount
    return balance


def _two_heaps(balance: dict[str, int]) -> int:
    owing = [(minor, name) for name, minor in balance.items() if minor < 0]
    owed = [(-minor, name) for name, minor in balance.items() if minor > 0]
    heapify(owing)
    heapify(owed)
    payments = []
    while owing:
        (debt, debtor), (claim, creditor) = heappop(owing), heappop(owed)
        amount = min(-debt, -claim)
        payments.append((debtor, creditor, amount))
        if debt + amount:
            heappush(owing, (debt + amount, debtor))
        if claim + amount:
            heappush(owed, (claim + amount, creditor))
    return len(payments)


def _by_ortools(min_cost_flow: Any, members: int, arcs: Rows) -> int:
    flow = min_cost_flow.SimpleMinCostFlow()
    supply = [0] * members
    for debtor, creditor, amount in arcs:
        flow.add_arc_with_capacity_and_unit_cost(debtor, creditor, amount, 1)
        supply[debtor] += amount
        supply[creditor] -= amount
    for member, amount in enumerate(supply):
        flow.set_node_supply(member, amount)
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("OR-tools found no optimum for debts that have one")
    return int(flow.optimal_cost())


def _by_networkx(networkx: Any, members: int, arcs: Rows) -> int:
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(members), demand=0)
    for debtor, creditor, amount in arcs:
        graph.add_edge(debtor, creditor, capacity=amount, weight=1)
        graph.nodes[debtor]["demand"] -= amount
        graph.nodes[creditor]["demand"] += amount
    return int(networkx.network_simplex(graph)[0])
