"""Gifts of a campaign: which purchase brings them, and who owes what for one that was used (E10).

A purchase in the host's shop is looked at twice by the same rule: when gifts are claimed for it,
and again whenever its shop tells of it, so that a refund below the threshold takes back what was
not used. A used gift is looked at with the order that used it: its cost is a target like a
commission, and follows refunds, cancellations and restorations by the difference (law §1.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alliance.core.errors import Invalid
from alliance.core.money import Money, Rate, total
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance.core.reading import Fields, money_json
from alliance.rules import bundles
from alliance.rules.bundles import Component, PricedComponent
from alliance.rules.sentences import Sentence, money_values

__all__ = [
    "Bought", "Gift", "Kind", "Owed", "Trigger", "TriggerKind", "bought", "costs", "counted",
    "expected", "gift_from_json", "gift_to_json", "meets", "trigger_from_json", "trigger_to_json",
    "working",
]


class TriggerKind(StrEnum):
    """What of a purchase is counted: all goods, those on some shelves, or some products."""

    AMOUNT = "amount"
    CATEGORY = "category"
    PRODUCT = "product"


class Kind(StrEnum):
    """What a gift is: a share or a sum off, a product for nothing, no postage, a service."""

    PERCENT = "percent"
    AMOUNT = "amount"
    SAMPLE = "sample"
    FREE_SHIPPING = "free_shipping"
    VOUCHER = "voucher"


_CALLED_OFF = frozenset({OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED,
                         OrderState.REFUNDED})


@dataclass(frozen=True, slots=True)
class Trigger:
    """A purchase counts when its counted goods cost at least `minimum`, as the shopper paid.

    `names` are categories or the store's own product refs; with `AMOUNT` there are none, and with
    the others a `minimum` of nothing asks for any piece that cost something.
    """

    kind: TriggerKind
    minimum: Money
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.minimum.minor < 0 or (self.kind is TriggerKind.AMOUNT and not self.minimum.minor):
            raise Invalid("no_threshold", "A gift needs a sum from which on it is given.")
        if bool(self.names) is (self.kind is TriggerKind.AMOUNT):
            raise Invalid("malformed_trigger", "Name what has to be bought, or a sum alone.")


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of a purchase: what the shopper paid for it, tax included, and still has paid."""

    product_ref: str
    categories: tuple[str, ...]
    paid: Money


@dataclass(frozen=True, slots=True)
class Gift:
    """A claimed code that an order used, with all that its cost follows from.

    `worth` is the most it may cost those who bear it; `shares` are (member, weight). What it costs
    beyond that is the seller's own. `rate` belongs to `PERCENT` alone.
    """

    coupon: str
    component: str
    campaign: str
    alliance: str
    seller: str
    kind: Kind
    worth: Money
    shares: tuple[tuple[str, int], ...]
    hold_days: int
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What `debtor` owes `creditor`, who gave, for its share of what a gift cost: never zero."""

    gift: Gift
    debtor: str
    amount: Money
    cost: Money
    weight: int
    weight_sum: int
    due_at: datetime | None

    @property
    def creditor(self) -> str:
        """The member whose store gave."""
        return self.gift.seller


def bought(order: StoreOrder) -> tuple[Bought, ...]:
    """What a shopper keeps of an order by now; nothing of one that was called off or given back.

    One that is not paid yet still counts: a transfer may be on its way.
    """
    if order.is_test or order.state in _CALLED_OFF:
        return ()
    return tuple(Bought(line.product_ref, line.categories, line.kept + line.kept_tax)
                 for line in order.lines if line.kind is LineKind.GOODS)


def counted(trigger: Trigger, purchase: Iterable[Bought]) -> Money:
    """What of a purchase counts towards the threshold."""
    return total((line.paid for line in purchase if _counts(trigger, line)),
                 trigger.minimum.currency)


def meets(trigger: Trigger, purchase: Iterable[Bought]) -> bool:
    """Whether a purchase brings the gifts. One in another currency does not."""
    lines = tuple(purchase)
    if any(line.paid.currency != trigger.minimum.currency for line in lines):
        return False
    reached = counted(trigger, lines)
    return reached.minor > 0 and reached >= trigger.minimum


def costs(order: StoreOrder, gifts: Sequence[Gift]) -> tuple[Money, ...]:
    """What each used gift costs by now, in the order of `gifts`; nothing once all is given back.

    Postage costs what was agreed. All other gifts cost what the shop took off the goods that the
    shopper keeps, each at most what it promises; where the shop took off less than all of them
    promise together, that is laid over them in proportion (law §2.3). What is above is the shop's
    own discount.
    """
    nothing = Money.zero(order.currency)
    if not order.is_sold or order.is_test or order.state is OrderState.REFUNDED:
        return (nothing,) * len(gifts)
    goods = [line for line in order.lines if line.kind is not LineKind.SHIPPING]
    off = total((_kept_discount(line) for line in goods), order.currency)
    full = off + total((line.kept for line in goods if line.kept.minor > 0), order.currency)
    most = [nothing if gift.worth.currency != order.currency else _most(gift, full)
            for gift in gifts]
    by_goods = [each.minor if gift.kind is not Kind.FREE_SHIPPING else 0
                for gift, each in zip(gifts, most, strict=True)]
    laid = (off.split(by_goods) if 0 <= off.minor < sum(by_goods)
            else tuple(Money(minor, order.currency) for minor in by_goods))
    return tuple(each if gift.kind is Kind.FREE_SHIPPING else part
                 for gift, each, part in zip(gifts, most, laid, strict=True))


def expected(order: StoreOrder, gifts: Sequence[Gift]) -> tuple[Owed, ...]:
    """What members owe each other for the gifts that an order used; what a seller bears is none.

    The parts of each gift add up to its cost. They are due when the hold is over that counts from
    payment, as for commissions (law §7.2).
    """
    found = []
    for gift, cost in zip(gifts, costs(order, gifts), strict=True):
        whole = Component(gift.coupon, gift.seller, cost, gift.shares)
        parts = bundles.bear_costs([PricedComponent(whole, Money.zero(order.currency))])
        weights = dict(gift.shares)
        found += [
            Owed(gift, part.member, part.amount, cost, weights[part.member], sum(weights.values()),
                 order.paid_at + timedelta(days=gift.hold_days) if order.paid_at else None)
            for part in parts if part.member != gift.seller]
    return tuple(found)


def working(owed: Owed) -> Sentence:
    """How a share of a gift's cost came about, with the numbers (E3)."""
    shared = "_shared" if owed.weight != owed.weight_sum else ""
    return Sentence(f"working.gift{shared}", {
        "weight": owed.weight, "weight_sum": owed.weight_sum,
        **money_values("cost", owed.cost), **money_values("amount", owed.amount)})


