"""What a connector promises the hub. A call is a hint; the store's own answer is the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from typing import Generic, Protocol, TypeVar

from alliance.core.errors import AllianceError, NotFound
from alliance.core.money import Money, Rate
from alliance.core.orders import StoreOrder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Grant:
    """The keys a store gave us, opened. `secrets` never appears in a repr or a log.

    `address` is the store's origin, such as `https://shop.example`; `path_token` is the
    unguessable last part of the address it calls; `salt` keys this store's customer hashes.
    """

    store_id: str
    address: str
    path_token: str
    salt: bytes = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InboundCall:
    """One call at the door, raw. `headers` keeps order and doubles; names are as sent."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    query: str = ""

    def header(self, name: str) -> str | None:
        """The one value of a header, or None; a header sent twice counts as refused by callers."""
        values = self.header_all(name)
        return values[0] if len(values) == 1 else None

    def header_all(self, name: str) -> list[str]:
        """Every value of a header, whatever its letter case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """What makes a delivery once-only within its store: never the platform's delivery id alone."""

    key: str
    digest: str
    """SHA-256 of the raw body, hexadecimal."""


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """What a call was about. `record`: order, order_removed, product, product_removed, broken.

    Platforms with an app of ours (`embedded.py`) also tell of the `store` itself (it removed the
    app, or changed what the app may do), of a `bulk` reading that ended, and of `PERSONAL` wishes.
    """

    record: str
    ref: str


@dataclass(frozen=True, slots=True)
class StoreProduct:
    """A product as its store tells it: plain text only, amounts as the shopper sees them."""

    ref: str
    sku: str
    title: str
    url: str
    image_url: str | None
    price: Money
    categories: tuple[str, ...]
    in_stock: bool
    is_public: bool
    updated_at: datetime | None = None
    kind: str = "goods"
    """`goods`, or `service` for what is booked and redeemed instead of shipped."""


@dataclass(frozen=True, slots=True)
class CouponAsk:
    """Codes that a store is asked to accept: one promise, and the codes that the hub chose for it.

    `kind`: `percent` (`rate` off the goods), `amount` (`amount` off the goods), `sample` (one piece
    of `product_ref` for nothing), `free_shipping`, `voucher` (`amount` off services alone, or off
    the one that `product_ref` names). Each code works once, from goods of `minimum` on and before
    `until`. Codes are in lower case, as orders name them; `tag` is ours, to find them again.
    """

    tag: str
    kind: str
    codes: tuple[str, ...]
    minimum: Money
    until: datetime
    rate: Rate | None = None
    amount: Money | None = None
    product_ref: str | None = None


@dataclass(frozen=True, slots=True)
class InstallAsk:
    """What a merchant is sent to its store with, to allow the hub there.

    `state` is a secret that works once: the store hands it back with its keys. `callback` is where
    the store posts them, `back` where the person's browser returns. `name` is what the hub calls
    itself on the store's own page.
    """

    address: str
    state: str = field(repr=False)
    callback: str
    back: str
    name: str


@dataclass(frozen=True, slots=True)
class Handed:
    """What a store handed over after its merchant said yes. Nothing of it is proven yet."""

    state: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a store says of itself: the proof that its keys work, and what a person recognises.

    `address` is its home as it names it, `platform` what runs it, such as `WooCommerce 10.5.0`.
    `may_write` is what the keys allow; `doors` are the addresses its calls go to now, so that a
    shop which moved to another domain is known by its own door. `plugin` is the version of our
    plugin there, if any.
    """

    name: str
    currency: str
    address: str
    platform: str
    may_write: bool
    doors: tuple[str, ...] = ()
    plugin: str | None = None


HOOK_STATES = ("active", "made", "mended", "missing")
"""Of a kind of call: it comes; it was made just now; it had stopped and comes again; it cannot be
made, since the keys may not write."""


@dataclass(frozen=True, slots=True)
class HookHealth:
    """Whether a store calls: the state of each kind of call (`HOOK_STATES`), by its own name."""

    states: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Every kind of call comes, now at the latest."""
        return "missing" not in self.states.values()


@dataclass(frozen=True, slots=True)
class KitPlace:
    """A placement as a store's plugin shows it; words as in `promotions/model.py`."""

    id: str
    name: str
    spot: str
    shows: str
    layout: str
    heading: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Kit:
    """What a store's plugin must know to show elements and to prove purchases."""

    hub: str
    store_id: str
    store_name: str
    proof_secret: str = field(repr=False)
    places: tuple[KitPlace, ...]


