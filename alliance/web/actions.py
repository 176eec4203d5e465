"""The door for reports: a store's own server says that a shopper signed up or booked (A6.1).

Unlike a store's call this is no hint but the fact itself, so it is kept and decided at once; 200
is answered only after that is committed, and the same report again is answered the same.
"""

from __future__ import annotations

import json
import logging
import re

from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Request, Response

from alliance.connect import signed_calls
from alliance.connect.protocol import InboundCall, Refused
from alliance.core.errors import AllianceError, NotFound
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.referrals import actions
from alliance.web.refusals import STATUS
from alliance.web.stores import problem

_PATH = re.compile(r"/stores/([a-z0-9_-]{1,40})/actions/([A-Za-z0-9_-]{22,80})")
log = logging.getLogger("alliance.web")


def receive(hub: Hub, request: Request) -> Response:
    """One report at `POST /stores/<connector>/actions/<path token>`."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        return problem(404, "not_found", "There is no such door.")
    if request.method != "POST":
        return problem(405, "method_not_allowed", "Reports are sent with POST.", {"Allow": "POST"})
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return problem(415, "encoded_call", "Reports are taken as they are, not compressed.")
    longest = actions.LARGEST
    if (request.content_length or 0) > longest or len(body := request.get_data()) > longest:
        return problem(413, "call_too_long", f"A report has at most {longest} bytes.")
    try:
        return _take(hub, request, match[1], match[2], body)
    except NotFound:
        return problem(404, "not_found", "There is no such door.")
    except AllianceError as refusal:
        if isinstance(refusal, Refused):
            log.info("report refused at %s: %s", match[1], refusal.code)
        return problem(STATUS[refusal.kind], refusal.code, refusal.detail)
    except OperationalError:
        log.exception("a report could not be kept")
        return problem(503, "try_again", "The hub cannot keep the report now.",
                       {"Retry-After": "30"})


def _take(hub: Hub, request: Request, connector: str, path_token: str, body: bytes) -> Response:
    with hub.database.reading() as session:
        store = stores.by_path_token(session, connector, path_token)
        grant = stores.grant_of(session, store.id, hub.seal)
    now = hub.clock()
    call = InboundCall(request.method, request.path, tuple(request.headers.items()), body)
    signed_calls.check(call, signed_calls.secret_of(grant), now)
    told = actions.read(body, grant.salt, now)
    is_new = hub.database.run(
        lambda session: actions.keep(session, store.id, told, hub.keys, now=now))
    answer = json.dumps({"id": told.id, "kept": "now" if is_new else "before"})
    return Response(answer, content_type="application/json")
