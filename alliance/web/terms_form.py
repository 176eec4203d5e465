"""The builder's form: terms to fields, and fields to terms through the law's own strict way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from alliance.core.clock import day_of, start_of
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate
from alliance.core.reading import money_json, read_date, time_json
from alliance.rules.agreement import from_json
from alliance.rules.terms import Basis, Cap, Clause, Condition, Field, Terms
from alliance.web import ui

MOST_CLAUSES = 8
CONDITIONS = range(2)
CAPS = range(2)
SWITCHES = ("include_tax", "include_shipping", "include_fees", "include_gift_cards")
WORDS = ("credit", "hold_from", "refund_rule")

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom, in which currency, zone and barter credits the terms are written."""

    seller: str
    host: str
    currency: Currency
    zone_name: str
    credits: Currency


def read(form: Values, parties: Parties) -> Terms:
    """The terms that the form says; raises `Invalid` naming the field that is wrong."""
    value: dict[str, Any] = {
        "seller": parties.seller, "host": parties.host, "version": 1,
        "currency": str(parties.currency),
        "clauses": [_clause(form, place, parties) for place in range(clause_count(form))],
        "effective_from": _day(form, "effective_from", parties.zone_name),
        "effective_until": _day(form, "effective_until", parties.zone_name),
        "window_days": _number(form, "window_days"), "hold_days": _number(form, "hold_days"),
        "notice_days": _number(form, "notice_days"), "bond_days": _number(form, "bond_days"),
        "recurring_days": _number(form, "recurring_days"),
        **{name: form.get(name) == "1" for name in SWITCHES},
        **{name: form.get(name, "") for name in WORDS},
    }
    for name in ("effective_from", "window_days", "hold_days", "notice_days"):
        if value[name] is None:
            raise Invalid("text_missing", "Write something here.", field=name)
    return from_json(value)


def written(terms: Terms, zone_name: str) -> dict[str, str]:
    """The fields that say these terms."""
    until = terms.effective_until
    fields = {
        "clauses": str(len(terms.clauses)), "window_days": str(terms.window_days),
        "hold_days": str(terms.hold_days), "notice_days": str(terms.notice_days),
        "bond_days": "" if terms.bond_days is None else str(terms.bond_days),
        "recurring_days": "" if terms.recurring_days is None else str(terms.recurring_days),
        "effective_from": day_of(terms.effective_from, zone_name).isoformat(),
        "effective_until": day_of(until, zone_name).isoformat() if until else "",
        **{name: "1" if getattr(terms, name) else "" for name in SWITCHES},
        **{name: str(getattr(terms, name)) for name in WORDS},
    }
    for place, clause in enumerate(terms.clauses[:MOST_CLAUSES]):
        fields |= dict(_written_clause(clause, f"c{place}-"))
    return fields


def clause_count(form: Values) -> int:
    """How many clauses the form shows: at least one, at most eight."""
    text = form.get("clauses", "1")
    is_number = text.isascii() and text.isdigit() and len(text) <= 6
    return max(1, min(int(text) if is_number else 1, MOST_CLAUSES))


def without(form: Values, gone: int) -> dict[str, str]:
    """The form with one clause taken out and those behind it moved up."""
    kept = {name: value for name, value in form.items() if not name.startswith("c") or "-" not in
            name}
    places = [place for place in range(clause_count(form)) if place != gone]
    for fresh, place in enumerate(places):
        kept |= {f"c{fresh}-{name.removeprefix(f'c{place}-')}": value
                 for name, value in form.items() if name.startswith(f"c{place}-")}
    return {**kept, "clauses": str(max(1, len(places)))}


