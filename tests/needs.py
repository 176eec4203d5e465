"""What a suite needs beside Python: said once, skipped by name, or a failure where all must run."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

_MARK = "needs "


def missing(what: str, why: str, get: str) -> NoReturn:
    """Skip this test since `what` is not there; a failure when `ALLIANCE_REQUIRE_ALL=1`.

    `get` is the way to get it, which the closing summary prints.
    """
    reason = f"{_MARK}{what}: {why} Get it: {get}"
    if os.environ.get("ALLIANCE_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def unmet(reasons: list[str]) -> dict[str, int]:
    """How many tests each unmet need left out, from the reasons of all skipped tests."""
    counts: dict[str, int] = {}
    for reason in reasons:
        text = reason.removeprefix("Skipped: ")
        if text.startswith(_MARK):
            counts[text] = counts.get(text, 0) + 1
    return counts
