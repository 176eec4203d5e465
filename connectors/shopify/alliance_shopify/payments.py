"""A draft order that somebody owes the shop's owner: one line, no tax, paid on the shop's own page.

Opt-in: it needs a scope that the owner may leave out. A draft is no order before it is paid, so its
ref says what it is: `draft-<number>`. The order that comes of it carries the draft's tags, by which
it is known as no sale of goods.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from alliance.connect.parts import instant, maybe_instant, record, understood, web_address, word
from alliance.connect.plain_text import plain
from alliance.connect.protocol import Grant, PaymentAsk, PaymentLink, StoreError
from alliance.core.errors import Invalid
from alliance.core.money import Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance_shopify.admin_api import Admin, user_errors
from alliance_shopify.answers import money, nodes, refuse, text, texts
from alliance_shopify.connections import gid, number
from alliance_shopify.shops import shop_at

_DRAFT = re.compile(r"draft-([1-9][0-9]{0,18})", re.ASCII)
_MARK = re.compile(r"alliance-pay-[0-9a-f]{24}", re.ASCII)
_PAID = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}


def request(admin: Admin, grant: Grant, ask: PaymentAsk) -> PaymentLink:
    """See `Connector.request_payment`: a call or two for a draft that is there, two to make one.

    The shop's search learns of a new draft some seconds late. So the newest ones are looked through
    too, which a shop lists at once: asked again after a lost answer, the same draft comes back. Two
    who ask in the same moment could still make two; from then on the older one is given to both.
    A draft that was paid comes back as well, until its order is cancelled.

    Raises `StoreError`: `payment_not_allowed` (again=False) without the scope, `payment_differs`,
    `payment_impossible` (again=False) for a sum in another currency, or of which the shop makes
    another one; `store_busy` (again=True) while the shop still works on the draft.
    """
    with understood("draft order"), _allowed():
        mark = mark_of(ask.tag)
        told = admin.ask(grant, "payments_found", query=f"tag:'{mark}'")
        shop = record(told.get("shop"), "The shop")
        there = _oldest(admin, grant, told, mark)
        if there is not None:
            if _worth(there) != ask.amount:
                raise StoreError("payment_differs", "This payment was asked for before, with "
                                 "another sum.", again=False, ref=_ref(there))
            return _link(grant, shop, there)
        if shop.get("currencyCode") != ask.amount.currency:
            raise StoreError("payment_impossible", f"The shop cannot take {ask.amount}: it counts "
                             "in another currency.", again=False)
        made = _make(admin, grant, ask)
        if _worth(made) != ask.amount:
            # Another app added something of its own: nobody may be asked for such a sum.
            admin.ask(grant, "payment_delete", id=text(made, "id"))
            raise StoreError("payment_impossible", f"The shop makes another sum of {ask.amount}.",
                             again=False)
        return _link(grant, shop, made)


def order(admin: Admin, grant: Grant, ref: str) -> StoreOrder | None:
    """A requested payment, read as an order with fees and nothing else.

    `ref` is one of `request`'s; None where the draft is gone, or none of ours. Raises `StoreError`.
    """
    match = _DRAFT.fullmatch(ref)
    if match is None:
        return None
    with understood("draft order"), _allowed():
        told = admin.ask(grant, "payment", id=gid("DraftOrder", match[1]))
        if told.get("draftOrder") is None:
            return None
        draft = record(told["draftOrder"], "The draft order")
        if _ref(draft) != ref:
            raise Invalid("wrong_record", f"The shop answered with another than {ref}.")
        return _order(draft) if is_payment(texts(draft.get("tags"))) else None


def is_draft(ref: str) -> bool:
    """Whether this ref is one of a requested payment, and none of an order."""
    return _DRAFT.fullmatch(ref) is not None


def is_payment(tags: Iterable[str]) -> bool:
    """Whether a draft or an order with these tags is a requested payment: no sale of goods."""
    return any(_MARK.fullmatch(tag) for tag in tags)


def mark_of(tag: str) -> str:
    """The tag of the draft in the shop, and of the order that comes of it."""
    return f"alliance-pay-{sha256(tag.encode()).hexdigest()[:24]}"


@contextmanager
def _allowed() -> Iterator[None]:
    """Says what a missing scope means here, in words for the shop's owner."""
    try:
        yield
    except StoreError as error:
        if error.code != "store_scope_missing":
            raise
        raise StoreError(
            "payment_not_allowed", "The app may not make draft orders in this shop. Its owner can "
            "allow it on the app's page, under payments. Shopify counts such invoices as sales in "
            "the shop's figures, and may ask about them when it reviews the app.",
            again=False, scope="write_draft_orders") from None


