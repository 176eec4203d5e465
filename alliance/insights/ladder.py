"""A decision as the steps it took: which were passed, which one failed, which were not reached."""

from __future__ import annotations

from typing import NamedTuple

from alliance.referrals.order_model import Decision
from alliance.rules.attribution import Evidence, Reason


class Rung(NamedTuple):
    """One step; `outcome` is `passed`, `failed` or `open`."""

    name: str
    outcome: str


LADDER: tuple[tuple[str, frozenset[Reason]], ...] = (
    ("sold", frozenset({Reason.TEST_ORDER, Reason.UNPAID, Reason.HOLD_OUT})),
    ("members", frozenset({Reason.OWN_STORE, Reason.SELF_REFERRAL, Reason.MEMBER_SUSPENDED})),
    ("evidence", frozenset({Reason.NO_EVIDENCE})),
    ("token", frozenset({Reason.FORGED_TOKEN, Reason.REPLAYED_TOKEN})),
    ("click", frozenset({Reason.INVALID_CLICK})),
    ("contract", frozenset({Reason.NO_CONTRACT, Reason.NOT_IN_FORCE})),
    ("window", frozenset({Reason.OUTSIDE_WINDOW})),
    ("covered", frozenset({Reason.EXCLUDED})),
    ("won", frozenset({Reason.OTHER_HOST_WON})),
    ("cap", frozenset({Reason.CAP_WAITING})),
)
"""In the order in which the law asks (§4.3); each reason stands on one rung."""


def of(decision: Decision) -> list[Rung]:
    """Every rung up to the one that failed as passed, those above it as not reached."""
    failed = next((place for place, (_, reasons) in enumerate(LADDER)
                   if decision.reason in reasons), len(LADDER))
    # Only a click has a mark that is signed, and can be one that does not count.
    left_out = () if decision.kind == Evidence.CLICK.value else ("token", "click")
    return [Rung(name, "passed" if place < failed else "failed" if place == failed else "open")
            for place, (name, _) in enumerate(LADDER) if name not in left_out]
