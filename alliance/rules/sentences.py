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
    "working.gift": "The gift cost {cost} = {amount}.",
    "working.gift_shared": "The gift cost {cost}, of which {weight} of {weight_sum} = {amount}.",

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
    "terms.recurring": "Renewals of a subscription earn like its first order, for {days} days "
        "after it.",
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
    "clause.per_referral_sign_up": "Clause {clause}: {amount} once for each credited sign-up.",
    "clause.per_referral_booking": "Clause {clause}: {amount} once for each credited booking.",
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

    # What would have been needed.
    "needed.no_evidence": "A followed link, a coupon or a spoken code of theirs on the order: "
        "being seen earns nothing.",
    "needed.no_evidence.bond": "Terms that keep a customer with the host after an order: these "
        "do not.",
    "needed.no_evidence.renewal": "Credit for the first order of this subscription: its renewals "
        "earn what that one earned.",
    "needed.outside_window": "The order had to follow within {window}; it came {late} too late.",
    "needed.outside_window.bond": "A customer stays theirs for {window} after an order; this one "
        "came {late} later.",
    "needed.outside_window.renewal": "Renewals earn for {window} after the first order; this one "
        "came {late} later.",
    "needed.outside_window.after": "The touch had to come before the order; it came {late} after "
        "it.",
    "needed.forged_token": "The address of the link just as this hub made it, opened in this "
        "shop: the mark that came with the order was changed, or made elsewhere.",
    "needed.replayed_token": "A click of its own: each click earns once, for the first order that "
        "was placed with it.",
    "needed.self_referral": "A buyer from outside: this customer is one of the host's own people.",
    "needed.own_store": "An order in another member's shop: what a shop sells itself earns it "
        "nothing.",
    "needed.no_contract": "A contract between the two shops, signed by both before {touched_at}.",
    "needed.not_in_force.early": "Terms that were in force by {touched_at}: they hold from "
        "{from_at} on.",
    "needed.not_in_force.late": "Terms that were still in force on {touched_at}: they held from "
        "{from_at} until {until_at}.",
    "needed.excluded": "Something in the order that the terms pay for.",
    "needed.excluded.no_clause": "A clause that pays for orders like this one: the terms of then "
        "pay for other things only.",
    "needed.excluded.exception": "Other goods: clause {clause} says that nothing is paid for "
        "these.",
    "needed.excluded.renewal": "Terms that pay renewals too: these pay only for the first order "
        "of a subscription.",
    "needed.cap_waiting": "Room under the caps of these terms: what lies above them waits until "
        "the seller approves it.",
    "needed.cap_waiting.one": "Room under the cap of {cap} {per}: what lies above it waits until "
        "the seller approves it.",
    "needed.cap_waiting.amount": "{waiting} of this order waits.",
    "needed.invalid_click": "A click that counts: this one was set aside ({invalid}).",
    "needed.invalid_click.robot": "A person at a browser: this visit called itself a program, or "
        "did not say what it was.",
    "needed.invalid_click.expired": "A link that still runs: this one was followed after its last "
        "day.",
    "needed.invalid_click.own": "A shopper from outside: this click was made by the host's or the "
        "seller's own people.",
    "needed.invalid_click.repeat": "A first visit, or one at least {minutes} minutes after the "
        "last: the same shopper had followed this offer shortly before.",
    "needed.invalid_click.over_limit": "Fewer visits within one minute: those above the host's "
        "limit do not count.",
    "needed.invalid_click.over_network": "Fewer visits from one network within an hour: those "
        "above its limit do not count.",
    "needed.invalid_click.unasked": "A person who follows the link: this visit was made by a "
        "hidden frame, a picture or a script.",
    "needed.invalid_click.reversed": "A click that nobody has to doubt: a person looked into this "
        "one and reversed it.",
    "needed.test_order": "A real order: the shop marks this one as a test.",
    "needed.unpaid": "A payment: as soon as the order is paid, it is decided anew by itself.",
    "needed.unpaid.lost": "An order that stands: this one was cancelled, failed or was removed.",
    "needed.member_suspended": "A place that is not suspended: orders placed after the leader "
        "lifts the suspension count again.",
    "needed.hold_out": "A shopper outside the measuring group: a small share of shoppers sees no "
        "recommendations, and their orders earn nobody anything.",
    "needed.other_host_won.coupon": "A coupon of theirs on the order: a coupon counts before all "
        "other evidence.",
    "needed.other_host_won.click": "A followed link of theirs: a link counts before an earlier "
        "order and before a spoken code.",
    "needed.other_host_won.bond": "An earlier order of this customer that they earned: it counts "
        "before a spoken code.",
    "needed.other_host_won.spoken": "A spoken code of theirs at the checkout.",
    "needed.other_host_won.renewal": "Credit for the first order of this subscription: its "
        "renewals follow it.",
    "needed.other_host_won.last": "The last touch: under these terms the last one earns, here "
        "that of {winner_at}.",
    "needed.other_host_won.first": "The first touch: under these terms the first one earns, here "
        "that of {winner_at}.",

    # What one change would have given.
    "instead.bond": "With a customer bond of {window}",
    "instead.click": "With a followed link in place of the view",
    "instead.first": "With their touch as the first one",
    "instead.fresh_click": "With a click of its own",
    "instead.genuine": "With the address as the hub made it",
    "instead.in_force": "With terms that were in force by then",
    "instead.last": "With their touch as the last one",
    "instead.no_condition": "Without the conditions of clause {clause}",
    "instead.not_suspended": "Without the suspension",
    "instead.paid": "Once paid",
    "instead.real": "As a real order",
    "instead.renewals": "With renewals paid for {window}",
    "instead.room": "With room under the cap",
    "instead.shares": "With equal shares for all touches",
    "instead.shown": "Outside the measuring group",
    "instead.stranger": "With a buyer from outside",
    "instead.stronger.bond": "With an earlier order that they earned",
    "instead.stronger.click": "With a followed link of theirs",
    "instead.stronger.coupon": "With a coupon of theirs",
    "instead.stronger.spoken": "With a spoken code of theirs",
    "instead.valid": "With a click that counts",
    "instead.window": "With a window of {window}",

    # What a campaign says.
    "campaign.amount": "Whoever buys for at least {minimum} at {host} is given this.",
    "campaign.amount_any": "Whoever buys something at {host} is given this.",
    "campaign.category": "Whoever buys for at least {minimum} from {names} at {host} is given "
        "this.",
    "campaign.category_any": "Whoever buys something from {names} at {host} is given this.",
    "campaign.product": "Whoever buys {names} for at least {minimum} at {host} is given this.",
    "campaign.product_any": "Whoever buys {names} at {host} is given this.",
    "campaign.new": "It is meant for customers who are new to {host}.",
    "campaign.returning": "It is meant for customers who bought at {host} before.",
    "campaign.from": "It runs from {from} on, until it is ended.",
    "campaign.from_until": "It runs from {from} until before {until}.",
    "campaign.budget": "All codes that are given out may cost at most {budget} together.",
    "campaign.no_budget": "No budget limits what it costs.",
    "campaign.limit": "At most {count} purchases are given something.",
    "campaign.no_limit": "The number of purchases is not limited.",
    "campaign.counts": "A used code costs what the shop took off by it, net of tax and at most "
        "what is agreed here; refunds and cancellations take it back.",
    "campaign.hold": "What is owed for a used code is held for {days} days from the payment of "
        "the order that used it.",
    "component.percent": "{seller} gives {rate} off one order, at most {worth}: {title}.",
    "component.amount": "{seller} gives {worth} off one order: {title}.",
    "component.sample": "{seller} gives a sample, worth at most {worth}: {title}.",
    "component.free_shipping": "{seller} sends one order for nothing, worth at most {worth}: "
        "{title}.",
    "component.voucher": "{seller} gives a voucher worth at most {worth}: {title}.",
    "component.minimum": "The code works on an order of at least {minimum}.",
    "component.valid": "Each code is good once, in this shop alone, for {days} days.",
    "component.alone": "{seller} bears the whole cost, at most {worth}.",
    "component.other": "{member} bears the whole cost and owes {seller} at most {worth}.",
    "component.bears": "Of a cost of {worth}, {member} bears {amount}.",
    "component.owes": "Of a cost of {worth}, {member} bears {amount} and owes it to {seller}.",

    # Why a pair's commissions are held.
    "hold.many_orders": "{count} orders came from {out_of} clicks; the alliance's others have "
        "{others_count} from {others_out_of}.",
    "hold.hasty_orders": "{count} of {out_of} orders were placed within 20 seconds of the click; "
        "of the alliance's others {others_count} of {others_out_of}.",
    "hold.one_network": "{count} of {out_of} orders came, three or more a day, from one network; "
        "of the alliance's others {others_count} of {others_out_of}.",
    "hold.many_refunds": "{count} of {out_of} orders were given back; of the alliance's others "
        "{others_count} of {others_out_of}.",
}
