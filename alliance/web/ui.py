"""What templates say with: money, numbers, dates and shares in the reader's language; pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from alliance.content.rendering import Html
from alliance.core.errors import AllianceError
from alliance.core.money import Currency, Money, Rate
from alliance.merchants.model import CATEGORIES
from alliance.web import asked, i18n, store_words, words

T = TypeVar("T")

PAGE = 100
"""Rows of a page that is read row by row."""


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """One page of rows, and where it stands among all."""

    rows: Sequence[T]
    number: int
    total: int
    size: int = PAGE

    @property
    def first(self) -> int:
        """The place of the first row, from 1; 0 where there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The place of the last row."""
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return self.last < self.total


def install(app: Flask) -> None:
    """Give templates these filters and words."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    filters = {
        "money": money, "plain": plain, "day": day, "short_day": short_day, "last_day": last_day,
        "moment": moment, "ago": ago, "share": share, "number": number, "word": words.word,
        "article_text": article_text, "change": change, "per_thousand": per_thousand,
        "shift": shift, "initial": initial, "host": host, "span": span,
        "refusal_of": words.refusal, "stumbled": words.stumbled, "hook_topic": store_words.topic,
        "check_name": store_words.check, "check_mending": store_words.check_mending,
        "mending": store_words.mending, "piece_name": store_words.piece,
        "extra_name": store_words.extra, "extra_says": store_words.extra_says,
        "member_name": lambda member_id: asked.names().get(member_id, "")}
    app.jinja_env.filters.update(filters)
    app.context_processor(_context)


def money(amount: Money) -> str:
    """`€212.40` as the reader's language writes it; barter credits as `12 credits`."""
    if amount.currency.is_credits:
        return str(ngettext("%(count)s credit", "%(count)s credits", abs(amount.minor),
                            count=number(amount.minor)))
    text = numbers.format_currency(_units(amount), str(amount.currency), locale=i18n.locale())
    return str(text).replace("-", "\u2212")


def plain(amount: Money) -> str:
    """The bare decimal, as a form field or a chart takes it."""
    scale = amount.currency.scale
    return f"{_units(amount):.{scale}f}"


def number(value: int) -> str:
    """A whole number with the separators of the language."""
    return str(numbers.format_decimal(value, locale=i18n.locale()))


def share(bp: int | Rate) -> str:
    """Basis points as a percentage."""
    points = bp.bp if isinstance(bp, Rate) else bp
    return str(numbers.format_percent(Decimal(points) / 10_000, locale=i18n.locale(),
                                      format="#,##0.## %"))


def shift(value: int) -> str:
    """A layout shift, which is kept in ten-thousandths, as browsers tell it."""
    return str(numbers.format_decimal(Decimal(value).scaleb(-4), locale=i18n.locale(),
                                      format="0.####"))


def per_thousand(rate: Decimal) -> str:
    """A rate for each of a thousand, with one digit behind the point."""
    text = numbers.format_decimal(rate * 1000, locale=i18n.locale(), format="#,##0.#")
    return str(text).replace("-", "\u2212")


def change(now: int, before: int) -> str:
    """How much more or less, as a signed percentage; nothing where there was nothing before."""
    if not before:
        return ""
    points = Decimal(now - before) / Decimal(before)
    return str(numbers.format_percent(points, locale=i18n.locale(),
                                      format="+#,##0.# %;−#,##0.# %"))


def day(at: datetime | date) -> str:
    """`3 November 2026`, in the reader's zone."""
    return str(dates.format_date(_local(at), "long", locale=i18n.locale()))


def last_day(at: datetime) -> str:
    """The last whole day before an instant at which something is over: periods are half-open."""
    return day(at - timedelta(seconds=1))


def short_day(at: datetime | date) -> str:
    """`3 Nov`."""
    return str(dates.format_skeleton("MMMd", _local(at), locale=i18n.locale()))


def moment(at: datetime) -> str:
    """`3 Nov 2026, 10:12`, in the reader's zone."""
    local = _local(at)
    date_text = dates.format_skeleton("yMMMd", local, locale=i18n.locale())
    return str(_("%(day)s, %(time)s", day=date_text,
                 time=dates.format_time(local, "short", locale=i18n.locale())))


def ago(at: datetime) -> str:
    """`3 hours ago`, or `in 5 days`."""
    if timedelta(seconds=-1) < at - asked.now() < timedelta(seconds=1):
        return str(_("just now"))
    return str(dates.format_timedelta(at - asked.now(), add_direction=True, locale=i18n.locale(),
                                      threshold=1.2))


def span(start: datetime, end: datetime) -> str:
    """A half-open period by its first and last day; a calendar month by its name."""
    first, last = _local(start), _local(end - timedelta(seconds=1))
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and (
            last + timedelta(days=1)).day == 1:
        return str(dates.format_skeleton("yMMMM", first, locale=i18n.locale()))
    return str(dates.format_interval(first, last, "yMMMd", locale=i18n.locale()))


def article_text(html: Html) -> Markup:
    """A stretch of an article that passed both locks of `content.rendering`."""
    return Markup(html.text)


def initial(name: str) -> str:
    """The sign in a member's round face."""
    return name[:1].upper()


def host(address: str) -> str:
    """An address without its scheme, as people say it."""
    return address.partition("://")[2] or address


def cents(text: str, currency: Currency) -> Money:
    """What somebody typed as an amount: `12.90` or `12,90`."""
    typed = text.strip().replace(" ", "").replace("\u00a0", "")
    if typed.count(",") == 1 and "." not in typed:
        typed = typed.replace(",", ".")
    return Money.parse(typed, currency)


def paged(rows: Sequence[T], *, size: int = PAGE) -> Paged[T]:
    """The page of these rows that the request asks for."""
    place = asked.page_number()
    return Paged(rows[(place - 1) * size:place * size], place, len(rows), size)


def _context() -> dict[str, Any]:
    return {
        "asset": current_app.extensions["assets"].path, "languages": i18n.LANGUAGES,
        "language": i18n.tag(), "now": asked.now(), "names": asked.names, "typed": _typed,
        "wrong": _wrong, "refusal": g.get("refusal"), "refusal_text": _refusal_text,
        "categories": CATEGORIES, "is_demo": asked.hub().settings.demo, "here": _here,
        "other_page": _other_page, "zone_name": asked.zone_name, "Money": Money,
        "actor": g.get("actor"), "person_name": g.get("person_name", ""),
        "is_right_now": lambda at: asked.now() - at < timedelta(minutes=2),
    }


def _typed(name: str, otherwise: object = "") -> object:
    """What was typed into a refused form, so that nothing has to be typed twice."""
    return request.form.get(name, "") if request.method == "POST" else otherwise


def _wrong(name: str) -> str:
    refusal: AllianceError | None = g.get("refusal")
    is_it = refusal is not None and refusal.facts.get("field") == name
    return words.refusal(refusal) if refusal is not None and is_it else ""


def _refusal_text() -> str:
    refusal: AllianceError | None = g.get("refusal")
    return words.refusal(refusal) if refusal is not None else ""


def _here(prefix: str) -> Markup:
    is_here = (request.endpoint or "").partition(".")[0] == prefix
    return Markup(' aria-current="page"') if is_here else Markup("")


def _other_page(place: int) -> str:
    values: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), "page": place}
    return url_for(request.endpoint or "home", **values)


def _units(amount: Money) -> Decimal:
    return Decimal(amount.minor).scaleb(-amount.currency.scale)


def _local(at: datetime | date) -> Any:
    return at.astimezone(ZoneInfo(asked.zone_name())) if isinstance(at, datetime) else at

