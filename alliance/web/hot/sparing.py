"""Counting sparingly what anybody can post: once for a visitor, and bounded for a network."""

from __future__ import annotations

from typing import Any

from alliance.rules.robots import is_robot
from alliance.web.hot.instants import Instant
from alliance.web.pace import VIEW, VIEWS, Rate, Turnstile
from alliance.web.visitors import Place

PREVIEWS = "/placements/"
"""The hub's own pages on which a host looks at its placement: nobody shops there."""


class Sparing:
    """Says whether one more view of a placement counts: a visitor's once in half an hour, and
    sixty an hour from one network; robots never."""

    def __init__(self, visitor: Rate = VIEW, network: Rate = VIEWS) -> None:
        self._by_visitor, self._by_network = Turnstile(visitor), Turnstile(network)

    def counts(self, placement_id: str, visitor: str, place: Place, at: Instant) -> bool:
        """Whether this one does; it is counted then."""
        # Asked in this order, a stranger who makes up visitors leaves no more of them in memory
        # than views of its network count: a full one would count nobody's views any more.
        crowd = (placement_id, place.network)
        if place.stranger and not self._by_network.would_let(crowd, at.seconds):
            return False
        return self._by_visitor.lets((placement_id, visitor), at.seconds) and (
            not place.stranger or self._by_network.lets(crowd, at.seconds))


def is_person(environ: dict[str, Any]) -> bool:
    """Whether the browser does not call itself a robot."""
    agent: str = environ.get("HTTP_USER_AGENT", "")
    return not is_robot(agent)


def is_preview(environ: dict[str, Any], public_url: str) -> bool:
    """Whether a host asks from the hub's own page of its placement.

    The browser says so (`Referer`). Who makes it up is counted nowhere, and gains nothing.
    """
    said: str = environ.get("HTTP_REFERER", "")
    return said.startswith(public_url) and said.startswith(PREVIEWS, len(public_url))
