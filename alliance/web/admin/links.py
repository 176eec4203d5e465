"""Links: a member's product or page for a post, a letter or a printed card, and what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.catalogue.model import Product
from alliance.core.clock import Period
from alliance.core.errors import AllianceError, Invalid
from alliance.insights import sharing
from alliance.insights.sharing import Shared
from alliance.referrals import addresses, health, links, typed
from alliance.referrals.link_model import RELS, Link
from alliance.referrals.links import Details
from alliance.web import asked, i18n, share, ui
from alliance.web.asked import again, by, change, hub, now, reading
from alliance.web.sheet import sheet

pages = Blueprint("links", __name__)

PAGE = 50
MOST_LINES = 200
"""Links made at once."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one line of many: a link, or the refusal."""

    line: str
    link: Link | None
    refusal: AllianceError | None


class Way(NamedTuple):
    """A channel on a link's page: its words if there is a link for it, else a button."""

    channel: str
    text: share.Text | None
    link: Link | None


@pages.get("/links")
def index() -> ResponseReturnValue:
    """One's links, what they brought, and which of them ask for care."""
    place, ailing = asked.page_number(), request.args.get("care") == "1"
    chosen = {"channel": request.args.get("channel", "")[:40], "q": request.args.get("q", "")[:80]}
    found = sharing.links_of(reading(), by(), now=now(), channel=chosen["channel"],
                             text=chosen["q"], ailing=ailing, place=place, size=PAGE)
    return render_template(
        "links/index.html", found=ui.Paged(found.rows, place, found.total, PAGE),
        ailing=found.ailing, care=ailing, chosen=chosen, share=share, needs_care=_needs_care,
        channels=sharing.channels(reading(), by()), public_url=hub().settings.public_url)


@pages.get("/links.csv")
def export() -> Response:
    """All of one's links for a spreadsheet."""
    head = [_("Address"), _("Leads to"), _("Product"), _("Shop"), _("Channel"), _("Piece"),
            *(f"utm_{name}" for name in addresses.UTM), "rel", _("Made"), _("Last day"),
            _("Ended"), _("State"), _("Visits"), _("Not counted"), _("Credited orders")]
    return sheet("links", head, [_row(each) for each in sharing.all_of(
        reading(), by(), now=now())])


@pages.get("/links/new")
def new() -> ResponseReturnValue:
    """The form: products to tick, addresses and article numbers to paste."""
    wanted = {name: request.args.get(name, "")[:80] for name in ("q", "shelf", "shop")}
    goods = sharing.goods(reading(), by(), now=now(), text=wanted["q"], shelf=wanted["shelf"],
                          shop=wanted["shop"])
    return render_template(
        "links/new.html", goods=goods, wanted=wanted, rels=RELS, share=share, utm=addresses.UTM,
        shops=sharing.shops(reading(), by(), now=now()),
        ticked=request.form.getlist("product"), most=sharing.MOST_GOODS)


@pages.post("/links")
def make() -> ResponseReturnValue:
    """One link, or many with a report; asking again gives the same ones."""
    lines = _lines()
    try:
        if not lines:
            raise Invalid("nothing_chosen", "Choose a product or paste an address.")
        if len(lines) > MOST_LINES:
            raise Invalid("too_many_lines", f"At most {MOST_LINES} links are made at once.",
                          most=MOST_LINES)
        details = _details() if _says_details() else None
        made = _each_once([_make(line, details) for line in lines])
        if len(made) == 1 and made[0].refusal is not None:
            raise made[0].refusal
    except AllianceError as refusal:
        return again(refusal, new)
    if len(made) == 1 and made[0].link is not None:
        flash(_("Your link: %(address)s", address=_short(made[0].link)))
        return redirect(url_for("links.show", link_id=made[0].link.id), 303)
    titles = {each.link.id: reading().get_one(Product, each.link.product_id).title
              for each in made if each.link is not None and each.link.product_id}
    return render_template("links/made.html", made=made, short=_short, titles=titles)


@pages.get("/links/<link_id>")
def show(link_id: str) -> ResponseReturnValue:
    """What it brought, and all that is needed to share it."""
    told = sharing.link(reading(), by(), link_id, now=now())
    language = i18n.known(request.args.get("words", "")) or str(i18n.locale())
    return render_template(
        "links/show.html", told=told, days=sharing.days(reading(), told.link, now=now()),
        ways=_ways(told, language), words_in=language, address=_short(told.link), share=share,
        file_name=share.file_name(told), needs_care=_needs_care(told), rels=RELS,
        utm=addresses.UTM, others=sharing.replacements(reading(), by(), told.link, now=now()),
        last_day=_last_day(told.link), key=_key(told.link))


