"""`POST /stores/<connector>/hints`: a platform's pixel says by which click an order's shopper came.

Anybody may say so: what is kept earns nothing, and only its seller sees it.
"""

from __future__ import annotations

import logging
import re

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Request, Response

from alliance.connect import strict_json
from alliance.core.errors import AllianceError, Invalid
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.referrals import hints
from alliance.web.refusals import STATUS
from alliance.web.stores import problem

PATH = re.compile(r"/stores/([a-z0-9_-]{1,40})/hints")
LARGEST = 1024
OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
log = logging.getLogger("alliance.web")


def receive(hub: Hub, request: Request) -> Response:
    """204, whether or not it was new; a body that is no hint is refused."""
    match = PATH.fullmatch(request.path)
    if match is None:
        return problem(404, "not_found", "There is no such door.", OPEN)
    if request.method != "POST":
        return problem(405, "method_not_allowed", "A hint is given with POST.",
                       {**OPEN, "Allow": "POST"})
    if (request.content_length or 0) > LARGEST or len(body := request.get_data()) > LARGEST:
        return problem(413, "call_too_long", f"A hint has at most {LARGEST} bytes.", OPEN)
    try:
        store_id, ref, token = _read(body)
        hub.database.run(lambda session: _hear(hub, session, match[1], store_id, ref, token))
    except AllianceError as refusal:
        return problem(STATUS[refusal.kind], refusal.code, refusal.detail, OPEN)
    except OperationalError:
        log.exception("a hint could not be kept")
        return problem(503, "try_again", "The hub cannot keep the hint now.", OPEN)
    return Response(status=204, headers=OPEN)


def _hear(hub: Hub, session: Session, connector: str, store_id: str, ref: str,
          token: str) -> None:
    store = stores.named(session, store_id)
    if store.connector == connector and store.state != "disconnected":
        hints.hear(session, store.id, ref, token, hub.signer, now=hub.clock())


def _read(body: bytes) -> tuple[str, str, str]:
    value = strict_json.read(body)
    if isinstance(value, dict):
        parts = tuple(value.get(name) for name in ("store", "order", "token"))
        if all(isinstance(part, str) and part.isascii() and len(part) <= 200 for part in parts):
            return parts  # type: ignore[return-value]
    raise Invalid("malformed_record", "A hint names a store, an order and a token.")
