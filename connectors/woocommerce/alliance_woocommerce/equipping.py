"""Speaking with our own plugin in a shop: what it must know, what it found, and good-bye.

It listens at `wc-alliance/v1/connection` and takes the same keys as WooCommerce itself.
"""

from __future__ import annotations

import re
from typing import Any

from alliance.connect.http import Answer
from alliance.connect.plain_text import plain
from alliance.connect.protocol import Equipped, Grant, Kit, StoreError
from alliance_woocommerce.client import V3, Rest, error_code, good

NAMESPACE = "wc-alliance/v1"
ROUTE = f"/{NAMESPACE}/connection"

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_MOST_CHECKS = 50


def equip(rest: Rest, grant: Grant, kit: Kit) -> Equipped | None:
    """See `Connector.equip`."""
    return _told(rest.ask(grant, "PUT", ROUTE, body=_connection(kit)), "PUT")


def ask(rest: Rest, grant: Grant) -> Equipped | None:
    """The plugin as it is now; None where the shop has none of ours."""
    return _told(rest.ask(grant, "GET", ROUTE), "GET")


def forget(rest: Rest, grant: Grant) -> bool:
    """Have the plugin forget us and delete the keys; whether the shop then refuses them."""
    answer = rest.ask(grant, "DELETE", ROUTE)
    if _is_missing(answer):
        return False
    good("DELETE", answer)
    proof = rest.ask(grant, "GET", V3 + "/data/currencies/current")
    return proof.status in (401, 403)


def _connection(kit: Kit) -> dict[str, Any]:
    return {"hub": kit.hub, "store": kit.store_id, "store_name": kit.store_name,
            "proof_secret": kit.proof_secret, "placements": [
                {"id": place.id, "name": place.name, "spot": place.spot, "shows": place.shows,
                 "layout": place.layout, "heading": place.heading, "on": place.is_on}
                for place in kit.places]}


def _told(answer: Answer, method: str) -> Equipped | None:
    if _is_missing(answer):
        return None
    told = good(method, answer).json()
    plugin = told.get("plugin") if isinstance(told, dict) else None
    checks = told.get("checks") if isinstance(told, dict) else None
    if not isinstance(plugin, str) or not isinstance(checks, list) or len(checks) > _MOST_CHECKS:
        raise StoreError("store_bad_answer", "The plugin answered with something else.",
                         again=False)
    return Equipped(plain(plugin, 20), {
        check["code"]: check.get("ok") for check in checks if _is_check(check)})


def _is_check(check: Any) -> bool:
    return (isinstance(check, dict) and isinstance(check.get("code"), str)
            and _CODE.fullmatch(check["code"]) is not None
            and (check.get("ok") is None or isinstance(check.get("ok"), bool)))


def _is_missing(answer: Answer) -> bool:
    return answer.status == 404 and error_code(answer) == "rest_no_route"