@pages.get("/links/<link_id>/card")
def card(link_id: str) -> ResponseReturnValue:
    """A card to print: picture, code and short address."""
    told = sharing.link(reading(), by(), link_id, now=now())
    return render_template("links/card.html", told=told, address=_short(told.link))


@pages.post("/links/<link_id>/details")
def describe(link_id: str) -> ResponseReturnValue:
    """Change what one says of it oneself."""
    return _changed(link_id, lambda session: links.describe(
        session, by(), link_id, _details(), now=now()), _("Kept."))


@pages.post("/links/<link_id>/ending")
def end(link_id: str) -> ResponseReturnValue:
    """End it; who follows it is shown the replacement."""
    return _changed(link_id, lambda session: links.end(
        session, by(), link_id, replaced_by=request.form.get("replaced_by") or None, now=now()),
        _("The link has ended. Who follows it is told so."))


@pages.post("/links/<link_id>/opening")
def open_again(link_id: str) -> ResponseReturnValue:
    """Open it again."""
    return _changed(link_id, lambda session: links.open_again(
        session, by(), link_id, now=now()), _("The link is open again."))


@pages.post("/links/<link_id>/move")
def take_move(link_id: str) -> ResponseReturnValue:
    """Lead to where the page moved."""
    return _changed(link_id, lambda session: links.take_move(
        session, by(), link_id, now=now()), _("The link leads to the new address."))


def _changed(link_id: str, work: object, said: str) -> ResponseReturnValue:
    try:
        change(work)  # type: ignore[arg-type]
    except AllianceError as refusal:
        return again(refusal, show, link_id=link_id)
    flash(said)
    return redirect(url_for("links.show", link_id=link_id), 303)


def _make(line: str, details: Details | None) -> Made:
    # A transaction each: a line that is refused holds none of the others.
    form = request.form
    try:
        return Made(line, change(lambda session: typed.make(
            session, by(), line, channel=form.get("channel", "").strip(),
            asset=form.get("asset", ""), details=details, now=now())), None)
    except AllianceError as refusal:
        return Made(line, None, refusal)


def _each_once(made: list[Made]) -> list[Made]:
    # Two lines may mean one link: a product's page, and its article number.
    seen = {each.link.id if each.link else each.line: each for each in reversed(made)}
    return list(reversed(seen.values()))


def _lines() -> list[str]:
    pasted = (line.strip() for line in request.form.get("lines", "").splitlines())
    return list(dict.fromkeys(filter(None, [*request.form.getlist("product"), *pasted])))


def _says_details() -> bool:
    form = request.form
    return bool(form.get("until", "").strip() or form.get("rel", RELS[0]) != RELS[0]
                or any(form.get(f"utm_{name}", "").strip() for name in addresses.UTM))


def _details() -> Details:
    form, until = request.form, request.form.get("until", "").strip()
    try:
        last = date.fromisoformat(until) if until else None
    except ValueError:
        raise Invalid("malformed_date", "A date is written like 2026-03-01.",
                      field="until") from None
    ends = None if last is None else Period.day(last, asked.zone_name()).end
    return Details({name: form.get(f"utm_{name}", "") for name in addresses.UTM},
                   form.get("rel", RELS[0]), ends)


def _ways(told: Shared, language: str) -> list[Way]:
    beside = sharing.beside(reading(), told.link)
    own = told.link.channel
    names = [own, *(name for name in share.CHANNELS if name != own)]
    return [Way(name, share.text(told, name, _short(beside[name]), language)
                if name in beside else None, beside.get(name)) for name in names]


def _needs_care(told: Shared) -> bool:
    word, since = told.link.health, told.link.health_since
    if not told.is_open or word is None or since is None:
        return False
    return word not in sharing.WELL or (
        word == "sold_out" and now() - since >= health.LONG_SOLD_OUT)


def _short(link: Link) -> str:
    return f"{hub().settings.public_url}/l/{link.code}"


def _key(link: Link) -> str:
    return f"{link.alliance_id}/{link.product_id}" if link.product_id else link.target


def _last_day(link: Link) -> str:
    if link.expires_at is None:
        return ""
    return (link.expires_at - timedelta(seconds=1)).astimezone(
        ZoneInfo(asked.zone_name())).date().isoformat()


def _row(each: Shared) -> list[str | int]:
    link = each.link
    return [_short(link), each.address, each.product.title if each.product else "",
            each.store.name, link.channel, link.asset,
            *(link.utm.get(name, "") for name in addresses.UTM), link.rel,
            _iso(link.created_at), _last_day(link), _iso(link.ended_at),
            share.health_name(link.health) if link.health else "", *each.brought]


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(ZoneInfo(asked.zone_name())).date().isoformat()
