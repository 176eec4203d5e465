"""Paths to purchase: who opened, helped and closed the sales, and what other models would give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.clock import Period
from alliance.insights import paths
from alliance.insights.paths import Report, Row
from alliance.rules.paths import MODELS
from alliance.web import asked, ui, words
from alliance.web.asked import by, now, reading
from alliance.web.sheet import sheet

pages = Blueprint("paths", __name__)

SPANS = (30, 90, 365)
"""Days that a report may look back."""

WAYS = ("widget", "link", "coupon", "bond", "spoken")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader wants to see; anything unknown is what comes first."""

    box: str
    days: int
    group: str
    kind: str
    way: str


@pages.get("/paths")
def index() -> ResponseReturnValue:
    """A sentence, one chart, and a row for each member (or kind, way, place)."""
    chosen, known = _asked(), paths.kinds(reading(), by())
    found = _report(chosen)
    top = next((row for row in found.rows if chosen.group == paths.MEMBER), None)
    return render_template(
        "paths/index.html", found=found, chosen=chosen, spans=SPANS, kinds=known, ways=WAYS,
        groups=paths.BY[chosen.box], rows=ui.paged(found.rows), top=top, named=_named(chosen),
        share_of=_share_of(chosen, found), models=MODELS)


@pages.get("/paths.csv")
def export() -> Response:
    """The same rows for a spreadsheet: counts, and shares of orders to four decimals."""
    chosen = _asked()
    found, named = _report(chosen), _named(chosen)
    head = [_("Name"), _("Paths"), _("Touches"), _("Opened"), _("Closed"), _("Helped"),
            *(words.word(f"credit.{model}") for model in MODELS), _("The contract gave")]
    return sheet(f"paths-{chosen.box}-{chosen.days}-days", head, [
        [named(row.key), row.part.paths, row.part.touches, row.part.opened, row.part.closed,
         row.part.helped, *(_decimal(share) for share in (*row.part.shares, row.part.given))]
        for row in found.rows])


def _asked() -> Asked:
    args = request.args
    box = paths.OUT if args.get("box") == paths.OUT else paths.IN
    days = next((days for days in SPANS if str(days) == args.get("days")), SPANS[1])
    group, kind, way = (args.get(name, "") for name in ("by", "kind", "way"))
    return Asked(box, days, group if group in paths.BY[box] else paths.MEMBER,
                 kind if kind in paths.kinds(reading(), by()) else "", way if way in WAYS else "")


def _report(chosen: Asked) -> Report:
    span = Period(now() - timedelta(days=chosen.days), now())
    return paths.report(reading(), by(), chosen.box, span, group=chosen.group, kind=chosen.kind,
                        way=chosen.way)


def _named(chosen: Asked) -> Callable[[str], str]:
    def name(key: str) -> str:
        if chosen.group == paths.MEMBER:
            return asked.names().get(key, key)
        if chosen.group == paths.KIND:
            return words.word(key)
        # A place is called what its host called it; only a way has a word of ours.
        return words.word(f"touch.{key}") if key in WAYS else key

    return name


def _share_of(chosen: Asked, found: Report) -> Callable[[Row, Fraction | int], int]:
    """Whole percents, in basis points: of all paths that came, or of one's own, where one sent."""
    def share(row: Row, part: Fraction | int) -> int:
        whole = found.paths if chosen.box == paths.IN else row.part.paths
        return int(Fraction(part * 100, whole) + Fraction(1, 2)) * 100

    return share


def _decimal(share: Fraction) -> str:
    tenths = int(share * 10_000 + Fraction(1, 2))
    return f"{tenths // 10_000}.{tenths % 10_000:04d}"
