"""Which touch earns an order, in which share, or the one reason why not (law §4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from alliance.core.orders import StoreOrder
from alliance.rules.clauses import Facts, covers
from alliance.rules.commission import Credit
from alliance.rules.evidence import Evidence, Inputs, Standing, Touch, from_json, to_json
from alliance.rules.sentences import Sentence, stamp
from alliance.rules.terms import CreditModel

__all__ = [
    "CREDITED", "REFUSED", "Decision", "Evidence", "Inputs", "Reason", "Standing", "Touch",
    "credits", "decide", "facts_of", "from_json", "model_of", "passing", "sentence", "strongest",
    "to_json", "weights_of",
]

CREDITED = "credited"
REFUSED = "refused"


class Reason(StrEnum):
    """Why a host was not credited (law §4.3); exactly one per refusal."""

    NO_EVIDENCE = "no_evidence"
    OUTSIDE_WINDOW = "outside_window"
    FORGED_TOKEN = "forged_token"
    REPLAYED_TOKEN = "replayed_token"
    SELF_REFERRAL = "self_referral"
    OWN_STORE = "own_store"
    NO_CONTRACT = "no_contract"
    NOT_IN_FORCE = "not_in_force"
    EXCLUDED = "excluded"
    CAP_WAITING = "cap_waiting"
    INVALID_CLICK = "invalid_click"
    TEST_ORDER = "test_order"
    UNPAID = "unpaid"
    MEMBER_SUSPENDED = "member_suspended"
    HOLD_OUT = "hold_out"
    OTHER_HOST_WON = "other_host_won"


NEARNESS = (
    Reason.OWN_STORE, Reason.SELF_REFERRAL, Reason.MEMBER_SUSPENDED, Reason.NO_EVIDENCE,
    Reason.FORGED_TOKEN, Reason.REPLAYED_TOKEN, Reason.INVALID_CLICK, Reason.NO_CONTRACT,
    Reason.NOT_IN_FORCE, Reason.OUTSIDE_WINDOW, Reason.EXCLUDED,
)
"""The tests of a single touch, in this order. The later one fails, the nearer it came."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an order means for one host. `weight` of `weight_sum` is its share of the order.

    A refusal has weight 0 but for `cap_waiting`: there the commission is counted and waits.
    `touch_id` is the touch that decided, and `numbers` fill the sentence.
    """

    host: str
    outcome: str
    reason: Reason | None
    weight: int
    weight_sum: int
    touch_id: str
    kind: Evidence
    terms_hash: str
    numbers: Mapping[str, str | int] = field(default_factory=dict)


def decide(order: StoreOrder, touches: Sequence[Touch],
           standing: Standing) -> tuple[Decision, ...]:
    """One decision per host that has any touch, sorted by host (law §4).

    Reasons are found in this order, and the first that applies is the one:

    1. Of the order, for every host: `test_order`, `unpaid`, `hold_out`.
    2. Of each touch: `own_store`, `self_referral`, `member_suspended`, `no_evidence` (a view, or
       a bond the terms do not have), `forged_token`, `replayed_token`, `invalid_click`,
       `no_contract`, `not_in_force`, `outside_window`, `excluded`. A host none of whose touches
       passes is told the reason of the touch that came nearest to passing, the latest of equals.
       On an order that renews another, only the credit of the first order and a bond count: what
       else it carries was copied from there.
    3. Between hosts: of the touches that pass, only the strongest kind on the order counts, of
       any age inside its window; hosts without one are told `other_host_won`. The credit model
       then shares the order out; a host it leaves nothing is told `other_host_won` too. A renewal
       is shared out as its first order was.
    4. `cap_waiting`: the host has earned, but its caps leave no room.

    A touch counts from exactly `window_days` times 24 hours before the order is placed up to that
    instant, both included. Terms count from their first instant until before their last, at the
    time of the touch. Touches of one instant are ordered by their id. Where contracts name
    different credit models, the terms of the latest counting touch decide for all.
    The result depends on the set of touches, not on their order.
    """
    ordered = _ordered(touches)
    hosts = sorted({touch.host for touch in ordered})
    reason = _of_order(order, standing)
    if reason is not None:
        return tuple(_refused(order, _of(host, ordered)[-1], reason) for host in hosts)
    refusals = [(touch, refusal) for touch in ordered
                if (refusal := _of_touch(order, touch, standing)) is not None]
    refused = {(touch.host, touch.id) for touch, _ in refusals}
    passed = [touch for touch in ordered if (touch.host, touch.id) not in refused]
    counting = strongest(passed)
    weights = _weights(counting)
    decisions = []
    for host in hosts:
        if _of(host, passed):
            decisions.append(_between(order, host, passed, counting, weights, standing))
        else:
            own = [(touch, refusal) for touch, refusal in refusals if touch.host == host]
            # Of equals `max` takes the first, so the latest touches come first.
            touch, nearest = max(reversed(own), key=lambda each: NEARNESS.index(each[1]))
            decisions.append(_refused(order, touch, nearest))
    return tuple(decisions)


def passing(order: StoreOrder, touches: Sequence[Touch], standing: Standing) -> list[Touch]:
    """The touches that lie on the way to a sale and that nothing speaks against, the first first.

    None where the order itself can credit nobody (law §4.3).
    """
    if _of_order(order, standing) is not None:
        return []
    return [touch for touch in _ordered(touches) if _of_touch(order, touch, standing) is None]


def strongest(passed: Sequence[Touch]) -> list[Touch]:
    """Of touches that pass, those of the strongest kind: the only ones that count (law §4.1)."""
    strength = max((touch.kind.strength for touch in passed), default=0)
    return [touch for touch in passed if touch.kind.strength == strength]


def model_of(counting: Sequence[Touch]) -> CreditModel:
    """The credit model that decides: where contracts name several, the latest touch's."""
    deciding = counting[-1].terms if counting else None
    return deciding.credit if deciding is not None else CreditModel.LAST


