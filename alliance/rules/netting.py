"""Debts between members become few payments that leave every net position unchanged (law §8.2–8.5).

Netting is set-off, not novation: the gross debts and their invoices stay on record, a plan only
says which payments settle them. Each currency is netted by itself; barter credits are one.
Everything is decided by amounts and names, so the same debts in any order give the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heappop, heapreplace

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance.rules.setoff import least_kept

EXACT_UP_TO = 16
"""So many members with a net position per currency get the true minimum of payments (law §8.3)."""


class Mode(StrEnum):
    """How far debts are set off; the charter chooses (law §8.2)."""

    BILATERAL = "bilateral"
    CYCLES = "cycles"
    MULTILATERAL = "multilateral"


@dataclass(frozen=True, slots=True)
class Debt:
    """`debtor` owes `creditor` an amount above zero; anything else is `Invalid`.

    Debts sort by currency, debtor, creditor and amount.
    """

    debtor: str
    creditor: str
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise Invalid("not_a_debt", f"{self.amount} is not above zero: turn the debt around.")
        if self.debtor == self.creditor:
            raise Invalid("own_debt", f"{self.debtor} cannot owe itself.")

    def __lt__(self, other: Debt) -> bool:
        return self._key < other._key

    def __str__(self) -> str:
        return f"{self.debtor} owes {self.creditor} {self.amount}"

    @property
    def _key(self) -> tuple[str, str, str, int]:
        return (self.amount.currency, self.debtor, self.creditor, self.amount.minor)


Payment = Debt
"""What is left to pay has the shape of a debt, so that a plan can be netted or unwound again."""


@dataclass(frozen=True, slots=True)
class Totals:
    """One currency of a plan: `gross_count` debts of `gross_total` become `count` payments.

    `cleared` is what nobody has to move: `gross_total` minus `paid_total`.
    """

    currency: Currency
    gross_count: int
    gross_total: Money
    count: int
    paid_total: Money

    @property
    def cleared(self) -> Money:
        """How much of the debts is settled by set-off alone."""
        return self.gross_total - self.paid_total


@dataclass(frozen=True, slots=True)
class Plan:
    """The payments, sorted, and per currency (sorted) what they stand for."""

    mode: Mode
    payments: tuple[Payment, ...]
    totals: tuple[Totals, ...]

    @property
    def gross_count(self) -> int:
        """How many debts went in, over all currencies."""
        return sum(total.gross_count for total in self.totals)

    def of(self, currency: Currency) -> Totals:
        """The totals of one currency: nothing, if it had no debts."""
        nothing = Money.zero(currency)
        found = (total for total in self.totals if total.currency == currency)
        return next(found, Totals(currency, 0, nothing, 0, nothing))


@dataclass(frozen=True, slots=True)
class Unwound:
    """A defaulter's gross debts and claims, one per direction and pair, and the others' plan."""

    defaulter: str
    gross: tuple[Debt, ...]
    plan: Plan


def positions(debts: Iterable[Debt]) -> dict[Currency, dict[str, int]]:
    """Per currency and member: what it is to receive (above zero) or to pay, in minor units.

    Every member named by a debt is there, also at zero; each currency sums to zero (law §6.4).
    """
    result: dict[Currency, dict[str, int]] = {}
    for debt in debts:
        minor = debt.amount.minor
        of_member = result.setdefault(debt.amount.currency, {})
        of_member[debt.debtor] = of_member.get(debt.debtor, 0) - minor
        of_member[debt.creditor] = of_member.get(debt.creditor, 0) + minor
    return result


def positions_of_columns(debtors: Sequence[int], creditors: Sequence[int],
                         amounts: Sequence[int], members: int) -> list[int]:
    """`positions` of one currency for many rows: members are numbers below `members`.

    The three columns are equally long (`ValueError` if not).
    """
    result = [0] * members
    for debtor, creditor, amount in zip(debtors, creditors, amounts, strict=True):
        result[debtor] -= amount
        result[creditor] += amount
    return result


def net(debts: Iterable[Debt], mode: Mode) -> Plan:
    """The payments that settle these debts (law §8.2, §8.3).

    `bilateral`: each pair pays its difference. `cycles`: set-off along existing debts only, as
    much as there is; no debt grows and nobody pays a stranger. `multilateral`: at most one
    payment less than there are members with a net position; the fewest possible for up to 16.
    """
    return _plan(_books(debts), mode)


def unwind(debts: Iterable[Debt], defaulter: str, mode: Mode, *,
           paid: Iterable[Payment] = ()) -> Unwound:
    """Take a defaulter out of a netted cycle (law §8.5).

    What it owes and is owed returns to gross pair debts; the others are netted anew without it.
    `paid` are payments already made under the old plan: each lessens what its payer owes its
    payee, and what is paid beyond that is owed back, so that no payment is lost.
    Nobody's net claim changes except against the defaulter.
    """
    books = _books(debts)
    _deduct(books, paid)
    gross: list[Debt] = []
    for currency, book in books.items():
        touched = [pair for pair in book.pairs if defaulter in pair]
        gross += [Debt(*pair, Money(book.pairs.pop(pair), currency)) for pair in touched]
        for pair in touched:
            book.count -= book.rows.pop(pair)
    others = {currency: book for currency, book in books.items() if book.pairs}
    return Unwound(defaulter, tuple(sorted(gross)), _plan(others, mode))


def few_payments(balance: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """(payer, payee, amount) that bring balances which sum to zero to zero, with few payments.

    Equal and opposite balances pay each other first: there is always a smallest plan that does.
    Of the rest, up to 16 are parted into as many groups that sum to zero as there can be, for a
    group of k needs k - 1 payments. More than 16 are paid largest to largest, and the result is
    never longer than that method gives for all of them.
    """
    open_balance = {name: balance[name] for name in sorted(balance) if balance[name]}
    if sum(open_balance.values()):
        raise Invalid("unbalanced", "Balances that do not sum to zero cannot be settled.")
    matched, rest = _match_equals(open_balance)
    if len(rest) <= EXACT_UP_TO:
        groups = _most_groups(list(rest.items()))
        return matched + [payment for group in groups for payment in _largest_first(dict(group))]
    paired = matched + _largest_first(rest)
    plain = _largest_first(open_balance) if matched else paired
    return plain if len(plain) < len(paired) else paired


class _Book:
    """One currency: gross debts summed per pair and direction, and how many rows each sums."""

    __slots__ = ("count", "pairs", "rows")

    def __init__(self) -> None:
        self.count = 0
        self.pairs: dict[tuple[str, str], int] = {}
        self.rows: Counter[tuple[str, str]] = Counter()


def _books(debts: Iterable[Debt]) -> dict[Currency, _Book]:
    books: dict[Currency, _Book] = {}
    for debt in debts:
        book = books.setdefault(debt.amount.currency, _Book())
        pair = (debt.debtor, debt.creditor)
        book.pairs[pair] = book.pairs.get(pair, 0) + debt.amount.minor
        book.rows[pair] += 1
        book.count += 1
    return books


def _deduct(books: dict[Currency, _Book], paid: Iterable[Payment]) -> None:
    for payment in paid:
        book = books.setdefault(payment.amount.currency, _Book())
        pair, back = (payment.debtor, payment.creditor), (payment.creditor, payment.debtor)
        left = book.pairs.pop(pair, 0) - payment.amount.minor
        if left > 0:
            book.pairs[pair] = left
            continue
        book.count -= book.rows.pop(pair, 0)
        if left < 0:
            book.pairs[back] = book.pairs.get(back, 0) - left
            book.rows[back] += 1
            book.count += 1


def _plan(books: Mapping[Currency, _Book], mode: Mode) -> Plan:
    settle = {Mode.BILATERAL: _by_pair, Mode.CYCLES: _by_circles,
              Mode.MULTILATERAL: _by_position}[Mode(mode)]
    payments: list[Payment] = []
    totals = []
    for currency in sorted(books):
        book = books[currency]
        found = [Debt(debtor, creditor, Money(amount, currency))
                 for debtor, creditor, amount in sorted(settle(book.pairs))]
        payments += found
        totals.append(Totals(currency, book.count, Money(sum(book.pairs.values()), currency),
                             len(found), Money(sum(one.amount.minor for one in found), currency)))
    return Plan(Mode(mode), tuple(payments), tuple(totals))


def _by_pair(pairs: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, int]]:
    for (debtor, creditor), amount in pairs.items():
        difference = amount - pairs.get((creditor, debtor), 0)
        if difference > 0:
            yield debtor, creditor, difference


def _by_circles(pairs: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, int]]:
    names = sorted({name for pair in pairs for name in pair})
    number = {name: place for place, name in enumerate(names)}
    ordered = sorted(pairs)
    kept = least_kept(len(names), [(number[debtor], number[creditor], pairs[debtor, creditor])
                                   for debtor, creditor in ordered])
    for (debtor, creditor), amount in zip(ordered, kept, strict=True):
        if amount:
            yield debtor, creditor, amount


def _by_position(pairs: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, int]]:
    balance: dict[str, int] = {}
    for (debtor, creditor), amount in pairs.items():
        balance[debtor] = balance.get(debtor, 0) - amount
        balance[creditor] = balance.get(creditor, 0) + amount
    yield from few_payments(balance)


def _match_equals(
    balance: Mapping[str, int],
) -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """Payments between equal and opposite balances, by name, and the balances that are left."""
    rest = dict(balance)
    creditors_of: dict[int, list[str]] = {}
    for name in sorted(balance, reverse=True):
        if balance[name] > 0:
            creditors_of.setdefault(balance[name], []).append(name)
    matched = []
    for name in sorted(balance):
        waiting = creditors_of.get(-balance[name])
        if waiting:
            payee = waiting.pop()
            matched.append((name, payee, rest.pop(payee)))
            del rest[name]
    return matched, rest


def _most_groups(balances: Sequence[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """Part balances that sum to zero into as many groups that sum to zero as there can be.

    `most[subset]` counts the groups that can be completed while adding the subset's members one
    by one: a member later, the sum of those before is known, and each zero on the way is a cut.
    """
    count = len(balances)
    sums, most = [0] * (1 << count), [0] * (1 << count)
    bits = [1 << place for place in range(count)]
    for subset in range(1, 1 << count):
        lowest = subset & -subset
        sums[subset] = sums[subset ^ lowest] + balances[lowest.bit_length() - 1][1]
        best = max([most[subset ^ bit] for bit in bits if subset & bit])
        most[subset] = best + 1 if sums[subset] == 0 else best
    groups: list[list[tuple[str, int]]] = []
    subset = (1 << count) - 1
    while subset:
        if sums[subset] == 0:
            groups.append([])
        best = most[subset] - (sums[subset] == 0)
        bit = next(bit for bit in bits if subset & bit and most[subset ^ bit] == best)
        groups[-1].append(balances[bit.bit_length() - 1])
        subset ^= bit
    return groups


def _largest_first(balance: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Two heaps: the one who owes most pays the one who is owed most, until all are at zero.

    Each payment brings one of the two to zero, the last one both: at most n - 1 payments.
    """
    owing = [(amount, name) for name, amount in balance.items() if amount < 0]
    owed = [(-amount, name) for name, amount in balance.items() if amount > 0]
    heapify(owing)
    heapify(owed)
    payments = []
    while owing:
        debt, debtor = owing[0]
        claim, creditor = owed[0]
        left = debt - claim
        payments.append((debtor, creditor, min(-debt, -claim)))
        if left < 0:
            heapreplace(owing, (left, debtor))
        else:
            heappop(owing)
        if left > 0:
            heapreplace(owed, (-left, creditor))
        else:
            heappop(owed)
    return payments
