"""All elements on one page, and what a hub says to each."""

from __future__ import annotations

from typing import Any

from tests.widgets.pack import AWAY, pack
from tests.widgets.shop import offer

TAGS = ("al-slate", "al-bundle", "al-claim", "al-article")
ALL = """<al-slate placement="plc_1"></al-slate>
<al-bundle placement="plc_1" amount="47.50" currency="EUR"></al-bundle>
<al-claim placement="plc_1" proof="prf_1"></al-claim>
<al-article asset="ast_1"></al-article>"""
SHOWN = f"() => told.filter(each => each.endsWith('al-shown')).length === {len(TAGS)}"


def answer(hub: str, path: str) -> dict[str, Any]:
    """What the hub says to each element."""
    if path.endswith("/bundle"):
        return pack(hub, away=[{"seller": AWAY}])
    offers = [offer(n, hub) for n in range(1 if path.endswith("/article") else 4)]
    return {"slate": "slt_1", "alliance": "Fine Parenting", "layout": "compact", "offers": offers}
