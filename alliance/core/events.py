"""What can happen: frozen records that hold ids and words only, so a queue can carry them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `name` is how the messages table calls it."""

    @property
    def name(self) -> str:
        """The kind, as kept in the queue and listed in docs/reference/events.md."""
        return type(self).__name__

    def body(self) -> dict[str, Any]:
        """The fields, as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StoreCalled(Event):
    """A store called: a hint about one record, kept before anything is done about it."""

    store_id: str
    record: str
    """What it is about: `order`, `order_removed`, `product`, `product_removed`, `store`, `bulk`,
    `broken`."""
    ref: str
    digest: str
    """SHA-256 of the raw body: the body itself is not kept."""


@dataclass(frozen=True, slots=True)
class PrivacyAsked(Event):
    """A platform asks what is kept of a shopper, or that it be forgotten; or a store's, at its end.
    """

    store_id: str
    wanted: str
    """`shopper_asked`, `shopper_erased` or `store_erased`."""
    ref: str
    """The store's own name of the order that it is about; `-` where none is named."""


@dataclass(frozen=True, slots=True)
class StoreConnected(Event):
    """A store gave us its keys: catalogue and recent orders are to be read."""

    store_id: str


@dataclass(frozen=True, slots=True)
class PlacementsChanged(Event):
    """A placement of a store was made or chosen anew: the store's plugin is to be told."""

    store_id: str


@dataclass(frozen=True, slots=True)
class PastWanted(Event):
    """The owner of a store wants its older orders read too, from `since` (RFC 3339) on."""

    store_id: str
    since: str


@dataclass(frozen=True, slots=True)
class CatalogueDoubted(Event):
    """A store said that a product is gone: its whole catalogue is to be read, to be sure."""

    store_id: str


@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """A newer snapshot of an order was kept, with its decisions."""

    order_id: str


@dataclass(frozen=True, slots=True)
class ClicksDrained(Event):
    """Clicks came in for one alliance on one day of its zone (`YYYY-MM-DD`)."""

    alliance_id: str
    day: str


@dataclass(frozen=True, slots=True)
class CodeChanged(Event):
    """A code of a store began or ceased to stand for a host, at an instant (RFC 3339)."""

    store_id: str
    since: str


@dataclass(frozen=True, slots=True)
class CouponsDue(Event):
    """Codes of a store are to be made there, or made void: a stock runs low, or a gift ended."""

    store_id: str


@dataclass(frozen=True, slots=True)
class CampaignMoved(Event):
    """A campaign was agreed, ended or lost a component: it is begun, or its codes are ended."""

    campaign_id: str


@dataclass(frozen=True, slots=True)
class TermsInForce(Event):
    """A version of a contract took effect or ended: slates are to be made anew."""

    contract_id: str


@dataclass(frozen=True, slots=True)
class HoldMoved(Event):
    """A hold was opened, reaches further, or was released or reversed."""

    hold_id: str


@dataclass(frozen=True, slots=True)
class CycleFinal(Event):
    """A cycle is final: its obligations are to be paid."""

    cycle_id: str


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (StoreCalled, PrivacyAsked, StoreConnected, PlacementsChanged, PastWanted,
                 CatalogueDoubted, OrderChanged, ClicksDrained, CodeChanged, CouponsDue,
                 CampaignMoved, TermsInForce, HoldMoved, CycleFinal)
}


def read(name: str, body: dict[str, Any]) -> Event:
    """The event that a row of the queue holds; an unknown name raises `KeyError`."""
    return KINDS[name](**body)
