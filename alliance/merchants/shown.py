"""What shoppers are shown has a version per alliance: whoever changes it says so here.

The web processes keep links and slates in memory, read these versions every second, and look
again only for an alliance whose version moved. It is counted on in the transaction that changes
what is shown, so nobody looks again too early.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.db import walls
from alliance.db.once import inserting
from alliance.merchants.model import ShownVersion

_MEMBERS = walls.rows("members", "alliance_id", "merchant_id", "state")


def changed(session: Session, *alliance_ids: str) -> None:
    """What these alliances show is another from this transaction on."""
    # Always in one order: two transactions that change the same alliances must not lock crosswise.
    for alliance_id in sorted(set(alliance_ids)):
        session.execute(
            inserting(session, ShownVersion).values(alliance_id=alliance_id, version=1)
            .on_conflict_do_update(index_elements=["alliance_id"],
                                   set_={"version": ShownVersion.version + 1}))


def changed_of(session: Session, merchant_ids: Iterable[str]) -> None:
    """The same for every alliance in which these merchants have a place."""
    changed(session, *session.scalars(
        select(_MEMBERS.c.alliance_id).where(_MEMBERS.c.merchant_id.in_(sorted(set(merchant_ids))),
                                             _MEMBERS.c.state != "left")))


def versions(session: Session) -> dict[str, int]:
    """The version of each alliance that ever changed, for the hub's own work."""
    return {alliance_id: version for alliance_id, version in session.execute(
        select(ShownVersion.alliance_id, ShownVersion.version))}
