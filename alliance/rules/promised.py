"""What terms promise for one product before anybody bought it: what a host is told beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alliance.rules.conditions import holds
from alliance.rules.terms import Basis, Clause, Field, Terms

_OF_THE_PRODUCT = frozenset({Field.PRODUCT, Field.CATEGORY, Field.COLLECTION})
_OF_WORK = frozenset({Basis.FLAT_FEE})


@dataclass(frozen=True, slots=True)
class Promise:
    """The first clause that would pay. `depends`: it, or one above it, asks for more than the
    product, so the order may be paid otherwise."""

    clause: Clause
    depends: bool


def promised(terms: Terms, product_ref: str, categories: Sequence[str]) -> Promise | None:
    """The clause that speaks of this product; None where none does.

    Clauses are read from the top (law §3); what only an order can tell is taken as it may be. A sum
    for a piece of content and a bonus on top are left out.
    """
    known: Mapping[Field, Sequence[str]] = {
        Field.PRODUCT: (product_ref,), Field.CATEGORY: categories, Field.COLLECTION: ()}
    depends = False
    for clause in terms.clauses:
        if clause.bonus or clause.basis in _OF_WORK:
            continue
        mine = [each for each in clause.conditions if each.field in _OF_THE_PRODUCT]
        if not all(holds(each, known[each.field]) for each in mine):
            continue
        if len(mine) == len(clause.conditions):
            return Promise(clause, depends)
        depends = True
    if not depends:
        return None
    first = next(clause for clause in terms.clauses
                 if not clause.bonus and clause.basis not in _OF_WORK
                 and all(holds(each, known[each.field]) for each in clause.conditions
                         if each.field in _OF_THE_PRODUCT))
    return Promise(first, True)
