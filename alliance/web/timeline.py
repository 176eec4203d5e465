"""An order's way through time: touch, order, payment, refund, booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from alliance.core.money import Money, total
from alliance.core.orders import Wanted
from alliance.insights.orders import OrderSeen
from alliance.web import asked, ui, words


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `tone`: a colour's meaning, empty for plain."""

    at: datetime
    text: str
    tone: str = ""


def of_order(seen: OrderSeen) -> list[Step]:
    """All steps, the earliest first."""
    steps = [*_touches(seen), *_hints(seen), *_order(seen), *_bookings(seen)]
    return sorted(steps, key=lambda step: step.at)


def _touches(seen: OrderSeen) -> list[Step]:
    steps = []
    for touch in seen.touches:
        host = asked.names().get(touch.host, touch.host)
        texts = {
            "click": _("The shopper followed a link of %(host)s", host=host),
            "coupon": _("The shopper used a coupon of %(host)s", host=host),
            "spoken": _("The shopper entered the code of %(host)s", host=host),
            "bond": _("The customer came through %(host)s before", host=host),
            "renewal": _("A subscription began that %(host)s had brought", host=host),
            "view": _("The shopper saw a recommendation at %(host)s", host=host),
        }
        text = texts[touch.kind.value]
        if touch.invalid:
            text += f" ({words.word('fault.' + touch.invalid)})"
        steps.append(Step(touch.at, text, "quiet" if touch.invalid else ""))
    return steps


def _hints(seen: OrderSeen) -> list[Step]:
    return [Step(hint.heard_at, _(
        "A browser said that it came by a link of %(host)s. The order carries no trace of it, and "
        "a browser's word earns nothing: look whether your shop keeps who sent a shopper.",
        host=asked.names().get(hint.host_member_id, hint.host_member_id)), "quiet")
        for hint in seen.hints]


def _order(seen: OrderSeen) -> list[Step]:
    told, order = seen.told, seen.order
    steps = [Step(told.placed_at, _begun(seen))]
    if told.paid_at is not None and told.wanted is Wanted.ORDER:
        steps.append(Step(told.paid_at, _("Paid")))
    back: Money = total((line.refunded for line in told.lines), told.currency)
    if back:
        steps.append(Step(told.updated_at, _("Given back: %(amount)s", amount=ui.money(back)),
                          "warn"))
    if order.state in ("cancelled", "failed", "removed"):
        steps.append(Step(told.updated_at, words.word(f"order.{order.state}"), "bad"))
    return steps


def _begun(seen: OrderSeen) -> str:
    told = seen.told
    known = {"number": told.number, "shop": seen.store_name}
    if told.wanted is Wanted.SIGN_UP:
        return str(_("Sign-up %(number)s reported by %(shop)s", **known))
    if told.wanted is Wanted.BOOKING:
        return str(_("Booking %(number)s reported by %(shop)s", **known))
    sold = ui.money(total((line.net for line in told.lines), told.currency))
    return str(_("Order %(number)s at %(shop)s: %(amount)s", amount=sold, **known))


def _bookings(seen: OrderSeen) -> list[Step]:
    steps = []
    summed: dict[tuple[datetime, str, str, str], Money] = {}
    for each in seen.bookings:
        key = (each.at, each.from_state, each.to_state, str(each.amount.currency))
        summed[key] = summed.get(key, Money.zero(each.amount.currency)) + each.amount
    for (at, from_, to, _currency), amount in summed.items():
        if from_ == "source":
            text, tone = _("Booked: %(amount)s, %(state)s", amount=ui.money(amount),
                           state=words.word(f"state.{to}")), "good"
        elif to == "source":
            text, tone = _("Taken back: %(amount)s", amount=ui.money(amount)), "warn"
        else:
            text, tone = _("%(amount)s is now %(state)s", amount=ui.money(amount),
                           state=words.word(f"state.{to}")), "good"
        steps.append(Step(at, text, tone))
    return steps
