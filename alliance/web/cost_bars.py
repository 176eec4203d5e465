"""Who bears what as a bar, drawn to the cent: pieces in minor units along one line."""

from __future__ import annotations

from dataclasses import dataclass

from alliance.core.money import Money, total
from alliance.rules.campaigns import Plan, bearers, worked


@dataclass(frozen=True, slots=True)
class Piece:
    """One member's part of a bar: where it begins, how long it is, its colour from 1 to 4."""

    member: str
    start: int
    amount: Money
    colour: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A whole and its pieces, which add up to it."""

    whole: Money
    pieces: tuple[Piece, ...]


def of_plan(plan: Plan) -> Bar:
    """What each member bears of one whole pack that costs all that it may."""
    borne = worked(plan)
    pieces, at = [], 0
    for number, member in enumerate(bearers(plan)):
        amount = total((each.amount for each in borne if each.member == member), plan.currency)
        pieces.append(Piece(member, at, amount, number % 4 + 1))
        at += amount.minor
    return Bar(plan.worth, tuple(piece for piece in pieces if piece.amount.minor))