@dataclass(frozen=True, slots=True)
class Equipped:
    """What the plugin answered: its version, and its self-test by code; None is "not known"."""

    plugin: str
    checks: Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class PaymentAsk:
    """A sum that somebody owes the owner of this store, to be paid here as an order.

    `tag` is ours and makes it once-only: asked again with it, the same order comes back. `title`
    is the one line of the order, in words for the payer; no tax is put on it.
    """

    tag: str
    amount: Money
    title: str


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """The order to be paid: its ref in the store, and the page where whoever has it can pay."""

    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of an answer. `cursor` lets a reading that was cut off go on behind this page."""

    records: tuple[T, ...]
    cursor: str | None
    refused: tuple[tuple[str, str], ...] = ()
    """Records that could not be read: (ref, why). The rest of the page is still good."""


class Refused(AllianceError):
    """A call whose signature, shape or age is wrong: 401 at the door, nothing kept."""

    kind = "refused"


class StoreError(AllianceError):
    """The store did not give a usable answer. `again` says whether trying later can help."""

    kind = "unavailable"

    def __init__(self, code: str, detail: str, *, again: bool, **facts: str | int) -> None:
        super().__init__(code, detail, **facts)
        self.again = again


class Connector(Protocol):
    """The promise. Every connector passes tests/contract/suite.py, the demo store too."""

    name: str

    def check_call(self, call: InboundCall, grant: Grant) -> DeliveryKey:
        """At the door: verify the signature over the raw bytes, or raise `Refused`."""
        ...

    def read_call(self, call: InboundCall) -> list[StoreRecord]:
        """At the desk: which records a verified call is about; an empty list for a ping."""
        ...

    def order(self, grant: Grant, ref: str) -> StoreOrder | None:
        """The order as it is now; None when the store no longer has it or it is only a draft."""
        ...

    def orders(self, grant: Grant, since: datetime) -> Iterator[Page[StoreOrder]]:
        """Every order changed at or after `since`, oldest change first: finds what calls lost."""
        ...

    def products(self, grant: Grant, since: datetime | None) -> Iterator[Page[StoreProduct]]:
        """The catalogue, or what changed in it since."""
        ...

    def make_coupons(self, grant: Grant, ask: CouponAsk) -> list[str]:
        """Have these codes work; gives those that do, in the order of `ask.codes`.

        One that exists with the same promise counts as made, so asking again does no harm. One that
        stands for something else in this store is left out. Raises `StoreError`, with
        `store_cannot_give` (again=False) for a promise that this platform cannot keep.
        """
        ...

    def void_coupons(self, grant: Grant, codes: Sequence[str]) -> None:
        """Have these codes work no more; unknown ones and those that ended already change nothing.

        An order that used one keeps what it got.
        """
        ...

    def about(self, grant: Grant) -> ShopFacts:
        """What the store says of itself with these keys; raises `StoreError` where they fail."""
        ...

    def ensure_hooks(self, grant: Grant, door: str) -> HookHealth:
        """Have the store call `door` for each kind of call, each once; mend what stopped.

        Looks before it makes, so asking again makes nothing twice. What other doors the store
        calls is left alone. Keys that may only read: `missing`, and nothing is raised.
        """
        ...

    def equip(self, grant: Grant, kit: Kit) -> Equipped | None:
        """Tell the store's plugin what it needs; None where the store has none of ours."""
        ...

    def leave(self, grant: Grant, door: str) -> bool:
        """Remove what the hub made to be called, and tell the plugin to forget it.

        True when the keys are gone at the store as well; else its owner must remove them there.
        A store that refuses the keys by now counts as left: False, and nothing is raised.
        """
        ...

    def request_payment(self, grant: Grant, ask: PaymentAsk) -> PaymentLink:
        """An unpaid order of this sum in the store, found or made; raises `StoreError`.

        `payment_differs` (again=False) when the tag stands for another sum there.
        """
        ...


class Installing(Connector, Protocol):
    """A connector whose stores are asked for their keys by a round trip of the merchant's browser.

    Others are connected with keys that somebody typed.
    """

    def begin_install(self, ask: InstallAsk) -> str:
        """The page of the store to send the merchant's browser to."""
        ...

    def finish_install(self, call: InboundCall) -> Handed:
        """What the store handed over at the callback; raises `Refused` for anything else.

        Asks nobody: whoever calls may be anyone, and an answer must come at once.
        """
        ...


def find(name: str, config: Mapping[str, str] | None = None) -> Connector:
    """The connector of this name, made by its entry point (`alliance.connectors`)."""
    for point in entry_points(group="alliance.connectors"):
        if point.name == name:
            connector: Connector = point.load()(config or {})
            return connector
    raise NotFound("connector", name)
