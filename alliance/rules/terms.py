"""What two members agreed: clauses read from the top, conditions, caps and switches (law §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alliance.core.clock import aware
from alliance.core.money import Currency, Money, Rate
from alliance.core.orders import Wanted


class Basis(StrEnum):
    """What a clause pays for."""

    PERCENT_OF_SALE = "percent_of_sale"
    PER_CLICK = "per_click"
    PER_REFERRAL = "per_referral"
    BARTER = "barter"
    FLAT_FEE = "flat_fee"


class Per(StrEnum):
    """What a barter clause counts."""

    CLICK = "click"
    ORDER = "order"
    IMPRESSIONS = "impressions"


class Field(StrEnum):
    """What a condition looks at."""

    PRODUCT = "product"
    CATEGORY = "category"
    COLLECTION = "collection"
    ORDER_AMOUNT = "order_amount"
    COUNTRY = "country"
    CUSTOMER = "customer"
    EVIDENCE = "evidence"
    PLACEMENT = "placement"
    CAMPAIGN = "campaign"
    DATE = "date"
    TIER = "tier"
    CERTIFICATE = "certificate"


class Op(StrEnum):
    """How a condition compares."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"


class CreditModel(StrEnum):
    """Which touch of one kind of evidence earns (law §4.2)."""

    LAST = "last"
    FIRST = "first"
    LINEAR = "linear"
    POSITION = "position"


class CapPer(StrEnum):
    """The span a cap looks at; `budget` is the whole life of the terms."""

    ORDER = "order"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Condition:
    """One test. `values` are texts: minor units for amounts, ISO dates for dates, codes else.

    `customer` is `new` or `returning`; `evidence` is `coupon`, `link`, `bond`, `spoken` or
    `renewal`; `tier` is a whole number, 0 for none. `at_least`, `at_most` and `between` include
    their edges; a date is the day of the touch in the alliance's zone, and an amount is the order
    as it was sold.
    """

    field: Field
    op: Op
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most this much per span and host; what lies above waits for the seller (B1)."""

    per: CapPer
    amount: Money


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the agreement. `key` is its stable name within the contract, e.g. `toys`.

    `rate` belongs to percent_of_sale; `amount` to the others (credits for barter); `per` and
    `block` (impressions per unit) to barter; `daily_limit` (paid clicks a day and host) to
    per_click and barter by click; `wanted`, what is paid for once it is credited, to per_referral.
    A `bonus` clause adds to what matched.
    """

    key: str
    basis: Basis
    rate: Rate | None = None
    amount: Money | None = None
    per: Per | None = None
    block: int = 1
    daily_limit: int | None = None
    bonus: bool = False
    wanted: Wanted = Wanted.ORDER
    conditions: tuple[Condition, ...] = ()
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """One unchangeable version of a contract: `seller` owes, `host` earns (merchant's member ids).

    Two members who recommend each other have two contracts or one with two `Terms`.
    """

    seller: str
    host: str
    version: int
    clauses: tuple[Clause, ...]
    currency: Currency
    effective_from: datetime
    effective_until: datetime | None = None
    window_days: int = 30
    credit: CreditModel = CreditModel.LAST
    hold_days: int = 30
    hold_from: str = "payment"
    """`payment` or `completion`."""
    review_days: int = 7
    due_days: int = 14
    notice_days: int = 14
    cycle: str = "month"
    settlement_mode: str = "multilateral"
    settlement_currency: Currency | None = None
    include_tax: bool = False
    include_shipping: bool = False
    include_fees: bool = False
    include_gift_cards: bool = False
    bond_days: int | None = None
    """How long a customer stays the host's after a credited order; None: no bond (B8)."""
    refund_rule: str = "reverse"
    """`reverse`: a refund takes its commission back. `keep`: what was due stays due."""
    exit_rule: str = "settle_open_holds"
    """`settle_open_holds`: holds run to their end. `due_at_exit`: what is on hold becomes due."""
    coupon_cost_seller_bp: int = 10_000
    """The share of a coupon's cost that the seller bears; the host bears the rest."""
    max_reversal_bp: int | None = None
    recurring_days: int | None = None
    """How long the renewals of a credited first order earn too; None or 0: not at all (A6.4)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effective_from", aware(self.effective_from))
        if self.effective_until is not None:
            object.__setattr__(self, "effective_until", aware(self.effective_until))

    def __hash__(self) -> int:
        # What is worked out of terms is remembered by them: to go through all takes too long.
        return hash((self.seller, self.host, self.version, self.effective_from))

    def in_force(self, at: datetime) -> bool:
        """Whether these terms were in force at an instant: from its first, before its last."""
        until = self.effective_until
        return self.effective_from <= at and (until is None or at < until)


CYCLES = ("week", "month")
SETTLEMENT_MODES = ("bilateral", "cycles", "multilateral")
HOLDS_FROM = ("payment", "completion")
REFUND_RULES = ("reverse", "keep")
EXIT_RULES = ("settle_open_holds", "due_at_exit")


class Cause(StrEnum):
    """What makes a clause pay; only clauses of one cause compete with each other (law §3)."""

    ORDER = "order"
    SIGN_UP = "sign_up"
    BOOKING = "booking"
    CLICKS = "clicks"
    IMPRESSIONS = "impressions"
    ACCEPTANCE = "acceptance"


def cause(clause: Clause) -> Cause:
    """What makes this clause pay. Barter that does not say what it counts pays by the order."""
    if clause.basis is Basis.BARTER:
        counted = {Per.CLICK: Cause.CLICKS, Per.IMPRESSIONS: Cause.IMPRESSIONS}
        return counted.get(clause.per or Per.ORDER, Cause.ORDER)
    if clause.basis is Basis.PER_REFERRAL:
        return Cause(clause.wanted.value)
    return {Basis.PER_CLICK: Cause.CLICKS, Basis.FLAT_FEE: Cause.ACCEPTANCE}.get(
        clause.basis, Cause.ORDER)
