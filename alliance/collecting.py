"""No search for garbage while modules are read: what they make stays, all of it, to the end.

Import this first, and call `resume` once the others are read. The interpreter would look through
everything there is again and again meanwhile, which is a tenth of a start.
"""

from __future__ import annotations

import gc

_WAS_ON = gc.isenabled()
gc.disable()


def resume() -> None:
    """Look for garbage from now on, if that was so before; what was read is left out of it."""
    gc.freeze()
    if _WAS_ON:
        gc.enable()


def spare_what_is_there() -> None:
    """Leave what a start made out of every later search, which would hold up some shopper."""
    gc.collect()
    gc.freeze()
