"""What a shop keeps and shows: its own words, not yet the hub's. Amounts are what shoppers see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alliance.core.money import Currency, Money, Rate, total
from alliance.core.orders import LineKind, OrderState

SHIPPING_KEY = "ship"
"""The key of the one shipping line an order may have."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the shop is. Prices include `tax_bp` of tax; `look` names its style for the pages."""

    slug: str
    look: str
    names: Mapping[str, str]
    taglines: Mapping[str, str]
    about: Mapping[str, str]
    currency: Currency
    categories: Mapping[str, Mapping[str, str]]
    """Category key → its name per locale, in the order of the shop's menu."""
    tax_bp: int = 0
    shipping_minor: int = 0
    free_from_minor: int | None = None
    locale: str = "en"
    """The language in which the shop tells programs its titles."""

    @property
    def shipping(self) -> Money:
        """What sending a parcel costs the shopper."""
        return Money(self.shipping_minor, self.currency)

    @property
    def free_from(self) -> Money | None:
        """From this sum of goods on, sending is free; None: never."""
        minor = self.free_from_minor
        return None if minor is None else Money(minor, self.currency)


@dataclass(frozen=True, slots=True)
class Product:
    """One article. `stock` None means made to order or booked: it never runs out."""

    ref: str
    sku: str
    titles: Mapping[str, str]
    about: Mapping[str, str]
    price: Money
    category: str
    stock: int | None
    kind: str
    """`goods` or `service`, as in `StoreProduct`."""
    is_public: bool
    updated_at: datetime

    @property
    def in_stock(self) -> bool:
        """Whether one can be bought now."""
        return self.is_public and (self.stock is None or self.stock > 0)

    def title(self, locale: str) -> str:
        """The title in this language, or in English."""
        return self.titles.get(locale) or self.titles["en"]


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code that makes an order cheaper, by what its `kind` says (`CouponAsk` tells them).

    `percent` belongs to that kind, `fixed` to a sum and a voucher; `product_ref` is what a sample
    gives, and the one service that a voucher counts on, if it names one.
    """

    code: str
    kind: str
    single_use: bool
    minimum: Money
    until: datetime | None
    percent: Rate | None = None
    fixed: Money | None = None
    product_ref: str | None = None
    tag: str | None = None
    """Whose it is, where another program made it."""
    uses: int = 0
    is_void: bool = False

    @property
    def promise(self) -> tuple[object, ...]:
        """What the shop has to keep: two codes of one promise are worth the same."""
        return (self.kind, self.percent, self.fixed, self.product_ref, self.single_use,
                self.minimum, self.until)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a basket or an order; `unit` and `discount` include tax."""

    key: str
    kind: LineKind
    product_ref: str
    titles: Mapping[str, str]
    category: str
    quantity: int
    unit: Money
    discount: Money
    tax_bp: int
    is_service: bool = False

    @property
    def full(self) -> Money:
        """Before the discount, tax included."""
        return self.unit.times(self.quantity)

    @property
    def gross(self) -> Money:
        """What the shopper pays for the line."""
        return self.full - self.discount

    def title(self, locale: str) -> str:
        """What the line sells, in this language."""
        return self.titles.get(locale) or self.titles["en"]


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines with their prices, as the cart page shows them and as an order keeps them."""

    lines: tuple[Line, ...]
    currency: Currency

    @property
    def goods(self) -> Money:
        """All but shipping, before the discount."""
        return total((line.full for line in self._goods), self.currency)

    @property
    def discount(self) -> Money:
        """What the coupon takes off."""
        return total((line.discount for line in self._goods), self.currency)

    @property
    def shipping(self) -> Money:
        """What sending costs."""
        return total((line.gross for line in self.lines if line.kind is LineKind.SHIPPING),
                     self.currency)

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return total((line.gross for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        """The tax inside the total."""
        parts = (line.gross.split([10_000, line.tax_bp])[1] for line in self.lines)
        return total(parts, self.currency)

    @property
    def _goods(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind is not LineKind.SHIPPING)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back; without `line_key` it names no line. Several lines share one `moment`."""

    line_key: str | None
    quantity: int
    gross: Money
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """A sale as the shop keeps it. Name and e-mail never leave the box."""

    ref: str
    state: OrderState
    placed_at: datetime
    updated_at: datetime
    version: int
    lines: tuple[Line, ...]
    refunds: tuple[Refund, ...]
    currency: Currency
    email: str = field(repr=False)
    name: str = field(repr=False)
    country: str | None = None
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    coupon: str | None = None
    click_tokens: tuple[str, ...] = ()
    spoken_code: str | None = None
    voucher: str | None = None
    is_new_customer: bool = True
    is_test: bool = False
    renews: str | None = None
    """The order that a subscription began with, on each that renews it."""

    @property
    def basket(self) -> Basket:
        """The lines, with their sums."""
        return Basket(self.lines, self.currency)

    @property
    def refunded(self) -> Money:
        """What was given back so far."""
        return total((refund.gross for refund in self.refunds), self.currency)

    @property
    def left(self) -> Money:
        """What the shop still holds of the sale."""
        return self.basket.total - self.refunded

    def refunded_of(self, key: str) -> tuple[int, Money]:
        """How many pieces of a line were taken back by name, and for how much."""
        mine = [refund for refund in self.refunds if refund.line_key == key]
        return (sum(refund.quantity for refund in mine),
                total((refund.gross for refund in mine), self.currency))