def weights_of(model: CreditModel, count: int) -> list[int]:
    """How a credit model shares an order among so many touches, in their order (law §4.2)."""
    if not count:
        return []
    if model is CreditModel.LAST:
        return [0] * (count - 1) + [100]
    if model is CreditModel.FIRST:
        return [100] + [0] * (count - 1)
    if model is CreditModel.LINEAR or count < 3:
        return [100] if count == 1 else [50, 50] if count == 2 else [1] * count
    # 40 : 20 shared by those between : 40, times their number, so that all stay whole.
    between = count - 2
    return [40 * between, *[20] * between, 40 * between]


def credits(decisions: Sequence[Decision], touches: Sequence[Touch],
            standing: Standing) -> tuple[Credit, ...]:
    """The shares that `commission.expected` pays; with what waits above a cap, which it counts."""
    by_id = {(touch.host, touch.id): touch for touch in touches}
    found = []
    for decision in decisions:
        touch = by_id[decision.host, decision.touch_id]
        if decision.weight > 0 and touch.terms is not None:
            found.append(Credit(decision.host, decision.weight, touch.id, touch.terms,
                                decision.terms_hash, facts_of(touch, standing)))
    return tuple(found)


def facts_of(touch: Touch, standing: Standing) -> Facts:
    """What conditions may ask of a touch and its host."""
    return Facts(
        host_tier=standing.tiers.get(touch.host, 0),
        host_certificates=standing.certificates.get(touch.host, ()),
        placement=touch.placement,
        campaign=touch.campaign,
        evidence=touch.kind.condition_word,
        touched_at=touch.at,
        zone_name=standing.zone_name,
    )


def sentence(decision: Decision) -> Sentence:
    """The decision as a sentence with its numbers, for both sides to read (E3)."""
    numbers = decision.numbers
    if decision.reason is Reason.OUTSIDE_WINDOW and int(numbers["days"]) < 0:
        return Sentence("decision.outside_window_after", numbers)
    if decision.reason is not None:
        return Sentence(f"decision.{decision.reason}", numbers)
    if decision.weight != decision.weight_sum:
        return Sentence("decision.shared", numbers)
    return Sentence("decision.credited", numbers)


def _of_order(order: StoreOrder, standing: Standing) -> Reason | None:
    if order.is_test:
        return Reason.TEST_ORDER
    if not order.is_sold:
        return Reason.UNPAID
    return Reason.HOLD_OUT if standing.hold_out else None


