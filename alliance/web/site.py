"""The hub's own pages: one Flask application, composed here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from alliance.hub import Hub
from alliance.settings import LOCAL
from alliance.web import (
    admin,
    asked,
    auth,
    embedded,
    i18n,
    lost_links,
    problems,
    saying,
    tester,
    ui,
)
from alliance.web.admin import assets
from alliance.web.assets import BUILT_PATH, Assets
from alliance.web.hot.answers import A_YEAR, HSTS

LARGEST_BODY = 1_000_000
NEAR = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""The hosts that a hub on this machine answers to: a name that was bent to it is none."""


def build(hub: Hub) -> Flask:
    """The application with every page; it holds nothing but this hub."""
    app = Flask("alliance.web")
    app.config.update(_settings(hub))
    app.extensions["assets"] = Assets()
    asked.install(app, hub)
    i18n.install(app)
    ui.install(app)
    saying.install(app)
    problems.install(app)
    app.before_request(_room_for_files)
    app.before_request(_no_text)
    app.before_request(_same_site)
    # Flask-WTF reads the token before any view does, and refuses a POST without one.
    # Inside a platform no cookie is read, so none rides along from another page: those are exempt.
    CSRFProtect(app).exempt(embedded.pages)
    auth.install(app, hub)
    app.after_request(_headers(hub))
    app.add_url_rule("/", "home", _home)
    app.register_blueprint(lost_links.pages)
    app.register_blueprint(tester.pages)
    app.register_blueprint(embedded.pages)
    admin.install(app)
    return app


def _home() -> ResponseReturnValue:
    return redirect(url_for("overview.index"), 303)


def _settings(hub: Hub) -> dict[str, Any]:
    settings = hub.settings
    host = urlsplit(settings.public_url).hostname or ""
    return {
        "SECRET_KEY": settings.secret_keys[0].hex(),
        "SECRET_KEY_FALLBACKS": [key.hex() for key in settings.secret_keys[1:]],
        "SESSION_COOKIE_NAME": ("__Host-" if settings.secure else "") + "alliance_form",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
        "TRUSTED_HOSTS": sorted(NEAR) if host in LOCAL else [host],
        "PREFERRED_URL_SCHEME": "https" if settings.secure else "http",
        # The token lives as long as the signed cookie does: a form left open over lunch still goes.
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _room_for_files() -> None:
    # Before anything reads the form.
    if request.endpoint in assets.UPLOADS:
        request.max_content_length = assets.LARGEST_UPLOAD


def _no_text() -> None:
    # A NUL is in no text, and PostgreSQL takes none: refused here, once, for every page there is.
    given = (request.path, *request.args.values(), *request.form.values())
    if any("\0" in text for text in given):
        raise BadRequest


def _same_site() -> None:
    # A second lock beside the token: browsers say from which site a form was sent.
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD", "OPTIONS") and origin is not None:
        ours = urlsplit(asked.hub().settings.public_url)
        if origin not in {f"{ours.scheme}://{ours.netloc}", f"{request.scheme}://{request.host}"}:
            raise problems.foreign_form()


def _headers(hub: Hub) -> Any:
    pictures = " http://127.0.0.1:* http://localhost:*" if hub.settings.demo else ""
    policy = ("default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
              f"form-action 'self'; img-src 'self' https: data:{pictures}")

    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = g.pop("policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if hub.settings.secure:
            response.headers["Strict-Transport-Security"] = HSTS
        if request.path.startswith(BUILT_PATH) and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        elif request.endpoint != "static":
            # Pages hold a business's own figures; no cache between may keep them.
            response.headers["Cache-Control"] = "no-store"
            response.vary.update(("Cookie", "Accept-Language"))
        g.pop("refusal", None)
        return response

    return add
