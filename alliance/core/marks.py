"""What a shop's page writes onto an order about the hub, word by word (law §4.1, §4.3).

The words travel with the order and nothing else does: no shopper is followed. Click tokens are
proven elsewhere; a placement's id says that its slate was seen, `hold-out` that the shopper was in
the group to which none is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from alliance.core.errors import Invalid
from alliance.core.ids import checked

HOLD_OUT = "hold-out"
MOST_VIEWS = 10


class Marks(NamedTuple):
    """The words of one order: tokens as they came, ids of placements seen, whether held out."""

    click_tokens: tuple[str, ...]
    views: tuple[str, ...]
    hold_out: bool


def read(words: Iterable[str]) -> Marks:
    """Sort the words by what they are; each counts once, and what is no mark may be a token."""
    tokens: dict[str, None] = {}
    views: dict[str, None] = {}
    hold_out = False
    for word in words:
        if word == HOLD_OUT:
            hold_out = True
        elif word.startswith("plc_"):
            with suppress(Invalid):
                if len(views) < MOST_VIEWS:
                    views[checked("plc", word)] = None
        else:
            tokens[word] = None
    return Marks(tuple(tokens), tuple(views), hold_out)