def _make(admin: Admin, grant: Grant, ask: PaymentAsk) -> dict[str, Any]:
    sum_ = {"amount": str(ask.amount).split(" ")[0], "currencyCode": str(ask.amount.currency)}
    told = admin.ask(grant, "payment_create", input={
        "lineItems": [{"title": plain(ask.title, 150), "quantity": 1, "taxable": False,
                       "requiresShipping": False, "originalUnitPriceWithCurrency": sum_}],
        "presentmentCurrencyCode": str(ask.amount.currency), "taxExempt": True,
        "acceptAutomaticDiscounts": False, "allowDiscountCodesInCheckout": False,
        "tags": [mark_of(ask.tag)]})
    refuse(user_errors(told, "draftOrderCreate"), "a draft order")
    return record(record(told["draftOrderCreate"], "The answer").get("draftOrder"), "The draft")


def _oldest(admin: Admin, grant: Grant, told: Mapping[str, Any], mark: str
            ) -> dict[str, Any] | None:
    """The first draft of this mark that still stands; what no search found yet is fetched."""
    known = {_number(draft): draft for draft in _ours(told.get("searched"), mark)}
    late = {_number(draft) for draft in _ours(told.get("newest"), mark)} - known.keys()
    for ref in sorted(known.keys() | late, key=int):
        draft = known.get(ref)
        if draft is None:
            asked = admin.ask(grant, "payment_owed", id=gid("DraftOrder", ref))
            if asked.get("draftOrder") is None:
                continue
            draft = record(asked["draftOrder"], "The draft order")
        if not _is_off(draft):
            return draft
    return None


def _ours(connection: Any, mark: str) -> list[dict[str, Any]]:
    return [draft for draft in nodes(connection, "Draft orders")
            if mark in texts(draft.get("tags"))]


def _is_off(draft: Mapping[str, Any]) -> bool:
    made = draft.get("order")
    return isinstance(made, dict) and made.get("cancelledAt") is not None


def _worth(draft: Mapping[str, Any]) -> Money:
    bag = record(draft.get("totalPriceSet"), "The total")
    return money(bag.get("shopMoney"), "The total")


def _ref(draft: Mapping[str, Any]) -> str:
    return f"draft-{_number(draft)}"


def _number(draft: Mapping[str, Any]) -> str:
    return number(draft.get("id"), "DraftOrder")


def _link(grant: Grant, shop: Mapping[str, Any], draft: Mapping[str, Any]) -> PaymentLink:
    told = draft.get("invoiceUrl")
    if told is None and draft.get("status") == "COMPLETED":
        return PaymentLink(_ref(draft), f"{grant.address}/")
    if told is None:
        raise StoreError("store_busy", "The shop still works on the draft order.", again=True)
    url, home = web_address(told), record(shop.get("primaryDomain"), "The domain").get("host")
    hosts = {shop_at(grant.address), home if isinstance(home, str) else None}
    if url is None or urlsplit(url).scheme != "https" or urlsplit(url).hostname not in hosts:
        raise Invalid("malformed_link", "The page to pay is not in this shop.")
    return PaymentLink(_ref(draft), url)


def _order(draft: dict[str, Any]) -> StoreOrder:
    made = draft.get("order")
    made = made if isinstance(made, dict) else None
    state = _state(draft, made)
    total = _worth(draft)
    completed = maybe_instant(draft, "completedAt")
    changed = [instant(draft, "updatedAt"), *([instant(made, "updatedAt")] if made else [])]
    return StoreOrder(
        ref=_ref(draft), number=word(draft, "name"), state=state, currency=total.currency,
        placed_at=instant(draft, "createdAt"), updated_at=max(changed),
        paid_at=completed if state in (OrderState.PAID, OrderState.REFUNDED) else None,
        is_test=made is not None and made.get("test") is True,
        lines=tuple(_line(each, total, is_back=state is OrderState.REFUNDED)
                    for each in nodes(draft.get("lineItems"), "Lines")))


def _state(draft: Mapping[str, Any], made: Mapping[str, Any] | None) -> OrderState:
    """What became of it. A draft may be completed before it is paid: then its order says which.

    An order older than the app may read is not told; then Shopify's word for a completed draft
    counts, which is that it was paid.
    """
    if draft.get("status") != "COMPLETED":
        return OrderState.OPEN
    if made is None:
        return OrderState.PAID
    if made.get("cancelledAt") is not None:
        return OrderState.CANCELLED
    if made.get("displayFinancialStatus") == "REFUNDED":
        return OrderState.REFUNDED
    return OrderState.PAID if made.get("displayFinancialStatus") in _PAID else OrderState.OPEN


def _line(raw: Mapping[str, Any], total: Money, *, is_back: bool) -> OrderLine:
    net = money(record(raw.get("discountedTotalSet"), "A line").get("shopMoney"), "A line")
    nothing = Money.zero(total.currency)
    return OrderLine(text(raw, "id").rpartition("/")[2], LineKind.FEE, "", 1, net, nothing, nothing,
                     net if is_back else nothing, nothing, 1 if is_back else 0)
