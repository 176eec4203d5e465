"""`GET /stores/<connector>/purchase`: a platform's own page after a purchase asks for its proof.

Where a shop cannot sign by itself, the platform vouches for its page by a token, the page names the
order and a mark that only its shopper sees, and the hub asks the shop for that very order before it
signs in the shop's place (A2.14, T30). Nothing here writes.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from typing import cast

from werkzeug.wrappers import Request, Response

from alliance import fitting
from alliance.connect import purchase_proofs
from alliance.connect.embedded import Embedded
from alliance.connect.protocol import Grant, InboundCall, Refused
from alliance.connect.purchase_proofs import AHEAD, LIFE, MOST_LINES, Purchase
from alliance.core.errors import AllianceError, NotFound
from alliance.core.orders import LineKind, StoreOrder
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.promotions import placements
from alliance.web.refusals import STATUS
from alliance.web.stores import problem

PATH = re.compile(r"/stores/([a-z0-9_-]{1,40})/purchase")
REF = re.compile(r"[0-9A-Za-z_-]{1,60}", re.ASCII)
OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Authorization",
        "Access-Control-Allow-Methods": "GET", "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "no-store", "Vary": "Authorization"}
log = logging.getLogger("alliance.web")


def receive(hub: Hub, request: Request) -> Response:
    """The proof and the placement to show it at; 204 where there is nothing to show."""
    match = PATH.fullmatch(request.path)
    if match is None:
        return problem(404, "not_found", "There is no such door.", OPEN)
    if request.method == "OPTIONS":
        return Response(status=204, headers={**OPEN, "Access-Control-Max-Age": "86400"})
    if request.method != "GET":
        return problem(405, "method_not_allowed", "A purchase is asked for with GET.",
                       {**OPEN, "Allow": "GET, OPTIONS"})
    try:
        return _answer(hub, request, match[1])
    except Refused as refusal:
        return problem(401, refusal.code, refusal.detail, OPEN)
    except NotFound:
        return problem(404, "not_found", "There is no such door.", OPEN)
    except AllianceError as error:
        log.info("a purchase is not proven: %s", error.detail)
        return problem(STATUS[error.kind], error.code, error.detail, OPEN)


def _answer(hub: Hub, request: Request, name: str) -> Response:
    connector = hub.connector(name)
    if not hasattr(connector, "shopper"):
        raise NotFound("purchase", name)
    asked = cast(Embedded, connector)
    address = asked.shopper(InboundCall(
        request.method, request.path, tuple(request.headers.items()), b"",
        request.query_string.decode("latin-1")))
    ref, mark = request.args.get("order", ""), request.args.get("mark", "")
    with hub.database.reading() as session:
        store = stores.at(session, name, address)
        where = placements.after_purchase(session, store.id) if store is not None else None
    if store is None or where is None or not (REF.fullmatch(ref) and REF.fullmatch(mark)):
        return Response(status=204, headers=OPEN)
    _, grant = fitting.reach(hub, store.id)
    order = asked.bought(grant, ref, mark)
    proof = _proof(grant, order, hub.clock()) if order is not None else None
    if proof is None:
        return Response(status=204, headers=OPEN)
    return Response(json.dumps({"placement": where, "proof": proof}), headers=OPEN,
                    content_type="application/json")


def _proof(grant: Grant, order: StoreOrder, now: datetime) -> str | None:
    """The proof, of a sale that stands and is fresh; None else."""
    # What is no product of the catalogue was paid for, too: it counts under the name of its line.
    lines = [(line.product_ref or line.key, line.net + line.tax) for line in order.lines
             if line.kind is LineKind.GOODS]
    is_fresh = order.placed_at - AHEAD <= now < order.placed_at + LIFE
    if not is_fresh or not order.is_sold or not 0 < len(lines) <= MOST_LINES:
        return None
    return purchase_proofs.prove(purchase_proofs.secret_of(grant), Purchase(
        order.ref, order.currency, order.placed_at, tuple(lines)))
