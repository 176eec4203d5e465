"""What would have been needed for a host to be credited, and what it would then have got (E3).

Nothing here is guessed: a change is tried by deciding the same stored inputs again with that one
thing different, and what comes out is told, also where it is another refusal (law §4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from alliance.core.money import Money
from alliance.core.orders import OrderState, Wanted
from alliance.rules import attribution, income
from alliance.rules.attribution import Decision, Reason, facts_of
from alliance.rules.clauses import counted_lines, of_line, of_order, paying, promises
from alliance.rules.conditions import holds
from alliance.rules.evidence import Evidence, Inputs, Touch
from alliance.rules.sentences import TEMPLATES, Sentence, money_values, stamp
from alliance.rules.summary import condition_said
from alliance.rules.terms import CapPer, Cause, Clause, CreditModel, Field, Terms, cause
from alliance.rules.validity import REPEAT_WITHIN

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Instead:
    """One thing changed, what the host would then have been told, and what it would have earned.

    `amounts` has one sum per currency, before caps; none where the order keeps nothing by now.
    """

    change: Sentence
    decision: Decision
    amounts: tuple[Money, ...]

    @property
    def is_credited(self) -> bool:
        """Whether the change alone would have been enough."""
        return self.decision.outcome == attribution.CREDITED


def needed(inputs: Inputs, decision: Decision,
           waiting: Money | None = None) -> tuple[Sentence, ...]:
    """What was missing, in one sentence or a few; nothing for who was credited.

    `waiting` is what lies above a cap by the ledger, which the inputs do not say.
    """
    if decision.reason is None:
        return ()
    tell = _NEEDED.get(decision.reason)
    if tell is not None:
        return tell(inputs, decision, _touch_of(inputs, decision), waiting)
    return (Sentence(f"needed.{decision.reason}", _moments(decision)),)


def instead(inputs: Inputs, decision: Decision) -> tuple[Instead, ...]:
    """What single changes would have given the host, each decided anew.

    Only changes that answer the reason are told: one after which the same reason stands is none.
    """
    if decision.reason is None or decision.reason not in _CHANGES:
        return ()
    found = []
    for change, changed in _CHANGES[decision.reason](inputs, decision, _touch_of(inputs, decision)):
        decided = attribution.decide(changed.order, changed.touches, changed.standing)
        mine = next(each for each in decided if each.host == decision.host)
        if mine.reason is not decision.reason:
            found.append(Instead(change, mine, income.earned(changed, mine.host, decided)))
    return tuple(found)


Told = tuple[Sentence, ...]
Change = tuple[Sentence, Inputs]


def _outside_window(inputs: Inputs, decision: Decision, touch: Touch, _: Money | None) -> Told:
    gap = inputs.order.placed_at - touch.at
    if gap < timedelta(0):
        return (Sentence("needed.outside_window.after", {**_moments(decision), **_late(-gap)}),)
    days = int(decision.numbers["window_days"])
    values = {**_moments(decision), **_length("window", days), **_late(gap - days * A_DAY)}
    kind = touch.kind if touch.kind in (Evidence.BOND, Evidence.RENEWAL) else ""
    return (Sentence(f"needed.outside_window.{kind}".rstrip("."), values),)


def _no_evidence(_: Inputs, decision: Decision, touch: Touch, __: Money | None) -> Told:
    kind = touch.kind if touch.kind in (Evidence.BOND, Evidence.RENEWAL) else ""
    return (Sentence(f"needed.no_evidence.{kind}".rstrip("."), _moments(decision)),)


def _not_in_force(_: Inputs, decision: Decision, touch: Touch, __: Money | None) -> Told:
    terms = touch.terms
    if terms is None:
        return (Sentence("needed.no_contract", _moments(decision)),)
    values = {**_moments(decision), "from_at": stamp(terms.effective_from)}
    if touch.at < terms.effective_from or terms.effective_until is None:
        return (Sentence("needed.not_in_force.early", values),)
    return (Sentence("needed.not_in_force.late",
                     {**values, "until_at": stamp(terms.effective_until)}),)


def _invalid_click(_: Inputs, decision: Decision, touch: Touch, __: Money | None) -> Told:
    values = {**_moments(decision), "minutes": REPEAT_WITHIN // timedelta(minutes=1)}
    code = f"needed.invalid_click.{touch.invalid}"
    # A word of an older hub is told as the word that it is.
    return (Sentence(code if code in TEMPLATES else "needed.invalid_click", values),)


def _unpaid(inputs: Inputs, decision: Decision, _: Touch, __: Money | None) -> Told:
    is_lost = inputs.order.state in (OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED)
    return (Sentence(f"needed.unpaid{'.lost' if is_lost else ''}", _moments(decision)),)


def _excluded(inputs: Inputs, decision: Decision, touch: Touch, _: Money | None) -> Told:
    assert touch.terms is not None
    said = _moments(decision)
    if inputs.order.renews is not None:
        return (Sentence("needed.excluded.renewal", said),)
    payable = [each for each in touch.terms.clauses if cause(each) is _cause(inputs)]
    if not any(promises(each) for each in payable):
        return (Sentence("needed.excluded.no_clause", said),)
    refusing = _exception(inputs, touch, touch.terms)
    if refusing is not None:
        return (Sentence("needed.excluded.exception", {**said, "clause": refusing.key}),)
    first = next(each for each in payable if promises(each))
    return (Sentence("needed.excluded", said), *_failing(inputs, touch, touch.terms, first))


def _cap_waiting(inputs: Inputs, decision: Decision, touch: Touch, waiting: Money | None) -> Told:
    assert touch.terms is not None
    caps = [cap for clause in touch.terms.clauses for cap in clause.caps
            if cause(clause) is _cause(inputs)]
    said = Sentence("needed.cap_waiting", _moments(decision))
    if len(caps) == 1:
        said = Sentence("needed.cap_waiting.one", {
            **_moments(decision), **money_values("cap", caps[0].amount),
            "per": _PER[caps[0].per], "per_code": caps[0].per.value})
    if waiting is None:
        return (said,)
    return (said, Sentence("needed.cap_waiting.amount", money_values("waiting", waiting)))


_PER = {CapPer.ORDER: "per order", CapPer.DAY: "a day", CapPer.WEEK: "a week",
        CapPer.MONTH: "a month", CapPer.BUDGET: "in all"}


def _other_host_won(inputs: Inputs, decision: Decision, _: Touch, __: Money | None) -> Told:
    counting = _counting(inputs)
    winner = Evidence(str(decision.numbers["winner_kind"]))
    values = {**_moments(decision), "winner_at": str(decision.numbers["winner_at"])}
    if decision.host not in {each.host for each in counting}:
        return (Sentence(f"needed.other_host_won.{winner}", values),)
    place = "first" if attribution.model_of(counting) is CreditModel.FIRST else "last"
    return (Sentence(f"needed.other_host_won.{place}", values),)


_NEEDED: dict[Reason, Callable[[Inputs, Decision, Touch, Money | None], Told]] = {
    Reason.OUTSIDE_WINDOW: _outside_window, Reason.NO_EVIDENCE: _no_evidence,
    Reason.NOT_IN_FORCE: _not_in_force, Reason.INVALID_CLICK: _invalid_click,
    Reason.UNPAID: _unpaid, Reason.EXCLUDED: _excluded, Reason.CAP_WAITING: _cap_waiting,
    Reason.OTHER_HOST_WON: _other_host_won,
}
"""Reasons whose sentence depends on more than the reason."""


def _longer_window(inputs: Inputs, _: Decision, touch: Touch) -> Iterator[Change]:
    gap = inputs.order.placed_at - touch.at
    if gap < timedelta(0) or touch.terms is None:
        return
    # A part of a day is a day more: terms count in whole days.
    days = -(-gap // A_DAY)
    changed = {
        Evidence.BOND: ("bond", replace(touch.terms, bond_days=days)),
        Evidence.RENEWAL: ("renewals", replace(touch.terms, recurring_days=days)),
    }
    code, terms = changed.get(touch.kind, ("window", replace(touch.terms, window_days=days)))
    yield Sentence(f"instead.{code}", _length("window", days)), _with_terms(inputs, touch, terms)


def _evidence(inputs: Inputs, _: Decision, touch: Touch) -> Iterator[Change]:
    if touch.kind is Evidence.VIEW:
        yield Sentence("instead.click"), _with_touch(inputs, replace(touch, kind=Evidence.CLICK))
    elif touch.kind is Evidence.BOND and touch.terms is not None:
        days = max(1, -(-(inputs.order.placed_at - touch.at) // A_DAY))
        yield (Sentence("instead.bond", _length("window", days)),
               _with_terms(inputs, touch, replace(touch.terms, bond_days=days)))


def _good_token(inputs: Inputs, _: Decision, touch: Touch) -> Iterator[Change]:
    yield Sentence("instead.genuine"), _with_touch(inputs, replace(touch, forged=False))


def _fresh_click(inputs: Inputs, _: Decision, touch: Touch) -> Iterator[Change]:
    yield Sentence("instead.fresh_click"), _with_touch(inputs, replace(touch, replayed=False))


def _valid_click(inputs: Inputs, _: Decision, touch: Touch) -> Iterator[Change]:
    yield Sentence("instead.valid"), _with_touch(inputs, replace(touch, invalid=None))


def _in_force(inputs: Inputs, _: Decision, touch: Touch) -> Iterator[Change]:
    if touch.terms is not None:
        begun = min(touch.at, touch.terms.effective_from)
        yield Sentence("instead.in_force"), _with_terms(inputs, touch, replace(
            touch.terms, effective_from=begun, effective_until=None))


def _other_buyer(inputs: Inputs, _: Decision, __: Touch) -> Iterator[Change]:
    yield (Sentence("instead.stranger"),
           replace(inputs, order=replace(inputs.order, customer_key=None)))


def _real_order(inputs: Inputs, _: Decision, __: Touch) -> Iterator[Change]:
    yield Sentence("instead.real"), replace(inputs, order=replace(inputs.order, is_test=False))


def _paid_order(inputs: Inputs, _: Decision, __: Touch) -> Iterator[Change]:
    order = inputs.order
    yield Sentence("instead.paid"), replace(inputs, order=replace(
        order, state=OrderState.PAID, paid_at=order.paid_at or order.placed_at))


def _not_suspended(inputs: Inputs, decision: Decision, _: Touch) -> Iterator[Change]:
    yield Sentence("instead.not_suspended"), replace(inputs, standing=replace(
        inputs.standing, suspended=inputs.standing.suspended - {decision.host}))


def _shown(inputs: Inputs, _: Decision, __: Touch) -> Iterator[Change]:
    yield (Sentence("instead.shown"),
           replace(inputs, standing=replace(inputs.standing, hold_out=False)))


def _room(inputs: Inputs, decision: Decision, _: Touch) -> Iterator[Change]:
    yield Sentence("instead.room"), replace(inputs, standing=replace(
        inputs.standing, capped=inputs.standing.capped - {decision.host}))


def _no_condition(inputs: Inputs, decision: Decision, touch: Touch) -> Iterator[Change]:
    assert touch.terms is not None
    if inputs.order.renews is not None:
        if touch.kind is Evidence.RENEWAL:
            yield from _longer_window(inputs, decision, touch)
        return
    for clause in touch.terms.clauses:
        if cause(clause) is _cause(inputs) and promises(clause) and clause.conditions:
            clauses = tuple(replace(each, conditions=()) if each.key == clause.key else each
                            for each in touch.terms.clauses)
            yield (Sentence("instead.no_condition", {"clause": clause.key}),
                   _with_terms(inputs, touch, replace(touch.terms, clauses=clauses)))
            return


def _better_touch(inputs: Inputs, decision: Decision, touch: Touch) -> Iterator[Change]:
    counting = _counting(inputs)
    own = [each for each in counting if each.host == decision.host]
    if counting[0].kind is Evidence.RENEWAL:
        return
    if not own:
        kind = counting[0].kind
        yield (Sentence(f"instead.stronger.{kind}"),
               _with_touch(inputs, replace(touch, kind=kind, at=inputs.order.placed_at)))
        return
    if attribution.model_of(counting) is CreditModel.FIRST:
        yield Sentence("instead.first"), _with_touch(
            inputs, replace(own[0], at=counting[0].at - A_MOMENT))
    else:
        yield Sentence("instead.last"), _with_touch(inputs, replace(
            own[-1], at=min(inputs.order.placed_at, counting[-1].at + A_MOMENT)))
    yield Sentence("instead.shares"), replace(inputs, touches=tuple(
        replace(each, terms=replace(each.terms, credit=CreditModel.LINEAR))
        if each.terms is not None else each for each in inputs.touches))


_CHANGES: dict[Reason, Callable[[Inputs, Decision, Touch], Iterator[Change]]] = {
    Reason.OUTSIDE_WINDOW: _longer_window, Reason.NO_EVIDENCE: _evidence,
    Reason.FORGED_TOKEN: _good_token, Reason.REPLAYED_TOKEN: _fresh_click,
    Reason.INVALID_CLICK: _valid_click, Reason.NOT_IN_FORCE: _in_force,
    Reason.SELF_REFERRAL: _other_buyer, Reason.TEST_ORDER: _real_order,
    Reason.UNPAID: _paid_order, Reason.MEMBER_SUSPENDED: _not_suspended,
    Reason.HOLD_OUT: _shown, Reason.CAP_WAITING: _room, Reason.EXCLUDED: _no_condition,
    Reason.OTHER_HOST_WON: _better_touch,
}
"""Without `own_store` and `no_contract`: another shop, or terms that nobody wrote, are no change
of one thing."""


def _touch_of(inputs: Inputs, decision: Decision) -> Touch:
    return next(each for each in inputs.touches
                if (each.host, each.id) == (decision.host, decision.touch_id))


def _with_touch(inputs: Inputs, touch: Touch) -> Inputs:
    return replace(inputs, touches=tuple(
        touch if (each.host, each.id) == (touch.host, touch.id) else each
        for each in inputs.touches))


def _with_terms(inputs: Inputs, touch: Touch, terms: Terms) -> Inputs:
    """All touches that stood under the terms of this one, under these instead."""
    return replace(inputs, touches=tuple(
        replace(each, terms=terms) if each.host == touch.host and each.terms == touch.terms
        else each for each in inputs.touches))


def _counting(inputs: Inputs) -> list[Touch]:
    """The touches that competed for the order, the first first."""
    return attribution.strongest(
        attribution.passing(inputs.order, inputs.touches, inputs.standing))


def _cause(inputs: Inputs) -> Cause:
    """What makes a clause pay for this: an order, a sign-up or a booking."""
    return Cause(inputs.order.wanted.value)


def _exception(inputs: Inputs, touch: Touch, terms: Terms) -> Clause | None:
    """The clause that takes a line of the order and says that nothing is paid for it."""
    lines = counted_lines(inputs.order, terms)
    known = of_order(inputs.order, terms, facts_of(touch, inputs.standing), lines)
    each_paid = [paying(terms, Cause.ORDER, of_line(known, each.line)) for each in lines]
    if inputs.order.wanted is not Wanted.ORDER:
        each_paid = [paying(terms, _cause(inputs), known)]
    return next((clause for paid in each_paid for clause in paid if not promises(clause)), None)


def _failing(inputs: Inputs, touch: Touch, terms: Terms, clause: Clause) -> Iterator[Sentence]:
    lines = counted_lines(inputs.order, terms)
    known = of_order(inputs.order, terms, facts_of(touch, inputs.standing), lines)
    for condition in clause.conditions:
        fits = [holds(condition, of_line(known, each.line).get(condition.field))
                for each in lines] or [holds(condition, known.get(condition.field))]
        # A placement is an id, which tells nobody anything.
        if not any(fits) and condition.field is not Field.PLACEMENT:
            yield condition_said(condition, terms, clause.key)


def _moments(decision: Decision) -> dict[str, str | int]:
    return {name: decision.numbers[name] for name in ("kind", "touched_at", "placed_at")
            if name in decision.numbers} | {"invalid": decision.numbers.get("invalid", "")}


def _length(name: str, days: int) -> dict[str, str | int]:
    return {name: f"{days} days" if days != 1 else "1 day", f"{name}_days": days}


def _late(by: timedelta) -> dict[str, str | int]:
    """How much later, in whole hours, or in whole days from two days on; at least an hour."""
    hours = max(1, -(-by // AN_HOUR))
    if hours >= 48:
        return _length("late", hours // 24)
    return {"late": f"{hours} hours" if hours != 1 else "1 hour", "late_hours": hours}