def _of_touch(order: StoreOrder, touch: Touch, standing: Standing) -> Reason | None:
    terms, host = touch.terms, touch.host
    own_people = standing.people_keys.get(host, frozenset())
    has_contract = terms is not None and terms.host == host
    fails = {
        Reason.OWN_STORE: host in standing.own_stores
        or (terms is not None and terms.seller == host),
        Reason.SELF_REFERRAL: order.customer_key is not None and order.customer_key in own_people,
        Reason.MEMBER_SUSPENDED: host in standing.suspended,
        Reason.NO_EVIDENCE: _is_nothing(order, touch),
        Reason.FORGED_TOKEN: touch.forged,
        Reason.REPLAYED_TOKEN: touch.replayed,
        Reason.INVALID_CLICK: touch.invalid is not None,
        Reason.NO_CONTRACT: not has_contract,
        # A renewal is paid by what was in force for its first order.
        Reason.NOT_IN_FORCE: terms is not None and touch.kind is not Evidence.RENEWAL
        and not terms.in_force(touch.at),
        Reason.OUTSIDE_WINDOW: not _in_window(order, touch),
    }
    for reason in NEARNESS:
        if fails.get(reason, False):
            return reason
    return Reason.EXCLUDED if _is_excluded(order, touch, standing) else None


def _is_nothing(order: StoreOrder, touch: Touch) -> bool:
    if touch.kind is Evidence.RENEWAL:
        return order.renews is None or not touch.weight
    if touch.kind is Evidence.BOND:
        return touch.terms is not None and touch.terms.bond_days is None
    return touch.kind is Evidence.VIEW or order.renews is not None


def _is_excluded(order: StoreOrder, touch: Touch, standing: Standing) -> bool:
    terms = touch.terms
    if terms is None or not covers(order, terms, facts_of(touch, standing)):
        return True
    return touch.kind is Evidence.RENEWAL and not terms.recurring_days


def _window_days(touch: Touch) -> int:
    if touch.terms is None:
        return 0
    if touch.kind is Evidence.BOND:
        return touch.terms.bond_days or 0
    if touch.kind is Evidence.RENEWAL:
        return touch.terms.recurring_days or 0
    return touch.terms.window_days


def _in_window(order: StoreOrder, touch: Touch) -> bool:
    if touch.kind is Evidence.RENEWAL and not _window_days(touch):
        # Not late: the terms do not pay renewals at all.
        return True
    return timedelta(0) <= order.placed_at - touch.at <= timedelta(days=_window_days(touch))


def _weights(counting: Sequence[Touch]) -> list[int]:
    if counting and counting[0].kind is Evidence.RENEWAL:
        return [touch.weight or 0 for touch in counting]
    return weights_of(model_of(counting), len(counting))


def _ordered(touches: Sequence[Touch]) -> list[Touch]:
    # A token that an order carries twice is one touch.
    return sorted({(each.host, each.id): each for each in touches}.values(), key=_when)


def _between(order: StoreOrder, host: str, passed: Sequence[Touch], counting: Sequence[Touch],
             weights: Sequence[int], standing: Standing) -> Decision:
    earning = [touch for touch, weight in zip(counting, weights, strict=True) if weight]
    own = _of(host, earning)
    if not own:
        winner = earning[-1]
        return _refused(order, _of(host, passed)[-1], Reason.OTHER_HOST_WON,
                        winner_kind=winner.kind.value, winner_at=stamp(winner.at))
    weight = sum(weight for touch, weight in zip(counting, weights, strict=True)
                 if touch.host == host)
    is_capped = host in standing.capped
    shared: dict[str, str | int] = {"weight": weight, "weight_sum": sum(weights),
                                    "touches": len(own)}
    return Decision(
        host, REFUSED if is_capped else CREDITED, Reason.CAP_WAITING if is_capped else None,
        weight, sum(weights), own[-1].id, own[-1].kind, own[-1].terms_hash,
        {**_numbers(order, own[-1]), **shared},
    )


def _refused(order: StoreOrder, touch: Touch, reason: Reason, **more: str | int) -> Decision:
    return Decision(touch.host, REFUSED, reason, 0, 0, touch.id, touch.kind, touch.terms_hash,
                    {**_numbers(order, touch), **more})


def _numbers(order: StoreOrder, touch: Touch) -> dict[str, str | int]:
    return {
        "kind": touch.kind.value,
        "touched_at": stamp(touch.at),
        "placed_at": stamp(order.placed_at),
        "days": (order.placed_at - touch.at) // timedelta(days=1),
        "window_days": _window_days(touch),
        "invalid": touch.invalid or "",
    }


def _of(host: str, touches: Sequence[Touch]) -> list[Touch]:
    return [touch for touch in touches if touch.host == host]


def _when(touch: Touch) -> tuple[datetime, str]:
    return (touch.at, touch.id)
