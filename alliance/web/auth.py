"""Sign up, in and out; who asks; and that every page needs a sign-in unless it is listed here."""

from __future__ import annotations

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError, NotFound, TooMany
from alliance.hub import Hub
from alliance.insights import people as known_people
from alliance.merchants import people, signin
from alliance.merchants.model import Person
from alliance.referrals import clicks
from alliance.web import embedded, i18n, problems
from alliance.web.asked import again, by, change, hub, now, reading
from alliance.web.pace import MINUTE, Limits, Rate, network_of
from alliance.web.visitors import DailySalt, address_of, visitor_of

PUBLIC = frozenset({"static", "auth.sign_in", "auth.enter", "auth.sign_up", "auth.open_business",
                    "auth.demo", "auth.step_in", "auth.speak", "lost.show", "tester.index",
                    *embedded.ENDPOINTS})
"""The endpoints that anybody may ask; every other one needs a sign-in."""

PER_MAIL = Rate(5, MINUTE)
PER_ADDRESS = Rate(20, MINUTE)
A_YEAR = 31_536_000

pages = Blueprint("auth", __name__)


def install(app: Flask, of: Hub) -> None:
    """Recognise who asks before anything else is done, and refuse strangers by default."""
    app.extensions["limits"] = Limits(of.clock)
    app.extensions["salt"] = DailySalt(of.spool_folder)
    app.before_request(_recognise)
    app.before_request(_signed_in)
    app.register_blueprint(pages)


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form."""
    return render_template("auth/sign_in.html", following=_following())


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    """A fresh token for who knows the password; tries are counted."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        hold_back(email)
        token, person = change(lambda session: signin.sign_in(
            session, email=email[:254], password=password[:1000], now=now()))
    except AllianceError as refusal:
        return again(refusal, sign_in)
    return _enter(token, person, _following())


@pages.get("/sign-up")
def sign_up() -> ResponseReturnValue:
    """The form."""
    return render_template("auth/sign_up.html", following=_following())


@pages.post("/sign-up")
def open_business() -> ResponseReturnValue:
    """A merchant with its first owner, who is signed in at once."""
    form = request.form
    try:
        hold_back(form.get("email", ""))
        change(lambda session: people.sign_up(
            session, merchant_name=form.get("merchant_name", ""),
            category=form.get("category", ""), country=form.get("country", ""),
            name=form.get("name", ""), email=form.get("email", ""),
            password=form.get("password", ""), locale=i18n.choose(), now=now()))
        token, person = change(lambda session: signin.sign_in(
            session, email=form.get("email", ""), password=form.get("password", ""), now=now()))
    except AllianceError as refusal:
        return again(refusal, sign_up)
    return _enter(token, person, _following())


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session in the database, so that a copied cookie is worth nothing."""
    change(lambda session: signin.sign_out(session, _token()))
    reply = redirect(url_for("auth.sign_in"), 303)
    reply.delete_cookie(cookie_name(), secure=hub().settings.secure, httponly=True,
                        samesite="Lax")
    return reply


@pages.get("/demo")
def demo() -> ResponseReturnValue:
    """One click for each person of the demo, and the doors of its shops; only in demo mode."""
    _demo_only()
    return render_template("auth/demo.html", people=known_people.of_the_hub(reading()),
                           shops=known_people.demo_shops(reading()))


@pages.post("/demo")
def step_in() -> ResponseReturnValue:
    """Sign in as one of the demo's people."""
    _demo_only()
    wanted = request.form.get("person", "")
    token, person = change(lambda session: signin.step_in(
        session, wanted, is_demo=hub().settings.demo, now=now()))
    return _enter(token, person, "")


@pages.post("/language")
def speak() -> ResponseReturnValue:
    """Choose a language: kept with the person who is signed in, and in a cookie."""
    wanted = i18n.known(request.form.get("language", "")) or "en"
    if g.get("actor"):
        change(lambda session: people.speak(session, by(), wanted, now=now()))
    back = _local(request.form.get("back", "")) or url_for("home")
    reply = redirect(back, 303)
    reply.set_cookie(i18n.COOKIE, wanted, max_age=A_YEAR, secure=hub().settings.secure,
                     httponly=True, samesite="Lax")
    return reply


def cookie_name() -> str:
    """What the session's cookie is called: with https only this very host can set it."""
    return ("__Host-" if hub().settings.secure else "") + "alliance_session"


def hold_back(name: str) -> None:
    """Count one try of a password for this name, and from this network; `TooMany` beyond."""
    limiter: Limits = current_app.extensions["limits"]
    mail = name.strip().lower()[:254]
    network = network_of(address_of(request, hub().settings.trusted_proxies))
    # Both are counted, whichever is full, so that neither can be used to hide from the other.
    allowed = [limiter.hit(PER_MAIL, "mail", mail), limiter.hit(PER_ADDRESS, "network", network)]
    if not all(allowed):
        raise TooMany("too_many_tries", "Too many tries. Wait a minute, then try again.",
                      retry_after=60)


def _token() -> str:
    return request.cookies.get(cookie_name(), "")


def _recognise() -> None:
    if request.endpoint == "static" or not _token():
        return
    found = signin.recognise(reading(), _token(), now=now())
    if found is None:
        return
    g.actor = found.actor
    g.person_locale, g.person_name = found.locale, found.name
    if found.is_stale:
        change(lambda session: signin.actor_of(session, _token(), now=now()))


def _signed_in() -> ResponseReturnValue | None:
    if g.get("actor") or request.endpoint in PUBLIC or request.routing_exception is not None:
        return None
    if problems.wants_json():
        return problems.answer(problems.SIGN_IN_NEEDED, "sign_in_needed", _("Sign in first"),
                               _("This needs a sign-in."))
    following = request.full_path.rstrip("?") if request.method == "GET" else ""
    door = "auth.demo" if hub().settings.demo else "auth.sign_in"
    if request.method not in ("GET", "HEAD"):
        return problems.answer(problems.SIGN_IN_NEEDED, "sign_in_needed", _("Sign in first"),
                               _("You were signed out meanwhile; nothing was changed."))
    return redirect(url_for(door, next=following if following not in ("", "/") else None), 303)


def _enter(token: str, person: Person, following: str) -> Response:
    _note_as_own(person)
    reply = redirect(following or url_for("home"), 303)
    reply.set_cookie(cookie_name(), token, secure=hub().settings.secure, httponly=True,
                     samesite="Lax", max_age=int(signin.LONGEST.total_seconds()))
    return reply  # type: ignore[return-value]


def _note_as_own(person: Person) -> None:
    # Who signs in for a merchant is no shopper: clicks of this browser earn nothing today (§4.4).
    if hub().settings.demo:
        # The demo's visitor shops and signs in as everybody with one browser: it stays a shopper.
        return
    visitor = visitor_of(request, current_app.extensions["salt"].of(now()),
                         hub().settings.trusted_proxies)
    change(lambda session: clicks.own_visitor(session, person.merchant_id, visitor, at=now()))


def _following() -> str:
    return _local(request.values.get("next", ""))


def _local(path: str) -> str:
    is_ours = (path.startswith("/") and not path.startswith("//") and "\\" not in path
               and path.isprintable())
    return path[:500] if is_ours else ""


def _demo_only() -> None:
    if not hub().settings.demo:
        raise NotFound("page", "demo")
