"""The door for stores: check the signature, keep the hint, answer; nothing else happens here.

A call is answered 200 only after the hint is committed: nothing acknowledged is lost (house §10).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Request, Response

from alliance.connect.embedded import PERSONAL, AppCall
from alliance.connect.protocol import Connector, DeliveryKey, InboundCall, Refused, StoreRecord
from alliance.core.errors import AllianceError, NotFound
from alliance.core.events import Event, PrivacyAsked, StoreCalled
from alliance.db import queue
from alliance.db.crashpoint import crashpoint
from alliance.hub import Hub
from alliance.merchants import stores

LARGEST = 262_144
"""No platform's call about one record comes near this many bytes."""

_PATH = re.compile(r"/stores/([a-z0-9_-]{1,40})/calls(?:/([A-Za-z0-9_-]{22,80}))?")
log = logging.getLogger("alliance.web")


def receive(hub: Hub, request: Request) -> Response:
    """One call at `POST /stores/<connector>/calls/<path token>`, or at the door without a token.

    The latter is where a platform calls for all its stores at once.
    """
    match = _PATH.fullmatch(request.path)
    if match is None:
        return problem(404, "not_found", "There is no such door.")
    if request.method != "POST":
        return problem(405, "method_not_allowed", "Stores call with POST.", {"Allow": "POST"})
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return problem(415, "encoded_call", "Calls are taken as they are, not compressed.")
    if (request.content_length or 0) > LARGEST or len(body := request.get_data()) > LARGEST:
        return problem(413, "call_too_long", f"A call has at most {LARGEST} bytes.")
    try:
        return _take(hub, request, match[1], match[2], body)
    except Refused as refusal:
        log.info("call refused at %s: %s", match[1], refusal.code)
        return problem(401, refusal.code, refusal.detail)
    except NotFound:
        return problem(404, "not_found", "There is no such door.")
    except AllianceError as error:
        return problem(422, error.code, error.detail)
    except OperationalError:
        log.exception("a call could not be kept")
        return problem(503, "try_again", "The hub cannot keep the call now.", {"Retry-After": "30"})


def _take(hub: Hub, request: Request, connector_name: str, path_token: str | None,
          body: bytes) -> Response:
    call = InboundCall(request.method, request.path, tuple(request.headers.items()), body,
                       request.query_string.decode("latin-1"))
    connector = hub.connector(connector_name)
    if path_token is None:
        found = _of_app(hub, connector, call)
    else:
        with hub.database.reading() as session:
            store = stores.by_path_token(session, connector_name, path_token)
            grant = stores.grant_of(session, store.id, hub.seal)
        found = store.id, connector.check_call(call, grant)
    crashpoint("door.checked")
    if found is not None and (records := connector.read_call(call)):
        _keep(hub, *found, records)
    crashpoint("door.committed")
    return Response(status=200)


def _of_app(hub: Hub, connector: Connector, call: InboundCall) -> tuple[str, DeliveryKey] | None:
    """Whose call this is at the door of a whole platform; None where the hub knows no such store,
    or one that left and the call is not about people.

    Such a call is answered all the same: the platform would only bring it again, and a store that
    joins is read whole.
    """
    if not hasattr(connector, "check_app_call"):
        raise NotFound("door", "of this platform")
    called: AppCall = connector.check_app_call(call)
    with hub.database.reading() as session:
        store = stores.at(session, connector.name, called.address)
    if store is None:
        return None
    is_left = store.state == "disconnected"
    return None if is_left and not _is_personal(connector, call) else (store.id, called.delivery)


def _is_personal(connector: Connector, call: InboundCall) -> bool:
    """Whether all that a call asks is about people: only that is answered for a store that left."""
    return all(record.record in PERSONAL for record in connector.read_call(call))


def _keep(hub: Hub, store_id: str, delivery: DeliveryKey,
          records: Sequence[StoreRecord]) -> None:
    now = hub.clock()

    def keep(session: Session) -> None:
        for record in records:
            event: Event
            if record.record in PERSONAL:
                event = PrivacyAsked(store_id, record.record, record.ref)
            else:
                event = StoreCalled(store_id, record.record, record.ref, delivery.digest)
            queue.put(session, event, scope=store_id, key=_key(delivery, record), now=now)
        crashpoint("door.kept")

    hub.database.run(keep)


def _key(delivery: DeliveryKey, record: StoreRecord) -> str:
    return f"call:{delivery.key}:{record.record}:{record.ref}"


def problem(status: int, code: str, detail: str,
            headers: dict[str, str] | None = None) -> Response:
    """A refusal to a program: RFC 9457, with our documented code."""
    body = json.dumps({"type": "about:blank", "title": code.replace("_", " "), "status": status,
                       "detail": detail, "code": code})
    return Response(body, status, {
        **(headers or {}), "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"},
        content_type="application/problem+json")
