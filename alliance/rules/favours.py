"""Changes of terms that can only help the host: these need no notice (law §3).

Notice protects whoever would lose by a change. A bonus on top, or a higher share of some goods,
takes nothing from the host, and the seller itself offers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from alliance.core.money import Money, Rate
from alliance.rules.terms import Basis, Cause, Clause, Condition, Field, Op, Terms, cause


def bonus(key: str, first: date, last: date, *, rate: Rate | None = None,
          amount: Money | None = None) -> Clause:
    """A clause that adds a share of each sale, or a sum for each order, between two days (A1.10).

    The day is that of the touch; both days are included, and it ends by itself.
    """
    basis = Basis.PERCENT_OF_SALE if rate is not None else Basis.PER_REFERRAL
    return Clause(key, basis, rate=rate, amount=amount, bonus=True,
                  conditions=(between(first, last),))


def between(first: date, last: date) -> Condition:
    """Only for touches from the first of these days to the last."""
    return Condition(Field.DATE, Op.BETWEEN, (first.isoformat(), last.isoformat()))


def favours_host(before: Terms, after: Terms) -> bool:
    """Whether the host can only gain by the change.

    All that was said stays; what is new are bonuses, or shares of a sale that are nowhere lower
    than any before, on top of shares alone. Anything else may lose in some case.
    """
    same = replace(after, clauses=before.clauses, version=before.version,
                   effective_from=before.effective_from)
    if same != before or not _keeps(before.clauses, after.clauses):
        return False
    fresh = [clause for clause in after.clauses if clause not in before.clauses]
    return bool(fresh) and all(
        clause.bonus or _is_higher(clause, before.clauses) for clause in fresh)


def _keeps(before: Sequence[Clause], after: Sequence[Clause]) -> bool:
    kept = [clause for clause in after if clause in before]
    return kept == list(before)


def _is_higher(clause: Clause, before: Sequence[Clause]) -> bool:
    if clause.basis is not Basis.PERCENT_OF_SALE or clause.rate is None or clause.caps:
        return False
    others = [each for each in before if not each.bonus and cause(each) is Cause.ORDER]
    return all(each.basis is Basis.PERCENT_OF_SALE and each.rate is not None
               and each.rate.bp <= clause.rate.bp for each in others)
