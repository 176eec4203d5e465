"""`POST /embed/v1/claims`: a shopper's page shows the proof of a purchase and is given codes.

Not a part of the hot path: it writes, and a shopper comes here once after a purchase. The proof is
checked with the key of the placement's own store before anything is said (T30, T31).
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Request, Response

from alliance.connect import purchase_proofs
from alliance.connect.purchase_proofs import Purchase
from alliance.core.errors import AllianceError, Conflict, Invalid, NotAllowed
from alliance.core.ids import checked
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.promotions import claims, packs
from alliance.promotions.claims import Claimed, Given
from alliance.referrals import leads, orders
from alliance.web.hot import gift_words
from alliance.web.hot.visits import locale_of
from alliance.web.refusals import STATUS
from alliance.web.stores import problem

LARGEST = 8192
DEEPEST = 4
MOST_COMPONENTS = 40
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "no-store"}
log = logging.getLogger("alliance.web")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks for: everything, where `wanted` is None."""

    placement_id: str
    proof: str
    wanted: frozenset[str] | None
    locale: str


def receive(hub: Hub, request: Request) -> Response:
    """One claim. Whoever posts it gets what this purchase holds, however often."""
    if request.method != "POST":
        return problem(405, "method_not_allowed", "A claim is made with POST.",
                       {**OPEN, "Allow": "POST"})
    if (request.content_length or 0) > LARGEST or len(body := request.get_data()) > LARGEST:
        return problem(413, "call_too_long", f"A claim has at most {LARGEST} bytes.", OPEN)
    try:
        asked = read(body)
        return Response(json.dumps(_claim(hub, asked), ensure_ascii=False), headers=OPEN,
                        content_type="application/json")
    except AllianceError as refusal:
        log.info("claim refused: %s", refusal.code)
        return problem(STATUS[refusal.kind], refusal.code, refusal.detail, OPEN)
    except OperationalError:
        log.exception("a claim could not be kept")
        return problem(503, "try_again", "The hub cannot give anything now.",
                       {**OPEN, "Retry-After": "30"})


def placement_in(request: Request) -> str:
    """The placement that a claim names, to count by; nothing where it names none."""
    try:
        return read(request.get_data()).placement_id
    except AllianceError:
        return ""


def read(body: bytes) -> Asked:
    """What was posted; `Invalid` (`malformed_claim`) for anything else."""
    try:
        # Braces inside texts count too: a claim has none.
        if len(body) > LARGEST or max(body.count(b"["), body.count(b"{")) > DEEPEST:
            raise ValueError("too long or too deep")
        value = json.loads(body)
        placement_id = checked("plc", value["placement"])
        wanted, proof = value.get("components"), value["proof"]
        if wanted is not None and len(wanted) > MOST_COMPONENTS:
            raise ValueError("too many")
        parts = None if wanted is None else frozenset(checked("cpt", each) for each in wanted)
        locale = locale_of(value.get("locale", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Invalid):
        proof = None
    if not isinstance(proof, str):
        raise Invalid("malformed_claim", "A claim names a placement, a proof and components.")
    return Asked(placement_id, proof, parts, locale)


def _claim(hub: Hub, asked: Asked) -> dict[str, Any]:
    now = hub.clock()
    with hub.database.reading() as session:
        place = packs.home(session, asked.placement_id)
        secret = _secret(hub, session, place.store_id)
    purchase = purchase_proofs.check(asked.proof, secret, now)
    claimed = hub.database.run_locking(
        lambda session: _keep(session, asked, place.store_id, purchase, now))
    with hub.database.reading() as session:
        given = [_told(hub, session, claimed, each, asked.locale, now) for each in claimed.given]
    return {"claims": given, "refused": [
        {"component": part.component_id, "seller": part.seller, "reason": why}
        for part, why in claimed.refused]}


def _secret(hub: Hub, session: Session, store_id: str) -> bytes:
    try:
        return purchase_proofs.secret_of(stores.grant_of(session, store_id, hub.seal))
    except Conflict:
        # A store that was disconnected proves nothing any more.
        raise NotAllowed("proof_refused", "This is not a proof of this store.") from None


def _keep(session: Session, asked: Asked, store_id: str, purchase: Purchase,
          now: datetime) -> Claimed:
    told = orders.told(session, store_id, purchase.ref)
    return claims.claim(session, asked.placement_id, purchase, asked.wanted, told=told, now=now)


def _told(hub: Hub, session: Session, claimed: Claimed, given: Given, locale: str,
          now: datetime) -> dict[str, Any]:
    part = given.part
    return {
        "component": part.component_id, "code": given.code.upper(),
        "what": gift_words.what(part, locale), "title": part.title, "seller": part.seller,
        "where": part.shop, "href": _href(hub, session, claimed, given, now),
        "until": gift_words.moment(given.until)}


def _href(hub: Hub, session: Session, claimed: Claimed, given: Given, now: datetime) -> str:
    """A link of ours to the product where a contract pays for the click, else the shop's door."""
    product_id, place = given.part.product_id, claimed.home
    if product_id is None:
        return given.part.address
    try:
        leads.to_product(session, place.host, product_id, now=now)
    except AllianceError:
        return given.part.address
    sign = hub.signer.links(place.host, place.placement_id, now)
    return f"{hub.settings.public_url}/go/{sign(product_id)}"
