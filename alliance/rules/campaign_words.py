"""A campaign in plain words, with a worked example to the cent, for those who consent to it."""

from __future__ import annotations

from alliance.core.money import Money
from alliance.rules.bundles import Bearing
from alliance.rules.campaigns import Part, Plan, worked
from alliance.rules.gifts import TriggerKind
from alliance.rules.sentences import Sentence, money_values, stamp


def summary(plan: Plan) -> tuple[Sentence, ...]:
    """What the plan says: what brings it, how long, how much in all, and how costs are counted."""
    return (what_brings_it(plan), *_audience(plan), _dates(plan), *_limits(plan),
            Sentence("campaign.counts"), Sentence("campaign.hold", {"days": plan.hold_days}))


def what_brings_it(plan: Plan) -> Sentence:
    """Which purchases count."""
    trigger = plan.trigger
    # The least sum there is asks for no more than a purchase.
    least = 1 if trigger.kind is TriggerKind.AMOUNT else 0
    open_end = "_any" if trigger.minimum.minor <= least else ""
    return Sentence(f"campaign.{trigger.kind}{open_end}", {
        "host": plan.host, "names": ", ".join(trigger.names),
        **money_values("minimum", trigger.minimum)})


def of_part(plan: Plan, place: int) -> tuple[Sentence, ...]:
    """What one component gives, on what it works, and who bears what of all that it may cost."""
    part = plan.parts[place]
    return (gives(part), *_conditions(part), *_bearing(plan, part, place))


def gives(part: Part) -> Sentence:
    """What a component gives, in one sentence."""
    rate: dict[str, str | int] = {}
    if part.rate is not None:
        rate = {"rate": str(part.rate), "rate_bp": part.rate.bp}
    return Sentence(f"component.{part.kind}", {
        "seller": part.seller, "title": part.title, **rate, **money_values("worth", part.worth)})


def _audience(plan: Plan) -> tuple[Sentence, ...]:
    if plan.audience == "all":
        return ()
    return (Sentence(f"campaign.{plan.audience}", {"host": plan.host}),)


def _dates(plan: Plan) -> Sentence:
    begins = {"from": stamp(plan.starts_at)}
    if plan.ends_at is None:
        return Sentence("campaign.from", begins)
    return Sentence("campaign.from_until", {**begins, "until": stamp(plan.ends_at)})


def _limits(plan: Plan) -> tuple[Sentence, ...]:
    budget = Sentence("campaign.no_budget")
    if plan.budget is not None:
        budget = Sentence("campaign.budget", money_values("budget", plan.budget))
    if plan.claims_limit is None:
        return (budget, Sentence("campaign.no_limit"))
    return (budget, Sentence("campaign.limit", {"count": plan.claims_limit}))


def _conditions(part: Part) -> tuple[Sentence, ...]:
    valid = Sentence("component.valid", {"days": part.valid_days})
    if not part.minimum.minor:
        return (valid,)
    return (Sentence("component.minimum", money_values("minimum", part.minimum)), valid)


def _bearing(plan: Plan, part: Part, place: int) -> tuple[Sentence, ...]:
    found = [each for each in worked(plan) if each.key == str(place)]
    return tuple(_borne(each, part.worth, alone=len(found) == 1) for each in found)


def _borne(bearing: Bearing, worth: Money, *, alone: bool) -> Sentence:
    is_own = bearing.member == bearing.seller
    if alone:
        code = "component.alone" if is_own else "component.other"
    else:
        code = "component.bears" if is_own else "component.owes"
    return Sentence(code, {"member": bearing.member, "seller": bearing.seller,
                           **money_values("worth", worth),
                           **money_values("amount", bearing.amount)})
