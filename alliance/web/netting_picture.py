"""The picture of netting, drawn on the server: debts before as a grey web, payments as arrows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alliance.insights.closings import CurrencyOf
from alliance.rules.netting import Debt
from alliance.web import ui

WIDTH, HEIGHT = 440, 280
RADIUS = 22
MOST_NODES = 24
"""Beyond so many members a picture says nothing; the list below it does."""


@dataclass(frozen=True, slots=True)
class Node:
    """A member's place in the picture."""

    x: int
    y: int
    name: str
    is_me: bool

    @property
    def letter(self) -> str:
        """The sign inside the circle."""
        return ui.initial(self.name)

    @property
    def label_y(self) -> int:
        """Where the name stands: above the circle in the upper half, below it in the lower."""
        return self.y - RADIUS - 7 if self.y < HEIGHT // 2 else self.y + RADIUS + 15


@dataclass(frozen=True, slots=True)
class Arc:
    """A debt or a payment as a path, with its amount where the reader may see it."""

    path: str
    amount: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Both sides of one currency's picture."""

    of: CurrencyOf
    nodes: tuple[Node, ...]
    debts: tuple[Arc, ...]
    payments: tuple[Arc, ...]
    width: int = WIDTH
    height: int = HEIGHT
    radius: int = RADIUS


def of_currency(of: CurrencyOf, names: Mapping[str, str], mine: str, *,
                shows_all: bool) -> Picture | None:
    """The picture, or None where there are too many members for one.

    Members see the amounts of their own payments; who leads sees all.
    """
    ids = sorted({ref for debt in of.debts for ref in (debt.debtor, debt.creditor)},
                 key=lambda ref: (ref != mine, names.get(ref, ref)))
    if len(ids) > MOST_NODES:
        return None
    places = {ref: _place(n, len(ids)) for n, ref in enumerate(ids)}
    nodes = tuple(Node(*places[ref], names.get(ref, ref), ref == mine) for ref in ids)

    def shown(debt: Debt) -> str:
        return ui.money(debt.amount) if shows_all or mine in (debt.debtor, debt.creditor) else ""

    return Picture(of, nodes, _arcs(of.debts, places, 16, lambda _debt: ""),
                   _arcs(of.payments, places, 0, shown))


def _place(n: int, count: int) -> tuple[int, int]:
    angle = -math.pi / 2 + 2 * math.pi * n / max(count, 1) + (math.pi / 4 if count == 4 else 0)
    return (round(WIDTH / 2 + 140 * math.cos(angle)), round(HEIGHT / 2 + 92 * math.sin(angle)))


def _arcs(debts: Sequence[Debt], places: Mapping[str, tuple[int, int]], bend: int,
          shown: object) -> tuple[Arc, ...]:
    assert callable(shown)
    return tuple(_arc(debt, places[debt.debtor], places[debt.creditor], bend, shown(debt))
                 for debt in debts)


def _arc(_debt: Debt, start: tuple[int, int], end: tuple[int, int], bend: int,
         amount: str) -> Arc:
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1) or 1
    along_x, along_y = (x2 - x1) / length, (y2 - y1) / length
    # From rim to rim, so that an arrow's tip is not hidden behind a circle.
    gap = RADIUS + 3
    sx, sy = x1 + along_x * gap, y1 + along_y * gap
    ex, ey = x2 - along_x * gap, y2 - along_y * gap
    cx, cy = (x1 + x2) / 2 - along_y * bend, (y1 + y2) / 2 + along_x * bend
    path = f"M{sx:.0f} {sy:.0f}Q{cx:.0f} {cy:.0f} {ex:.0f} {ey:.0f}"
    return Arc(path, amount, round((x1 + x2) / 2), round((y1 + y2) / 2) + 4)
