"""What a connector promises further whose platform opens the hub as an app inside its own admin.

Such a platform hands out keys that run out, calls one door for all its stores, and vouches for the
people who look at the app: its merchants' staff, and shoppers after a purchase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alliance.connect.protocol import (
    Connector,
    DeliveryKey,
    Grant,
    Handed,
    InboundCall,
    InstallAsk,
)
from alliance.core.orders import StoreOrder

PERSONAL = frozenset({"shopper_asked", "shopper_erased", "store_erased"})
"""Records that ask about, or for the end of, what is kept of people: of one shopper in one order
(`ref`), or of all of a store that left."""


@dataclass(frozen=True, slots=True)
class AppCall:
    """A call at the door that all stores of a platform share: which store it names.

    The platform signs the body alone, so the store is only what the caller says. Nothing may follow
    from it but a question to that store, with that store's own keys.
    """

    address: str
    delivery: DeliveryKey


@dataclass(frozen=True, slots=True)
class Inside:
    """One of a store's staff with the app open, as the platform vouches for a minute.

    `person` is the platform's own number of them. `token` is what says so.
    """

    address: str
    person: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppPage:
    """What the page of the app needs: who may frame it, and the platform's own script.

    `frames` are origins; `script` comes first in the head and makes tokens (`idToken()`); `meta`
    are tags by name; `locale` is the language that the platform speaks with this person.
    """

    frames: tuple[str, ...]
    script: str
    meta: Mapping[str, str]
    locale: str


class Renewing(Connector, Protocol):
    """A connector whose keys run out and are changed for new ones."""

    def renew_at(self, grant: Grant) -> datetime | None:
        """From when on the keys should be renewed; None for keys that do not run out."""
        ...

    def renew_keys(self, grant: Grant) -> Mapping[str, str]:
        """All secrets of the grant, with new keys in them.

        Raises `StoreError`: `store_refused_key` (again=False) where the owner must open the app
        anew, anything else where later may help. Asked again with the same old keys it works again.
        """
        ...


class Granting(Renewing, Protocol):
    """A connector whose platform sends an owner's browser here, and later a code for keys with it.

    For an app of an operator's own that is not opened inside the platform; `takes_grants` says
    whether this is one. Nobody types which store it is: the platform says it, and signs it.
    """

    takes_grants: bool

    def sent_by(self, call: InboundCall) -> str:
        """The address of the store that sent this browser just now; raises `Refused`."""
        ...

    def grant_page(self, ask: InstallAsk) -> str:
        """The store's own page on which its owner says yes or no."""
        ...

    def brought(self, call: InboundCall) -> Handed:
        """The code with which the browser came back, and whose it is (`shop`); raises `Refused`.

        That it is the browser of whoever began the trip has to be found out by its state.
        """
        ...

    def redeem(self, grant: Grant) -> Mapping[str, str]:
        """The keys for the code in a grant, which works once.

        Raises `Refused` (`other_shop`) where another store gave it than the grant's, `StoreError`.
        """
        ...


class Embedded(Renewing, Protocol):
    """A connector whose platform opens the hub as an app.

    `is_set_up` says whether the operator registered the app; without, nothing here works. `listing`
    is where merchants install it, or empty. `stale` are the headers of a refusal
    (`token_stale`) by which the platform's script knows to fetch a fresh token.
    """

    is_set_up: bool
    listing: str
    stale: Mapping[str, str]

    def app_page(self, call: InboundCall) -> AppPage:
        """How to serve the app to this document request; raises `Refused`. Proves nobody."""
        ...

    def inside(self, call: InboundCall) -> Inside:
        """Who asks, by the token in the request; raises `Refused`, `token_stale` for an old one."""
        ...

    def shopper(self, call: InboundCall) -> str:
        """The address of the store whose shopper asks from a page after the purchase.

        Raises `Refused`. A token of staff is none of a shopper's, and the other way round.
        """
        ...

    def editor_links(self, address: str) -> Mapping[str, str]:
        """The platform's own pages on which a merchant places our blocks, by what they place:
        `carry`, `slate`, `bundle`, `article`, `claim`."""
        ...

    def extras(self, grant: Grant) -> Mapping[str, bool]:
        """What a merchant may allow the app besides, by what it is for (`payments`): whether the
        keys say that it is allowed. The platform's script asks for it under the name of
        `extra_scope`."""
        ...

    def extra_scope(self, extra: str) -> str:
        """By which name the platform's own script asks the merchant for this extra."""
        ...

    def take_keys(self, inside: Inside) -> Mapping[str, str]:
        """The store's keys, for the token of somebody inside it; raises `StoreError`."""
        ...

    def bought(self, grant: Grant, ref: str, mark: str) -> StoreOrder | None:
        """The order as it is now, if `mark` is what its own shopper is shown of it and others are
        not; None else. Raises `StoreError`."""
        ...

    def check_app_call(self, call: InboundCall) -> AppCall:
        """At the shared door: verify the signature over the raw bytes, or raise `Refused`."""
        ...
