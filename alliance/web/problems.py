"""Refusals at the edge, as pages or problem documents (house §4)."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from alliance.core.errors import AllianceError
from alliance.web import words
from alliance.web.refusals import STATUS

SIGN_IN_NEEDED = 401

_log = logging.getLogger("alliance.web")


def install(app: Flask) -> None:
    """Let every refusal and every fault become a page or a problem document."""
    app.register_error_handler(AllianceError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _by_status)
    app.register_error_handler(Exception, _fault)


def wants_json() -> bool:
    """Whether a program asks, which reads problem documents and no pages."""
    kinds = ["text/html", "application/problem+json", "application/json"]
    return request.accept_mimetypes.best_match(kinds, "text/html") != "text/html"


def answer(status: int, code: str, title: str, detail: str) -> ResponseReturnValue:
    """One refusal, as the reader can take it."""
    if wants_json():
        told = jsonify(type=f"urn:alliance:problem:{code}", title=title, status=status,
                       detail=detail, code=code)
        told.mimetype = "application/problem+json"
        told.status_code = status
        return told
    if request.routing_exception is not None and isinstance(
            request.routing_exception, SecurityError):
        # Without a host to trust no address can be made, so there is no page around the sentence.
        return Response(detail, status, mimetype="text/plain")
    return render_template("problem.html", title=title, detail=detail, code=code), status


def foreign_form() -> CSRFError:
    """What a form gets that was sent from another site."""
    return CSRFError("sent from another site")


def _refused(refusal: AllianceError) -> ResponseReturnValue:
    status = STATUS[refusal.kind]
    titles = {401: _("Not accepted"), 403: _("Not allowed"), 404: _("Not found"),
              409: _("Not now"), 422: _("This cannot be done"), 429: _("Too often"),
              503: _("Not reachable")}
    reply = answer(status, refusal.code, titles.get(status, _("Something went wrong")),
                   words.refusal(refusal))
    if isinstance(refusal.facts.get("retry_after"), int):
        reply = _with_pause(reply, int(refusal.facts["retry_after"]))
    return reply


def _with_pause(reply: ResponseReturnValue, seconds: int) -> ResponseReturnValue:
    if isinstance(reply, Response):
        reply.headers["Retry-After"] = str(seconds)
        return reply
    assert isinstance(reply, tuple)
    return reply[0], reply[1], {"Retry-After": str(seconds)}  # type: ignore[return-value]


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return answer(403, "form_expired", _("This form is no longer fresh"),
                  _("Nothing was changed. Go back, load the page again and send it once more."))


def _by_status(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status in (301, 302, 303, 307, 308):
        return error.get_response()
    told = {
        400: ("malformed_request", _("This was not understood"), _("Nothing was changed.")),
        404: ("not_found", _("Not found"), _("There is no such page, or none that you can see.")),
        405: ("wrong_method", _("Not like this"), _("This address is not asked in this way.")),
        413: ("too_large", _("Too large"), _("That is more than this page takes at once.")),
        429: ("too_many_tries", _("Too often"), _("Wait a minute, then try again.")),
    }
    code, title, detail = told.get(status, ("malformed_request", _("This was not understood"),
                                            _("Nothing was changed.")))
    return answer(status, code, title, detail)


def _fault(_error: Exception) -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    _log.exception("fault %s on %s", reference, request.endpoint)
    g.pop("refusal", None)
    try:
        return answer(500, "fault", _("Something went wrong on our side"),
                      _("What you sent may not have been kept. If it happens again, tell whoever "
                        "runs this hub the reference %(reference)s.", reference=reference))
    except Exception:
        # The page around the sentence failed as well, or the database behind its menu did.
        _log.exception("fault %s: no page could be made", reference)
        return Response(f"Something went wrong on our side. Reference: {reference}", 500,
                        mimetype="text/plain")
