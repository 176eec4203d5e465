"""Named places at which a test may kill the process, to prove that nothing is lost (F1)."""

from __future__ import annotations

import os
import signal

ANY = "any"
"""Stands for every name."""

_armed: dict[str, int] = {}


def crashpoint(name: str) -> None:
    """Does nothing, unless a test armed this name: then the process dies as by a power cut."""
    for each in (name, ANY) if _armed else ():
        if each in _armed:
            _armed[each] -= 1
            if _armed[each] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def arm(name: str, passes: int = 1) -> None:
    """Die at the `passes`-th passing of `name`, or of whichever comes (`ANY`).

    Only the fault tests' own processes call this.
    """
    _armed[name] = passes
