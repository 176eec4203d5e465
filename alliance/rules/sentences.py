"""What the law says to people: a code and the values it needs; pages translate by the code (E3).

`TEMPLATES` holds the English of every code. Amounts come three times: as text for English, and as
minor units with their currency for pages that format by locale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alliance.core.clock import aware
from alliance.core.money import Money


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `code` names it, `values` fill it."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)


def english(sentence: Sentence) -> str:
    """The sentence in English."""
    return TEMPLATES[sentence.code].format_map(sentence.values)


def money_values(name: str, amount: Money) -> dict[str, str | int]:
    """An amount as values of a sentence: `name`, `name_minor`, `name_currency`."""
    return {name: str(amount), f"{name}_minor": amount.minor,
            f"{name}_currency": str(amount.currency)}


def stamp(at: datetime) -> str:
    """An instant as a value of a sentence: RFC 3339 in UTC, to the second."""
    return aware(at).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


TEMPLATES: dict[str, str] = {
    # How an amount came about.
    "working.percent": "{rate} of {base} = {amount}, rounded once per line.",
    "working.percent_limited":
        "{rate} of {base}, limited to what the line has left = {amount}.",
    "working.percent_shared": "{rate} of {base} = {amount}, rounded once per line; {base} is this "
        "host's share, {weight} of {weight_sum}, of {whole}.",
    "working.percent_shared_limited": "{rate} of {base}, limited to what the line has left = "
        "{amount}; {base} is this host's share, {weight} of {weight_sum}, of {whole}.",
    "working.once": "{unit} once for the order = {amount}.",
    "working.once_shared": "{unit} once for the order, of which {weight} of {weight_sum} = "
        "{amount}.",
    "working.counted": "{count} times {unit} on {day} = {amount}.",
    "working.accepted": "{unit} on acceptance.",

    # What the terms say.
    "terms.parties": "{seller} pays {host} under version {version} of these terms.",
    "terms.from": "They hold for what happens from {from} on.",
    "terms.from_until": "They hold for what happens from {from} until before {until}.",
    "terms.window": "A touch earns if the order follows within {days} days of 24 hours.",
    "terms.credit.last": "Where several touches count, the last one earns.",
    "terms.credit.first": "Where several touches count, the first one earns.",
    "terms.credit.linear": "Where several touches count, all earn equal shares.",
    "terms.credit.position": "Where several touches count, the first and the last earn 40 % each "
        "and those between share 20 %.",
    "terms.hold.payment": "A commission is held for {days} days from the payment of the order.",
    "terms.hold.completion": "A commission is held for {days} days from the completion of the "
        "order.",
    "terms.cycle.week": "Accounts close each week; there are {review} days to object and {due} "
        "days to pay.",
    "terms.cycle.month": "Accounts close each month; there are {review} days to object and {due} "
        "days to pay.",
    "terms.mode.bilateral": "Each pair of members pays its difference.",
    "terms.mode.cycles": "Debts are set off along existing debts; nobody pays a stranger.",
    "terms.mode.multilateral": "Each member pays or receives its net position, with the fewest "
        "payments.",
    "terms.settlement_currency": "What is owed in other currencies is converted to {currency} at "
        "the close.",
    "terms.notice": "Either side may end the contract with {days} days of notice.",
    "terms.counts": "Commissions count the price after discounts; "
        "every amount is rounded once per line, half up.",
    "terms.tax.in": "Tax counts.",
    "terms.tax.out": "Tax does not count.",
    "terms.shipping.in": "Shipping counts.",
    "terms.shipping.out": "Shipping does not count.",
    "terms.fees.in": "Fees count.",
    "terms.fees.out": "Fees do not count.",
    "terms.gift_cards.in": "Gift cards count.",
    "terms.gift_cards.out": "Gift cards do not count.",
    "terms.bond": "A customer stays the host's for {days} days after an order that it earned.",
    "terms.no_bond": "A customer is not bound to the host after an order.",
    "terms.refund.reverse": "A refund takes its commission back.",
    "terms.refund.keep": "A refund does not reduce a commission; a cancelled order earns nothing.",
    "terms.exit.settle_open_holds": "When a member leaves, open holds run to their end and are "
        "paid.",
    "terms.exit.due_at_exit": "When a member leaves, what is on hold becomes due at once.",
    "terms.coupon_cost": "The seller bears {seller_share} of a coupon's cost, the host "
        "{host_share}.",
    "terms.max_reversal": "At most {share} of commissions may be reversed without a talk.",
    "clause.percent_of_sale": "Clause {clause}: {rate} of the sale.",
    "clause.per_click": "Clause {clause}: {amount} for each valid click.",
    "clause.per_referral": "Clause {clause}: {amount} once for each credited order.",
    "clause.barter_click": "Clause {clause}: {amount} for each valid click.",
    "clause.barter_order": "Clause {clause}: {amount} once for each credited order.",
    "clause.barter_impressions": "Clause {clause}: {amount} for every {block} impressions.",
    "clause.flat_fee": "Clause {clause}: {amount} when the agreed content is accepted.",
    "clause.nothing": "Clause {clause}: nothing is paid for what it matches.",
    "clause.bonus": "Clause {clause} adds to what another clause pays.",
    "clause.daily_limit": "Clause {clause}: at most {count} clicks a day are paid.",
    "condition.is": "Clause {clause} only where the {field} is {values}.",
    "condition.is_not": "Clause {clause} only where the {field} is not {values}.",
    "condition.in": "Clause {clause} only where the {field} is one of: {values}.",
    "condition.not_in": "Clause {clause} only where the {field} is none of: {values}.",
    "condition.at_least": "Clause {clause} only where the {field} is at least {values}.",
    "condition.at_most": "Clause {clause} only where the {field} is at most {values}.",
    "condition.between": "Clause {clause} only where the {field} is between {low} and {high}, both "
        "included.",
    "cap.order": "Clause {clause}: what lies above {amount} per order waits for the seller.",
    "cap.day": "Clause {clause}: what lies above {amount} per day and host waits for the seller.",
    "cap.week": "Clause {clause}: what lies above {amount} per week and host waits for the seller.",
    "cap.month": "Clause {clause}: what lies above {amount} per month and host waits for the "
        "seller.",
    "cap.budget": "Clause {clause}: what lies above {amount} in all waits for the seller.",

    # What is missing.
    "gap.no_clauses": "The terms have no clause, so nothing is ever paid.",
    "gap.same_party": "Seller and host are the same member.",
    "gap.dates_reversed": "The terms end before they begin.",
    "gap.no_window": "The attribution window is less than one day.",
    "gap.days_out_of_range": "{field} is not within 0 to {most} days.",
    "gap.unknown_rule": "{field} is {value}, which is none of: {known}.",
    "gap.credits_as_currency": "{field} names barter credits, which are not money.",
    "gap.share_out_of_range": "{field} is not within 0 to 10,000 basis points.",
    "gap.repeated_clause": "Two clauses are called {clause}.",
    "gap.no_rate": "Clause {clause} does not say its rate.",
    "gap.no_amount": "Clause {clause} does not say an amount above zero.",
    "gap.no_per": "Clause {clause} does not say what its credits are paid for.",
    "gap.bad_block": "Clause {clause} counts impressions in blocks of less than one.",
    "gap.bad_daily_limit": "Clause {clause} pays for less than one click a day.",
    "gap.unused_field": "Clause {clause} has a {field}, which it does not use.",
    "gap.bad_clause": "Clause {clause}: {detail}",
    "gap.never_matches": "Clause {clause} can never match: clause {above} above it takes all that "
        "it could.",
    "gap.meaningless_condition": "Clause {clause} asks for the {field}, which cannot be told of "
        "what it pays for.",
    "gap.over_whole": "Rate and bonuses can add up to {rate} of a sale, more than the whole.",

    # How credit was decided.
    "decision.credited": "Credited: the {kind} of {touched_at} came {days} day(s) before the "
        "order; the window is {window_days} day(s).",
    "decision.shared": "Credited with {weight} of {weight_sum}: {touches} touch(es) of this host "
        "count, the deciding one is the {kind} of {touched_at}.",
    "decision.no_evidence": "Not credited: the order carries nothing of this host that earns; "
        "being seen does not.",
    "decision.outside_window": "Not credited: the {kind} of {touched_at} came {days} day(s) before "
        "the order of {placed_at}; the window is {window_days} day(s).",
    "decision.outside_window_after": "Not credited: the {kind} of {touched_at} came after the "
        "order of {placed_at}.",
    "decision.forged_token": "Not credited: the click token was not signed by the hub.",
    "decision.replayed_token": "Not credited: the click token was already used by another order.",
    "decision.self_referral": "Not credited: the buyer belongs to the host.",
    "decision.own_store": "Not credited: the host and the seller are one.",
    "decision.no_contract": "Not credited: there was no contract with this host.",
    "decision.not_in_force": "Not credited: the terms were not in force at {touched_at}.",
    "decision.excluded": "Not credited: the terms pay nothing for what was ordered.",
    "decision.cap_waiting": "Credited with {weight} of {weight_sum}, but a cap is reached: what is "
        "above it waits for the seller.",
    "decision.invalid_click": "Not credited: the click was not valid ({invalid}).",
    "decision.test_order": "Not credited: this is a test order.",
    "decision.unpaid": "Not credited: the order is not paid, or it was cancelled.",
    "decision.member_suspended": "Not credited: the host is suspended from the alliance.",
    "decision.hold_out": "Not credited: the shopper was in the group that measures what happens "
        "without recommendations.",
    "decision.other_host_won": "Not credited: another host's {winner_kind} of {winner_at} earned "
        "this order.",
}
