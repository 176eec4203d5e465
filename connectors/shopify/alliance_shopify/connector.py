"""The Shopify connector: keeps the promise of `alliance.connect.embedded.Embedded`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from alliance.connect.embedded import AppCall, AppPage, Inside
from alliance.connect.http import Outbound
from alliance.connect.parts import understood
from alliance.connect.protocol import (
    CouponAsk,
    DeliveryKey,
    Equipped,
    Grant,
    Handed,
    HookHealth,
    InboundCall,
    InstallAsk,
    Kit,
    Page,
    PaymentAsk,
    PaymentLink,
    Refused,
    ShopFacts,
    StoreError,
    StoreProduct,
    StoreRecord,
)
from alliance.core import clock
from alliance.core.orders import StoreOrder
from alliance_shopify import (
    calls,
    catalogue,
    discounts,
    embedding,
    equipping,
    oauth,
    orders,
    payments,
    session_tokens,
    shop,
    signatures,
    tokens,
)
from alliance_shopify.admin_api import CHANCE, Admin
from alliance_shopify.app import App, read
from alliance_shopify.bulk import Bulk
from alliance_shopify.shops import address_of

_DEAD_KEYS = {"store_key_stale", "store_refused_key", "store_gone", "store_blocked"}


def make(config: Mapping[str, str]) -> Shopify:
    """The entry point; see `app.read` for the settings.

    Besides: `ALLOW_PRIVATE`: CIDRs of test shops, parted by commas; `CA_BUNDLE`: a file.
    """
    private = [text.strip() for text in config.get("ALLOW_PRIVATE", "").split(",") if text.strip()]
    out = Outbound(allow_private=private, ca_bundle=config.get("CA_BUNDLE") or None)
    return Shopify(out, read(config))


class Shopify:
    """Any shop that has the operator's app; safe to share among threads.

    `now` stamps readings and tells what is old; `sleep` and `chance` (0 to 1) are for waiting.
    """

    name = "shopify"
    stale: Mapping[str, str] = session_tokens.STALE

    def __init__(self, out: Outbound, app: App, *, now: Callable[[], datetime] = clock.now,
                 sleep: Callable[[float], None] = time.sleep,
                 chance: Callable[[], float] = CHANCE) -> None:
        self._app = app
        self._now = now
        self._admin = Admin(out, app, sleep=sleep, chance=chance)
        self._bulk = Bulk(self._admin, now=now, sleep=sleep)
        self._tokens = tokens.Tokens(out, app, now)
        self.listing = app.listing
        is_registered = bool(app.client_id and app.secrets)
        self.is_set_up = is_registered and app.is_embedded
        self.takes_grants = is_registered and not app.is_embedded

    def check_call(self, call: InboundCall, grant: Grant) -> DeliveryKey:
        """See `calls.check_for`. A shop without keys of its own has nothing to be asked with."""
        if not grant.secrets.get("access_token"):
            raise Refused("no_secret", "This shop has given the hub no keys.")
        return calls.check_for(call, self._app, grant)

    def read_call(self, call: InboundCall) -> list[StoreRecord]:
        """See `calls.read`."""
        return calls.read(call)

    def order(self, grant: Grant, ref: str) -> StoreOrder | None:
        """See `orders.one`; a requested payment is read from its draft, see `payments.order`."""
        if payments.is_draft(ref):
            return payments.order(self._admin, grant, ref)
        return orders.one(self._admin, grant, ref, self._version())

    def orders(self, grant: Grant, since: datetime) -> Iterator[Page[StoreOrder]]:
        """See `orders.changed`."""
        return orders.changed(self._admin, grant, since, self._version)

    def products(self, grant: Grant, since: datetime | None) -> Iterator[Page[StoreProduct]]:
        """See `catalogue.products`."""
        return catalogue.products(self._admin, self._bulk, grant, since)

    def make_coupons(self, grant: Grant, ask: CouponAsk) -> list[str]:
        """See `discounts.make`."""
        return discounts.make(self._admin, grant, ask, now=self._now)

    def void_coupons(self, grant: Grant, codes: Sequence[str]) -> None:
        """See `discounts.void`."""
        discounts.void(self._admin, grant, codes, now=self._now)

    def about(self, grant: Grant) -> ShopFacts:
        """See `shop.about`."""
        with understood("settings"):
            return shop.about(self._admin, grant)

    def ensure_hooks(self, grant: Grant, door: str) -> HookHealth:
        """See `shop.ensure_hooks`; the door is the app's, the same for every shop."""
        with understood("installation"):
            return shop.ensure_hooks(self._admin, grant)

    def equip(self, grant: Grant, kit: Kit) -> Equipped | None:
        """See `equipping.equip`."""
        return equipping.equip(self._admin, grant, kit)

    def leave(self, grant: Grant, door: str) -> bool:
        """Take away what the hub made in the shop: False, since only its owner removes the app.

        A shop that does not take the keys any more has been left already.
        """
        try:
            equipping.forget(self._admin, grant)
        except StoreError as error:
            if error.code not in _DEAD_KEYS:
                raise
        return False

    def request_payment(self, grant: Grant, ask: PaymentAsk) -> PaymentLink:
        """See `payments.request`; needs the scope that a merchant may leave out."""
        return payments.request(self._admin, grant, ask)

    def renew_at(self, grant: Grant) -> datetime | None:
        """See `tokens.renew_at`."""
        return tokens.renew_at(grant)

    def renew_keys(self, grant: Grant) -> Mapping[str, str]:
        """See `tokens.Tokens.refresh`."""
        return self._tokens.refresh(grant)

    def app_page(self, call: InboundCall) -> AppPage:
        """See `embedding.app_page`."""
        return embedding.app_page(call, self._app)

    def editor_links(self, address: str) -> Mapping[str, str]:
        """See `embedding.editor_links`."""
        return embedding.editor_links(address, self._app)

    def sent_by(self, call: InboundCall) -> str:
        """See `signatures.opened`."""
        found = signatures.opened(call.query, self._app.secrets, self._now())
        return address_of(found["shop"])

    def grant_page(self, ask: InstallAsk) -> str:
        """See `oauth.begin`."""
        return oauth.begin(ask, self._app)

    def brought(self, call: InboundCall) -> Handed:
        """See `oauth.finish`."""
        return oauth.finish(call, self._app, self._now())

    def redeem(self, grant: Grant) -> Mapping[str, str]:
        """See `oauth.complete`."""
        return oauth.complete(grant, self._tokens)

    def extras(self, grant: Grant) -> Mapping[str, bool]:
        """See `embedding.extras`."""
        return embedding.extras(grant)

    def extra_scope(self, extra: str) -> str:
        """The optional scope of `app.OPTIONAL_SCOPES` that an extra needs."""
        return embedding.EXTRAS[extra]

    def inside(self, call: InboundCall) -> Inside:
        """See `session_tokens.staff`; the token stands in `Authorization`."""
        return session_tokens.staff(session_tokens.bearer(call), self._app, self._now())

    def shopper(self, call: InboundCall) -> str:
        """See `session_tokens.shopper`; the token stands in `Authorization`."""
        return session_tokens.shopper(session_tokens.bearer(call), self._app, self._now())

    def take_keys(self, inside: Inside) -> Mapping[str, str]:
        """See `tokens.Tokens.exchange`."""
        return self._tokens.exchange(inside)

    def bought(self, grant: Grant, ref: str, mark: str) -> StoreOrder | None:
        """The order, if `mark` is its confirmation number; see `orders.bought`."""
        return orders.bought(self._admin, grant, ref, mark, self._version())

    def check_app_call(self, call: InboundCall) -> AppCall:
        """See `calls.check`."""
        return calls.check(call, self._app)

    def _version(self) -> int:
        # Of two readings with the same `updatedAt` the later one is right: Shopify counts whole
        # seconds. Milliseconds.
        return int(self._now().timestamp() * 1000)