def _clause(form: Values, place: int, parties: Parties) -> dict[str, Any]:
    start = f"c{place}-"
    basis = form.get(start + "basis", Basis.PERCENT_OF_SALE.value)
    is_percent, is_barter = basis == Basis.PERCENT_OF_SALE, basis == Basis.BARTER
    currency = parties.credits if is_barter else parties.currency
    amount = form.get(start + "amount", "").strip()
    counts_views = is_barter and form.get(start + "per") == "impressions"
    return {
        "key": form.get(start + "key", "").strip() or f"clause-{place + 1}",
        "basis": basis,
        "rate_bp": _percent(form, start + "rate") if is_percent else None,
        "amount": None if is_percent or not amount else money_json(ui.cents(amount, currency)),
        "per": (form.get(start + "per") or None) if is_barter else None,
        "block": (_number(form, start + "block") or 1) if counts_views else 1,
        "daily_limit": None if is_percent else _number(form, start + "daily"),
        "bonus": form.get(start + "bonus") == "1",
        "wanted": (form.get(start + "wanted") or "order") if basis == Basis.PER_REFERRAL
        else "order",
        "conditions": list(_conditions(form, start, parties.currency)),
        "caps": [{"per": form[f"{start}p{n}"],
                  "amount": money_json(ui.cents(form.get(f"{start}a{n}", ""), currency))}
                 for n in CAPS if form.get(f"{start}p{n}")],
    }


def _conditions(form: Values, start: str, currency: Currency) -> Iterator[dict[str, Any]]:
    for n in CONDITIONS:
        field = form.get(f"{start}f{n}", "")
        if field:
            parts = [part.strip() for part in form.get(f"{start}v{n}", "").split(",")]
            if field == Field.ORDER_AMOUNT:
                parts = [str(ui.cents(part, currency).minor) for part in parts]
            yield {"field": field, "op": form.get(f"{start}o{n}", ""), "values": parts}


def _written_clause(clause: Clause, start: str) -> Iterator[tuple[str, str]]:
    yield start + "key", clause.key
    yield start + "basis", clause.basis.value
    yield start + "rate", _as_percent(clause.rate.bp if clause.rate else None)
    yield start + "amount", ui.plain(clause.amount) if clause.amount is not None else ""
    yield start + "per", clause.per.value if clause.per else ""
    yield start + "block", str(clause.block)
    yield start + "daily", "" if clause.daily_limit is None else str(clause.daily_limit)
    yield start + "bonus", "1" if clause.bonus else ""
    yield start + "wanted", clause.wanted.value
    for n, condition in enumerate(clause.conditions[:len(CONDITIONS)]):
        yield from _written_condition(condition, start, n, clause)
    for n, cap in enumerate(clause.caps[:len(CAPS)]):
        yield from _written_cap(cap, start, n)


def _written_condition(condition: Condition, start: str, n: int,
                       clause: Clause) -> Iterator[tuple[str, str]]:
    values = list(condition.values)
    if condition.field is Field.ORDER_AMOUNT:
        home = clause.amount.currency if clause.amount is not None else Currency("EUR")
        values = [ui.plain(Money(int(value), home)) for value in values]
    yield f"{start}f{n}", condition.field.value
    yield f"{start}o{n}", condition.op.value
    yield f"{start}v{n}", ", ".join(values)


def _written_cap(cap: Cap, start: str, n: int) -> Iterator[tuple[str, str]]:
    yield f"{start}p{n}", cap.per.value
    yield f"{start}a{n}", ui.plain(cap.amount)


def _number(form: Values, name: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("malformed_number", "Write a whole number.", field=name)
    return int(text)


def _percent(form: Values, name: str) -> int | None:
    text = form.get(name, "").strip().removesuffix("%").strip().replace(",", ".")
    if not text:
        return None
    try:
        return Rate.percent(text).bp
    except Invalid as refusal:
        raise Invalid("malformed_rate", refusal.detail, field=name) from None


def _as_percent(bp: int | None) -> str:
    return "" if bp is None else str(Rate(bp)).removesuffix(" %")


def _day(form: Values, name: str, zone_name: str) -> str | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        day: date = read_date(text)
    except Invalid as refusal:
        raise Invalid("malformed_date", refusal.detail, field=name) from None
    at: datetime = start_of(day, zone_name)
    return time_json(at)