def trigger_to_json(trigger: Trigger) -> dict[str, object]:
    """A trigger as JSON values."""
    return {"kind": trigger.kind.value, "minimum": money_json(trigger.minimum),
            "names": list(trigger.names)}


def trigger_from_json(value: object) -> Trigger:
    """The trigger that `trigger_to_json` wrote; anything else is `Invalid`."""
    fields = Fields(value, "trigger")
    trigger = Trigger(fields.word("kind", TriggerKind), fields.money("minimum"),
                      fields.texts("names"))
    fields.done()
    return trigger


def gift_to_json(gift: Gift) -> dict[str, object]:
    """A gift as JSON values, for the stored inputs of an order."""
    return {
        "coupon": gift.coupon, "component": gift.component, "campaign": gift.campaign,
        "alliance": gift.alliance, "seller": gift.seller, "kind": gift.kind.value,
        "worth": money_json(gift.worth), "hold_days": gift.hold_days,
        "shares": [{"member": member, "weight": weight} for member, weight in gift.shares],
        "rate_bp": gift.rate.bp if gift.rate else None,
    }


def gift_from_json(fields: Fields) -> Gift:
    """The gift that `gift_to_json` wrote; anything else is `Invalid`."""
    gift = Gift(
        coupon=fields.text("coupon"), component=fields.text("component"),
        campaign=fields.text("campaign"), alliance=fields.text("alliance"),
        seller=fields.text("seller"), kind=fields.word("kind", Kind), worth=fields.money("worth"),
        hold_days=fields.whole("hold_days"), shares=tuple(map(_share, fields.objects("shares"))),
        rate=fields.maybe("rate_bp", lambda name: Rate(fields.whole(name, 0, 10_000))))
    fields.done()
    return gift


def _share(fields: Fields) -> tuple[str, int]:
    share = fields.text("member"), fields.whole("weight")
    fields.done()
    return share


def _counts(trigger: Trigger, line: Bought) -> bool:
    if trigger.kind is TriggerKind.AMOUNT:
        return True
    if trigger.kind is TriggerKind.PRODUCT:
        return line.product_ref in trigger.names
    return not set(trigger.names).isdisjoint(line.categories)


def _kept_discount(line: OrderLine) -> Money:
    """The part of a line's discount that stays with the shopper after refunds."""
    if line.net.minor > 0:
        kept, of = max(0, line.kept.minor), line.net.minor
    else:
        # A product for nothing: only its pieces say how much of it came back.
        kept, of = line.quantity - line.refunded_quantity, line.quantity
    if line.discount.minor <= 0 or kept <= 0 or of <= 0:
        return Money.zero(line.net.currency)
    return line.discount.split([kept, of - kept])[0] if kept < of else line.discount


def _most(gift: Gift, full: Money) -> Money:
    if gift.kind is not Kind.PERCENT or gift.rate is None:
        return gift.worth
    return min(gift.worth, full.share(gift.rate), key=lambda each: each.minor)
