"""The builder's form of a campaign: a plan to fields, and fields to a plan the law then checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from alliance.core.clock import day_of, start_of
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate
from alliance.core.reading import read_date
from alliance.insights.campaigns import Shop
from alliance.rules.campaigns import MOST_PARTS, CampaignKind, Part, Plan
from alliance.rules.gifts import Kind, Trigger, TriggerKind
from alliance.web import ui

Word = TypeVar("Word", Kind, TriggerKind, CampaignKind)
Values = Mapping[str, str]
Find = Callable[[str, str], str | None]
"""From a store and what somebody typed to the id (or the store's own ref) of a product."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan is written: the alliance, its shops and members, and how products are found."""

    alliance_id: str
    currency: Currency
    zone_name: str
    hold_days: int
    shops: Mapping[str, Shop]
    members: tuple[str, ...]
    find_id: Find
    find_ref: Find


def read(form: Values, place: Place) -> Plan:
    """The plan that the form says; raises `Invalid` naming the field that is wrong."""
    home = place.shops.get(form.get("store", ""))
    currency = home.currency if home else place.currency
    budget = form.get("budget", "").strip()
    starts, ends = dates(form, place)
    return Plan(
        alliance=place.alliance_id, host=home.member_id if home else "",
        store=home.store_id if home else "", kind=_kind(form), name=form.get("name", ""),
        trigger=_trigger(form, place, currency), currency=currency, starts_at=starts, ends_at=ends,
        audience=form.get("audience", "all"), claims_limit=number(form, "claims_limit"),
        hold_days=_filled(number(form, "hold_days"), place.hold_days),
        budget=amount(form, "budget", currency) if budget else None,
        parts=tuple(part(form, n, place, currency) for n in range(count(form))))


def part(form: Values, n: int, place: Place, currency: Currency) -> Part:
    """One component; what its kind does not use is left out, whatever was typed."""
    start = f"p{n}-"
    shop = place.shops.get(form.get(start + "store", ""))
    kind = _word(form, start + "kind", Kind)
    worth = amount(form, start + "worth", currency)
    typed = form.get(start + "product", "").strip()
    product = None
    if kind is Kind.SAMPLE and shop is not None and typed:
        product = place.find_id(shop.store_id, typed)
        if product is None:
            raise Invalid("foreign_product", "That is no product of the shop that gives it.",
                          field=start + "product", part=n)
    return Part(
        seller=shop.member_id if shop else "", store=shop.store_id if shop else "", kind=kind,
        title=form.get(start + "title", ""), worth=worth,
        amount=worth if kind is Kind.AMOUNT else None, product=product,
        rate=_rate(form, start + "rate") if kind is Kind.PERCENT else None,
        minimum=amount(form, start + "minimum", currency, empty=0),
        valid_days=_filled(number(form, start + "valid_days"), 30),
        stock=_filled(number(form, start + "stock"), 20),
        shares=_shares(form, start, place.members))


def written(plan: Plan, place: Place, title_of: Callable[[str | None], str]) -> dict[str, str]:
    """The fields that say this plan."""
    fields = {
        "alliance": plan.alliance, "store": plan.store, "kind": plan.kind.value, "name": plan.name,
        "trigger": plan.trigger.kind.value, "names": ", ".join(plan.trigger.names),
        "minimum": ui.plain(plan.trigger.minimum) if plan.trigger.minimum.minor else "",
        "audience": plan.audience, "hold_days": str(plan.hold_days),
        "budget": ui.plain(plan.budget) if plan.budget is not None else "",
        "claims_limit": "" if plan.claims_limit is None else str(plan.claims_limit),
        "starts_at": day_of(plan.starts_at, place.zone_name).isoformat(),
        "ends_at": _last_day(plan.ends_at, place), "parts": str(len(plan.parts)),
    }
    for n, each in enumerate(plan.parts):
        start = f"p{n}-"
        fields |= {
            start + "store": each.store, start + "kind": each.kind.value,
            start + "title": each.title, start + "worth": ui.plain(each.worth),
            start + "minimum": ui.plain(each.minimum) if each.minimum.minor else "",
            start + "valid_days": str(each.valid_days), start + "stock": str(each.stock),
            start + "rate": str(each.rate).removesuffix(" %") if each.rate else "",
            start + "product": title_of(each.product),
            **{f"{start}w-{member}": str(weight) for member, weight in each.shares}}
    return fields


def stepped(form: Values) -> dict[str, str]:
    """The form after a step of the builder: one component more, or one taken out."""
    step, values = form.get("step", ""), dict(form)
    if step == "add":
        return {**values, "parts": str(min(count(form) + 1, MOST_PARTS))}
    gone = step.removeprefix("remove-")
    if not step.startswith("remove-") or not (gone.isascii() and gone.isdigit()):
        return values
    kept = {name: value for name, value in form.items() if not _of_part(name)}
    places = [place for place in range(count(form)) if place != int(gone[:3])]
    for fresh, place in enumerate(places):
        kept |= {f"p{fresh}-{name.removeprefix(f'p{place}-')}": value
                 for name, value in form.items() if name.startswith(f"p{place}-")}
    return {**kept, "parts": str(max(1, len(places)))}


def count(form: Values) -> int:
    """How many components the form shows: a pack one to eight, others one."""
    if form.get("kind", CampaignKind.GIFT_PACK.value) != CampaignKind.GIFT_PACK.value:
        return 1
    text = form.get("parts", "1")
    is_number = text.isascii() and text.isdigit() and len(text) <= 3
    return max(1, min(int(text) if is_number else 1, MOST_PARTS))


def number(form: Values, name: str) -> int | None:
    """A whole number that somebody typed, None for an empty field."""
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise Invalid("malformed_number", "Write a whole number.", field=name)
    return int(text)


def dates(form: Values, place: Place) -> tuple[datetime, datetime | None]:
    """The first instant, and the one behind the last day; None where no last day is typed."""
    starts = _day(form, "starts_at", place)
    if starts is None:
        raise Invalid("text_missing", "Write something here.", field="starts_at")
    return starts, _day(form, "ends_at", place, after=True)


def _trigger(form: Values, place: Place, currency: Currency) -> Trigger:
    kind = _word(form, "trigger", TriggerKind)
    names = [each.strip() for each in form.get("names", "").split(",") if each.strip()]
    if kind is TriggerKind.PRODUCT:
        names = [place.find_ref(form.get("store", ""), each) or "" for each in names]
        if "" in names:
            raise Invalid("foreign_product", "That is no product of the shop that gives it.",
                          field="names")
    if kind is TriggerKind.AMOUNT:
        names = []
    try:
        return Trigger(kind, amount(form, "minimum", currency, empty=0),
                       tuple(dict.fromkeys(names)))
    except Invalid as refusal:
        # The law knows no form: here it is said which field was meant.
        raise _at(refusal, "minimum" if refusal.code == "no_threshold" else "names") from None


def _shares(form: Values, start: str, members: Iterable[str]) -> tuple[tuple[str, int], ...]:
    found = [(member, number(form, f"{start}w-{member}") or 0) for member in members]
    return tuple((member, weight) for member, weight in found if weight)


def amount(form: Values, name: str, currency: Currency, empty: int | None = None) -> Money:
    """An amount that somebody typed; `empty`, in minor units, for an empty field."""
    text = form.get(name, "").strip()
    if not text:
        if empty is None:
            raise Invalid("text_missing", "Write something here.", field=name)
        return Money(empty, currency)
    try:
        typed = ui.cents(text, currency)
    except Invalid as refusal:
        raise _at(refusal, name) from None
    if typed.minor < 0:
        raise Invalid("negative_amount", "An amount cannot lie below zero here.", field=name)
    return typed


def _rate(form: Values, name: str) -> Rate:
    text = form.get(name, "").strip().removesuffix("%").strip().replace(",", ".")
    try:
        return Rate.percent(text)
    except Invalid:
        raise Invalid("malformed_rate", "A rate is a percentage between 0 and 100, such as 12.5.",
                      field=name) from None


def _day(form: Values, name: str, place: Place, *, after: bool = False) -> datetime | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        day: date = read_date(text)
        return start_of(day + timedelta(days=1) if after else day, place.zone_name)
    except (Invalid, OverflowError):
        raise Invalid("malformed_date", "A date is written like 2026-03-01.",
                      field=name) from None


def _last_day(at: datetime | None, place: Place) -> str:
    if at is None:
        return ""
    return day_of(at - timedelta(seconds=1), place.zone_name).isoformat()


def _kind(form: Values) -> CampaignKind:
    return _word(form, "kind", CampaignKind)


def _word(form: Values, name: str, words: type[Word]) -> Word:
    try:
        return words(form.get(name, ""))
    except ValueError:
        raise Invalid("unknown_word", "A word is none of those that are known here.",
                      field=name) from None


def _at(refusal: Invalid, field: str) -> Invalid:
    refusal.facts = {"field": field, **refusal.facts}
    return refusal


def _filled(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _of_part(name: str) -> bool:
    start, dash, _ = name.partition("-")
    return bool(dash) and start[:1] == "p" and start[1:].isdigit()
