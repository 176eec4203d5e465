"""The door for keys: a store hands over what its merchant allowed, right after saying yes there.

Anybody may call here. What comes is kept only for a trip that is under way, and asks nobody: the
keys are proven by a call to the shop that was typed, once its owner is back.
"""

from __future__ import annotations

import logging
import re

from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Request, Response

from alliance.connect.protocol import InboundCall, Installing, Refused
from alliance.core.errors import NotFound
from alliance.hub import Hub
from alliance.merchants import pairing
from alliance.web.stores import problem

LARGEST = 8192
PATH = re.compile(r"/stores/([a-z0-9_-]{1,40})/callback")
log = logging.getLogger("alliance.web")


def receive(hub: Hub, request: Request) -> Response:
    """Keys at `POST /stores/<connector>/callback`: 200, once they are kept, and nothing else."""
    match = PATH.fullmatch(request.path)
    if match is None:
        return problem(404, "not_found", "There is no such door.")
    if (request.content_length or 0) > LARGEST or len(body := request.get_data()) > LARGEST:
        return problem(413, "call_too_long", f"Keys have at most {LARGEST} bytes.")
    call = InboundCall(request.method, request.path, tuple(request.headers.items()), body,
                       request.query_string.decode("latin-1"))
    try:
        handed = installing(hub, match[1]).finish_install(call)
        hub.database.run(lambda session: pairing.hand(
            session, match[1], handed.state, handed.secrets, hub.seal, now=hub.clock()))
    except Refused as refusal:
        log.info("keys refused at %s: %s", match[1], refusal.code)
        return problem(401, refusal.code, refusal.detail)
    except NotFound:
        return problem(404, "not_found", "There is no such door.")
    except OperationalError:
        log.exception("keys could not be kept")
        return problem(503, "try_again", "The hub cannot keep the keys now.",
                       {"Retry-After": "30"})
    return Response(status=200)


def installing(hub: Hub, name: str) -> Installing:
    """A connector whose stores hand their keys over by themselves, or `NotFound`."""
    connector = hub.connector(name)
    if not hasattr(connector, "begin_install"):
        raise NotFound("connector", name)
    found: Installing = connector  # type: ignore[assignment]
    return found
