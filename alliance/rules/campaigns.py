"""What a campaign says: its one written form and hash, and what makes it complete (E10, law §3).

Members consent to the hash. Nothing of what it covers changes afterwards, so that whoever gives or
bears knows to the cent what it may cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import rfc8785

from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate, total
from alliance.core.reading import money_json, time_json
from alliance.rules import bundles
from alliance.rules.bundles import Bearing, PricedComponent
from alliance.rules.gifts import Kind, Trigger, trigger_to_json

MOST_PARTS = 8
"""Components of one campaign: a pack that nobody can read at a glance is none."""

LONGEST = {"name": 80, "title": 120}
"""Characters of what shoppers read."""

AUDIENCES = ("all", "new", "returning")


class CampaignKind(StrEnum):
    """A pack of several things, one coupon after a purchase, or half of an offer swap (B9)."""

    GIFT_PACK = "gift_pack"
    COUPON = "coupon"
    SWAP = "swap"


@dataclass(frozen=True, slots=True)
class Part:
    """One component as it is agreed: `seller` gives it in `store`, and it costs at most `worth`.

    `rate` belongs to a percentage, `amount` to a sum, `product` (the hub's id) to a sample.
    `shares` says who bears the cost: (member, weight). `minimum` is the least order it works on.
    """

    seller: str
    store: str
    kind: Kind
    title: str
    worth: Money
    shares: tuple[tuple[str, int], ...]
    minimum: Money
    valid_days: int = 30
    stock: int = 20
    rate: Rate | None = None
    amount: Money | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign as its members agree on it: what brings it, what it gives, how much, how long."""

    alliance: str
    host: str
    store: str
    kind: CampaignKind
    name: str
    trigger: Trigger
    parts: tuple[Part, ...]
    currency: Currency
    starts_at: datetime
    ends_at: datetime | None = None
    audience: str = "all"
    budget: Money | None = None
    claims_limit: int | None = None
    hold_days: int = 30

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", aware(self.starts_at))
        if self.ends_at is not None:
            object.__setattr__(self, "ends_at", aware(self.ends_at))

    @property
    def worth(self) -> Money:
        """The most that everything together may cost for one purchase."""
        return total((part.worth for part in self.parts), self.currency)


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan is held against: who may take part, each store's owner, each product's store."""

    members: frozenset[str]
    stores: Mapping[str, str]
    """Member by store."""
    currencies: Mapping[str, Currency]
    """What each store sells in, by store."""
    goods: Mapping[str, str]
    """Store by product id."""


def canonical(plan: Plan) -> bytes:
    """The one written form of a plan: RFC 8785 JSON, what every member consents to."""
    value: Any = to_json(plan)
    return rfc8785.dumps(value)


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return sha256(canonical(plan)).hexdigest()


def to_json(plan: Plan) -> dict[str, object]:
    """The plan as JSON values; every key is always there."""
    return {
        "alliance": plan.alliance, "host": plan.host, "store": plan.store,
        "kind": plan.kind.value, "name": plan.name, "trigger": trigger_to_json(plan.trigger),
        "audience": plan.audience, "currency": str(plan.currency),
        "budget": money_json(plan.budget) if plan.budget is not None else None,
        "claims_limit": plan.claims_limit, "hold_days": plan.hold_days,
        "starts_at": time_json(plan.starts_at),
        "ends_at": time_json(plan.ends_at) if plan.ends_at else None,
        "components": [_part_to_json(part) for part in plan.parts],
    }


def bearers(plan: Plan) -> tuple[str, ...]:
    """The members that bear a share of a cost, in order of their first share."""
    return tuple(dict.fromkeys(member for part in plan.parts
                               for member, weight in part.shares if weight))


def needed(plan: Plan) -> tuple[str, ...]:
    """Whose consent it takes: the host's, and that of each member that gives or bears."""
    givers = [part.seller for part in plan.parts]
    return tuple(dict.fromkeys((plan.host, *givers, *bearers(plan))))


def worked(plan: Plan) -> tuple[Bearing, ...]:
    """Who bears what, to the cent, where each component costs all that it may (law §2.3)."""
    return bundles.bear_costs(PricedComponent(component, Money.zero(plan.currency))
                              for component in _components(plan))


def at_most(plan: Plan, member: str) -> tuple[Money, Money | None]:
    """The most that one purchase may cost this member, and all together; None: nothing limits it.

    Rounded up: where a code costs less than it may, its leftover cent can fall on anybody. All
    together is what the limit of claims or the budget leaves, whichever is less; of a budget it is
    as if everybody claimed only what this member bears the largest part of.
    """
    mine = [(_most_of(part, member), part.worth.minor) for part in plan.parts]
    each = sum(minor for minor, _ in mine)
    limits = [] if plan.claims_limit is None else [each * plan.claims_limit]
    if plan.budget is not None:
        limits.append(max((plan.budget.minor * minor // worth for minor, worth in mine), default=0))
    return (Money(each, plan.currency),
            Money(min(limits), plan.currency) if limits else None)


def check(plan: Plan, known: Known) -> None:
    """Refuse, as `Invalid`, a plan that is incomplete, contradicts itself or names strangers.

    The refusal's `field` says which field, and `part` which component, from 0.
    """
    if plan.audience not in AUDIENCES:
        raise Invalid("unknown_word", f"{plan.audience[:40]!r} is no audience.", field="audience")
    most = MOST_PARTS if plan.kind is CampaignKind.GIFT_PACK else 1
    if not 1 <= len(plan.parts) <= most:
        raise Invalid("wrong_components", "A gift pack has one to eight components, a coupon and "
                      "half of a swap have one.", field="parts")
    if plan.ends_at is not None and plan.ends_at <= plan.starts_at:
        raise Invalid("empty_range", "It ends before it begins.", field="ends_at")
    if not 0 <= plan.hold_days <= 365:
        raise Invalid("days_out_of_range", "A hold has 0 to 365 days.", field="hold_days")
    if plan.claims_limit is not None and not 1 <= plan.claims_limit <= 10**6:
        raise Invalid("out_of_range", "One to a million purchases.", field="claims_limit")
    _check_owner(plan, plan.store, plan.host, known, field="store")
    if plan.trigger.minimum.currency != plan.currency:
        raise Invalid("mixed_currencies", f"The threshold is not in {plan.currency}.",
                      field="minimum")
    for place, part in enumerate(plan.parts):
        _check_part(plan, part, place, known)
    if plan.budget is not None and (plan.budget.currency != plan.currency
                                    or plan.budget < plan.worth):
        raise Invalid("budget_too_small", f"One purchase may cost {plan.worth}: the budget has to "
                      "carry at least that.", field="budget")


def _check_part(plan: Plan, part: Part, place: int, known: Known) -> None:
    _check_owner(plan, part.store, part.seller, known, field=f"p{place}-seller", part=place)
    _check_value(part, place)
    for amount, field in ((part.worth, "worth"), (part.minimum, "minimum"),
                          (part.amount, "amount")):
        if amount is not None and (amount.currency != plan.currency or amount.minor < 0):
            raise Invalid("mixed_currencies", f"{amount} is no amount in {plan.currency}.",
                          field=f"p{place}-{field}", part=place)
    if not part.worth.minor:
        raise Invalid("no_worth", "Say what it may cost at most, so that everybody who bears it "
                      "knows.", field=f"p{place}-worth", part=place)
    if not 1 <= part.valid_days <= 366 or not 1 <= part.stock <= 5000:
        raise Invalid("out_of_range", "A code is good for 1 to 366 days, and 1 to 5,000 lie "
                      "ready.", field=f"p{place}-valid_days", part=place)
    if part.product is not None and known.goods.get(part.product) != part.store:
        raise Invalid("foreign_product", "That is no product of the shop that gives it.",
                      field=f"p{place}-product", part=place)
    for member, weight in part.shares:
        if member not in known.members:
            raise Invalid("foreign_bearer", "Only active members of the alliance bear a cost.",
                          field=f"p{place}-shares", part=place)
        if weight > 10_000:
            raise Invalid("out_of_range", "A share is a whole number up to 10,000.",
                          field=f"p{place}-shares", part=place)
    _component(part, place)


def _check_value(part: Part, place: int) -> None:
    wanted = {"rate": part.kind is Kind.PERCENT, "product": part.kind is Kind.SAMPLE}
    for field, is_wanted in wanted.items():
        if (getattr(part, field) is not None) is not is_wanted:
            raise Invalid("component_incomplete", "Say what this component gives: a rate for a "
                          "percentage, a product for a sample, and neither for others.",
                          field=f"p{place}-{field}", part=place)
    if (part.amount is not None) is not (part.kind is Kind.AMOUNT):
        raise Invalid("component_incomplete", "Say how much is taken off; only a sum off has one.",
                      field=f"p{place}-amount", part=place)
    if part.amount is not None and part.amount != part.worth:
        raise Invalid("component_incomplete", "A sum off costs exactly that sum.",
                      field=f"p{place}-worth", part=place)


def _check_owner(plan: Plan, store: str, member: str, known: Known, *, field: str,
                 part: int = 0) -> None:
    if member not in known.members or known.stores.get(store) != member:
        raise Invalid("foreign_store", "Each member gives in its own shop, and has to be active in "
                      "the alliance.", field=field, part=part)
    if known.currencies.get(store) != plan.currency:
        raise Invalid("mixed_currencies", f"That shop does not sell in {plan.currency}.",
                      field=field, part=part)


def _components(plan: Plan) -> tuple[bundles.Component, ...]:
    return tuple(_component(part, place) for place, part in enumerate(plan.parts))


def _component(part: Part, place: int) -> bundles.Component:
    return bundles.Component(str(place), part.seller, part.worth, part.shares)


def _most_of(part: Part, member: str) -> int:
    weights = dict(part.shares)
    return -(-part.worth.minor * weights.get(member, 0) // sum(weights.values()))


def _part_to_json(part: Part) -> dict[str, object]:
    return {
        "seller": part.seller, "store": part.store, "kind": part.kind.value, "title": part.title,
        "worth": money_json(part.worth), "minimum": money_json(part.minimum),
        "rate_bp": part.rate.bp if part.rate else None,
        "amount": money_json(part.amount) if part.amount is not None else None,
        "product": part.product, "valid_days": part.valid_days, "stock": part.stock,
        "shares": [[member, weight] for member, weight in part.shares],
    }
