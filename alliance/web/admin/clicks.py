"""Clicks: which of them count, and why not the others? And what is held until someone looked."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError
from alliance.insights import clicks
from alliance.insights.orders import IN, OUT
from alliance.rules import validity
from alliance.trust import holds
from alliance.web import asked, share, ui, words
from alliance.web.asked import again, by, change, names, now, reading
from alliance.web.sheet import sheet

pages = Blueprint("clicks", __name__)

PAGE = 10


@pages.get("/clicks")
def index() -> ResponseReturnValue:
    """The last weeks by reason, place and day; the latest that did not count; holds."""
    box, place = _box(), asked.page_number()
    counted = clicks.counted(reading(), by(), box=box, now=now())
    found, total = clicks.recent(reading(), by(), box=box, number=place, size=PAGE)
    assets = {asset for _member, asset in counted.places} | {each.asset for each in found}
    return render_template(
        "clicks/index.html", box=box, counted=counted, days=clicks.DAYS,
        found=ui.Paged(found, place, total, PAGE), where=_where(sorted(assets)),
        voids=validity.voids, held=clicks.held(reading(), by()))


@pages.get("/clicks.csv")
def export() -> Response:
    """Every day, member, place and verdict for a spreadsheet."""
    rows = list(clicks.rows(reading(), by(), box=_box(), now=now()))
    where = _where(sorted({row[2] for row in rows}))
    return sheet("clicks", [_("Day"), _("Member"), _("Where"), _("Counted"), _("Reason"),
                            _("Clicks")], [
        (day, names().get(member, ""), where(asset), _("yes") if verdict == "valid" else _("no"),
         "" if verdict == "valid" else words.word(f"fault.{verdict}"), number)
        for day, member, asset, verdict, number in rows])


@pages.post("/holds/<hold_id>/decision")
def decide(hold_id: str) -> ResponseReturnValue:
    """Release or reverse what is held, with words for the host."""
    outcome = request.form.get("outcome", "")
    try:
        change(lambda session: holds.decide(
            session, by(), hold_id, outcome=outcome, words=request.form.get("words", ""),
            now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Released. What was held goes its way again.") if outcome == holds.RELEASED
          else _("Reversed. The host reads your words beside it."))
    return redirect(url_for("clicks.index"), 303)


def _box() -> str:
    return IN if request.args.get("box") == IN else OUT


def _where(assets: list[str]) -> Callable[[str], str]:
    named = clicks.places(reading(), assets)

    def where(asset: str) -> str:
        name, piece = named.get(asset, ("", ""))
        if asset.startswith("lnk"):
            channel = share.channel_name(name) if name else words.word("touch.link")
            return f"{channel}, {piece}" if piece else channel
        return name or words.word("touch.widget")

    return where
