"""What every plan must keep, checked on any debts: short tests ask it of hundreds, long of more."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations

from alliance.core.money import Currency, Money
from alliance.rules.netting import Debt, Mode, Plan, net, positions, unwind

EUR = Currency("EUR")
JPY = Currency("JPY")
CREDITS = Currency.credits("alc_00000000000000000000000000")


def graphs(seed: int, count: int) -> Iterator[list[Debt]]:
    """Random debts of many shapes: few and many members, round and odd sums, hubs, currencies."""
    chance = random.Random(seed)
    for _ in range(count):
        members = chance.choice([2, 3, 4, 5, 6, 7, 8, 10, 14, 25])
        rows = chance.randint(0, members * chance.choice([1, 2, 4]))
        largest = chance.choice([2, 5, 20, 1_000, 100_000_000])
        currencies = chance.choice([[EUR], [EUR], [EUR, JPY], [EUR, CREDITS]])
        weights = [1 / (1 + place * chance.choice([0, 1])) for place in range(members)]
        debts = []
        for _ in range(rows):
            debtor, creditor = chance.choices(range(members), weights, k=2)
            if debtor != creditor:
                amount = Money(chance.randint(1, largest), chance.choice(currencies))
                debts.append(Debt(f"m{debtor:02}", f"m{creditor:02}", amount))
        yield debts


def check(debts: Sequence[Debt], chance: random.Random) -> None:
    """Every law of netting for these debts, in every mode."""
    shuffled = chance.sample(debts, len(debts))
    plans = {mode: net(debts, mode) for mode in Mode}
    for mode, plan in plans.items():
        assert standing(plan.payments) == standing(debts)
        assert plan == net(shuffled, mode)
        assert plan.payments == tuple(sorted(plan.payments))
        _check_totals(debts, plan)
    _check_bilateral(debts, plans[Mode.BILATERAL])
    _check_cycles(debts, plans[Mode.CYCLES])
    _check_multilateral(debts, plans[Mode.MULTILATERAL])
    if debts:
        _check_unwound(debts, chance)


def standing(debts: Sequence[Debt]) -> dict[tuple[str, str], int]:
    """Who stands how, per currency, without those at zero."""
    return {(currency, member): minor for currency, of in positions(debts).items()
            for member, minor in of.items() if minor}


def pairs(debts: Sequence[Debt]) -> dict[tuple[str, str, str], int]:
    """Sums per currency, debtor and creditor."""
    sums: dict[tuple[str, str, str], int] = {}
    for debt in debts:
        key = (debt.amount.currency, debt.debtor, debt.creditor)
        sums[key] = sums.get(key, 0) + debt.amount.minor
    return sums


def fewest(balances: list[int]) -> int:
    """By trying all: members with a balance minus the most groups of them that sum to zero."""
    balances = [balance for balance in balances if balance]
    return len(balances) - _most_zero_groups(tuple(balances))


def two_heap_length(balances: list[int]) -> int:
    """How many payments the plain method makes: largest debtor pays largest creditor."""
    owing = sorted(-balance for balance in balances if balance < 0)
    owed = sorted(balance for balance in balances if balance > 0)
    payments = 0
    while owing:
        amount = min(owing[-1], owed[-1])
        payments += 1
        for side in (owing, owed):
            left = side.pop() - amount
            if left:
                side.append(left)
                side.sort()
    return payments


def _check_totals(debts: Sequence[Debt], plan: Plan) -> None:
    assert plan.gross_count == len(debts)
    assert [totals.currency for totals in plan.totals] == sorted(positions(debts))
    for totals in plan.totals:
        gross = [debt for debt in debts if debt.amount.currency == totals.currency]
        paid = [one for one in plan.payments if one.amount.currency == totals.currency]
        assert (totals.gross_count, totals.count) == (len(gross), len(paid))
        assert totals.gross_total.minor == sum(debt.amount.minor for debt in gross)
        assert totals.paid_total.minor == sum(one.amount.minor for one in paid)
        assert totals.cleared.minor >= 0
        # Someone who is to receive must receive it: no mode moves less than the net claims.
        of = positions(debts)[totals.currency].values()
        assert sum(of) == 0
        assert totals.paid_total.minor >= sum(minor for minor in of if minor > 0)


def _check_bilateral(debts: Sequence[Debt], plan: Plan) -> None:
    gross = pairs(debts)
    differences = {(currency, debtor, creditor): amount - gross.get((currency, creditor, debtor), 0)
                   for (currency, debtor, creditor), amount in gross.items()}
    assert pairs(plan.payments) == {key: left for key, left in differences.items() if left > 0}
    assert len(plan.payments) == len(pairs(plan.payments))


def _check_cycles(debts: Sequence[Debt], plan: Plan) -> None:
    gross, kept = pairs(debts), pairs(plan.payments)
    assert len(plan.payments) == len(kept)
    assert all(amount <= gross.get(key, 0) for key, amount in kept.items())
    for currency in positions(debts):
        assert not _could_clear_more(
            {key[1:]: amount for key, amount in gross.items() if key[0] == currency},
            {key[1:]: amount for key, amount in kept.items() if key[0] == currency})


def _could_clear_more(gross: dict[tuple[str, str], int], kept: dict[tuple[str, str], int]) -> bool:
    # What is kept is least exactly when no circle is left along which keeping one unit more here
    # (+1) and one unit less there (-1) would keep less in all: Bellman and Ford find one if any.
    steps = [(debtor, creditor, 1) for (debtor, creditor), amount in gross.items()
             if kept.get((debtor, creditor), 0) < amount]
    steps += [(creditor, debtor, -1) for debtor, creditor in kept]
    reach = {name: 0 for pair in gross for name in pair}
    for _ in reach:
        changed = False
        for start, end, cost in steps:
            if reach[start] + cost < reach[end]:
                reach[end] = reach[start] + cost
                changed = True
        if not changed:
            return False
    return True


def _check_multilateral(debts: Sequence[Debt], plan: Plan) -> None:
    for currency, of in positions(debts).items():
        balances = [minor for minor in of.values() if minor]
        count = plan.of(currency).count
        assert count <= max(0, len(balances) - 1)
        assert count <= two_heap_length(balances)
        if len(balances) <= 7:
            assert count == fewest(balances)
        # The least that can move moves: nobody both pays and receives.
        payments = [one for one in plan.payments if one.amount.currency == currency]
        assert not {one.debtor for one in payments} & {one.creditor for one in payments}


def _check_unwound(debts: Sequence[Debt], chance: random.Random) -> None:
    mode = chance.choice(list(Mode))
    defaulter = chance.choice(sorted({debt.debtor for debt in debts}))
    old = net(debts, mode).payments
    paid = [one for one in old if one.debtor != defaulter and chance.random() < 0.5]
    for done in ([], paid):
        unwound = unwind(debts, defaulter, mode, paid=done)
        assert all(defaulter in (debt.debtor, debt.creditor) for debt in unwound.gross)
        assert not any(defaulter in (one.debtor, one.creditor) for one in unwound.plan.payments)
        assert standing([*unwound.gross, *unwound.plan.payments, *done]) == standing(debts)
        if not done:
            theirs = [debt for debt in debts if defaulter in (debt.debtor, debt.creditor)]
            others = [debt for debt in debts if defaulter not in (debt.debtor, debt.creditor)]
            assert pairs(unwound.gross) == pairs(theirs)
            assert unwound.plan == net(others, mode)


def _most_zero_groups(balances: tuple[int, ...]) -> int:
    # The first balance is in some group: try each set that may go with it.
    if not balances:
        return 0
    best = -1
    rest = balances[1:]
    for size in range(len(rest) + 1):
        for chosen in combinations(range(len(rest)), size):
            if balances[0] + sum(rest[place] for place in chosen) == 0:
                left = tuple(one for place, one in enumerate(rest) if place not in chosen)
                best = max(best, 1 + _most_zero_groups(left))
    return best
