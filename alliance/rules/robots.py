"""Which browsers are none: known crawlers by their user agent (law §4.4)."""

from __future__ import annotations

from functools import lru_cache

from crawleruseragents import is_crawler

LONGEST_AGENT = 1_000
"""A robot says its name within so many characters; more only costs time."""


def is_robot(agent: str) -> bool:
    """Whether this user agent is a known crawler's, or none at all."""
    return _is_robot(agent.strip()[:LONGEST_AGENT])


@lru_cache(maxsize=50_000)
def _is_robot(agent: str) -> bool:
    # Hundreds of patterns for each click, while shoppers share a few hundred browsers.
    return not agent or bool(is_crawler(agent))
