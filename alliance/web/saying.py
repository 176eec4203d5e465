"""The law's sentences in the reader's language: a template per code, values written by locale (E3).

`VOICE` says the most read ones as pages say them; every other code speaks its template of
`rules/sentences.py`. The English is the message; catalogues translate it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from alliance.core.money import Currency, Money
from alliance.rules.attribution import Reason
from alliance.rules.remedies import Instead
from alliance.rules.sentences import TEMPLATES, Sentence
from alliance.web import asked, ui, words

VOICE: dict[str, str] = {
    "decision.credited": "Credited to {host}: their {kind} of {touched_at} came {before} before "
        "the order, inside the window of {window_days_text}.",
    "decision.shared": "Credited to {host} with {weight} of {weight_sum}: several touches count "
        "here, theirs are {touches}; the deciding one is the {kind} of {touched_at}.",
    "decision.no_evidence": "Not credited to {host}: the order carries nothing of theirs that "
        "earns; being seen does not.",
    "decision.outside_window": "Not credited to {host}: their {kind} of {touched_at} came "
        "{before} before the order; the window is {window_days_text}.",
    "decision.outside_window_after": "Not credited to {host}: their {kind} of {touched_at} came "
        "after the order of {placed_at}.",
    "decision.forged_token": "Not credited to {host}: the click token was not signed by this hub.",
    "decision.replayed_token": "Not credited to {host}: the click was already used by another "
        "order.",
    "decision.self_referral": "Not credited to {host}: the buyer belongs to their own people.",
    "decision.own_store": "Not credited to {host}: host and seller are one.",
    "decision.no_contract": "Not credited to {host}: there was no contract with them.",
    "decision.not_in_force": "Not credited to {host}: the terms were not in force on "
        "{touched_at}.",
    "decision.excluded": "Not credited to {host}: the terms pay nothing for what was ordered.",
    "decision.cap_waiting": "Counted for {host} with {weight} of {weight_sum}, but a cap is "
        "reached: what lies above it waits for the seller.",
    "decision.invalid_click": "Not credited to {host}: the click was not valid ({invalid}).",
    "decision.test_order": "Not credited to {host}: the store says this is a test order.",
    "decision.unpaid": "Not credited to {host}: the order is not paid, or it was cancelled.",
    "decision.member_suspended": "Not credited to {host}: they are suspended from the alliance.",
    "decision.hold_out": "Not credited to {host}: the shopper was in the group that measures what "
        "happens without recommendations.",
    "decision.other_host_won": "Not credited to {host}: another member's {winner_kind} of "
        "{winner_at} earned this order.",
    "terms.window": "A touch earns if the order follows within this time: {days_text}.",
    "terms.hold.payment": "Each commission is on hold after the payment of the order: "
        "{days_text}.",
    "terms.hold.completion": "Each commission is on hold after the completion of the order: "
        "{days_text}.",
    "terms.cycle.week": "Accounts close each week. Time to object: {review_text}. Time to pay: "
        "{due_text}.",
    "terms.cycle.month": "Accounts close each month. Time to object: {review_text}. Time to pay: "
        "{due_text}.",
    "terms.notice": "Either side may end the contract. Notice: {days_text}.",
    "terms.bond": "After an order that it earned, a customer stays the host's: {days_text}.",
    "terms.recurring": "Renewals of a subscription earn like its first order, for this long after "
        "it: {days_text}.",
    "campaign.hold": "What is owed for a used code is on hold after the payment of the order that "
        "used it: {days_text}.",
    "component.valid": "Each code is good once, in this shop alone. It lasts: {days_text}.",
}
"""How pages say a code where they say it otherwise than the law does; same values."""

_MOMENTS = {"touched_at", "placed_at", "winner_at", "from_at", "until_at"}
_DAYS = {"from", "until"}
_KINDS = {"kind": "kind", "winner_kind": "kind", "invalid": "fault"}
_LENGTHS = {"days", "window_days", "review", "due"}


def install(app: Flask) -> None:
    """Let templates say sentences: `{{ sentence | say }}`."""
    app.jinja_env.filters["say"] = say
    app.jinja_env.filters["working"] = working
    app.jinja_env.filters["instead"] = instead


def say(sentence: Sentence, **more: str) -> str:
    """The sentence in the reader's language; `more` fills what the law does not know, as a name."""
    template = str(_(VOICE.get(sentence.code) or TEMPLATES[sentence.code]))
    return template.format_map({**_spoken(sentence.values), **more})


def instead(tried: Instead) -> str:
    """What one change would have given, in a sentence with its sum."""
    change, decision = say(tried.change), tried.decision
    amount = " + ".join(ui.money(each) for each in tried.amounts)
    if decision.reason is Reason.CAP_WAITING:
        return str(_("%(change)s: counted, but waiting above a cap.", change=change))
    if decision.reason is not None:
        return str(_("%(change)s: still not credited (%(reason)s).", change=change,
                     reason=words.word(f"reason.{decision.reason}")))
    if decision.weight != decision.weight_sum:
        return str(_("%(change)s: credited with %(weight)s of %(weight_sum)s, %(amount)s.",
                     change=change, weight=ui.number(decision.weight), amount=amount,
                     weight_sum=ui.number(decision.weight_sum)))
    if amount:
        return str(_("%(change)s: credited, %(amount)s.", change=change, amount=amount))
    return str(_("%(change)s: credited.", change=change))


def working(kept: Mapping[str, str | int]) -> str:
    """How a commission came about, from the working that is kept with it."""
    values = {name: value for name, value in kept.items() if name != "code"}
    return say(Sentence(str(kept["code"]), values))


def _spoken(values: Mapping[str, str | int]) -> dict[str, str | int]:
    spoken: dict[str, str | int] = {}
    for name, value in values.items():
        spoken[name] = _value(name, value, values)
        if name in _LENGTHS:
            spoken[f"{name}_text"] = length(int(value))
    if "days" in values:
        days = int(values["days"])
        spoken["before"] = length(days) if days else _("less than a day")
    return spoken


def _value(name: str, value: str | int, values: Mapping[str, str | int]) -> str | int:
    if f"{name}_minor" in values:
        return ui.money(Money(int(values[f"{name}_minor"]),
                              Currency(str(values[f"{name}_currency"]))))
    if f"{name}_days" in values:
        return length(int(values[f"{name}_days"]))
    if f"{name}_hours" in values:
        return _hours(int(values[f"{name}_hours"]))
    if name == "per" and "per_code" in values:
        return words.word(f"cap.{values['per_code']}")
    if name == "rate" and "rate_bp" in values:
        return ui.share(int(values["rate_bp"]))
    if name in _MOMENTS:
        return ui.moment(datetime.fromisoformat(str(value)))
    if name in _DAYS:
        return ui.day(datetime.fromisoformat(str(value)))
    if name == "day":
        return ui.day(date.fromisoformat(str(value)))
    if name in _KINDS:
        return words.word(f"{_KINDS[name]}.{value}") if value else ""
    if name == "field":
        return words.word("field." + str(value).replace(" ", "_"))
    if name in ("seller", "host", "member"):
        return asked.names().get(str(value), str(value))
    return value


def _hours(count: int) -> str:
    return str(ngettext("%(count)s hour", "%(count)s hours", count, count=ui.number(count)))


def length(days: int) -> str:
    """`30 days` in the reader's language."""
    return str(ngettext("%(count)s day", "%(count)s days", days, count=ui.number(days)))
