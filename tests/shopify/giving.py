"""A fake shop with the app in it, and what asks it: for tests of codes, payments and the kit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from alliance_shopify import discounts
from alliance_shopify.admin_api import Admin
from alliance_shopify.app import API_VERSION, App
from werkzeug.wrappers import Request, Response

from alliance.connect.http import Outbound
from alliance.connect.protocol import CouponAsk, Grant, StoreError
from tests.contract.coupon_suite import FIVE_OFF
from tests.fake_shopify import FakeShop, FakeShopify, serving
from tests.fake_woo.mischief import Serve

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
OUT = Outbound(allow_private=["127.0.0.0/8"], sleep=lambda seconds: None, chance=lambda: 0.0)
"""Shared by all tests: reading the certificates that it trusts takes its time."""


class Desk:
    """One shop, and an `Admin` whose waiting moves the platform's clock."""

    def __init__(self, platform: FakeShopify, shop: FakeShop, version: str) -> None:
        self.platform, self.shop = platform, shop
        self.pauses: list[float] = []
        app = App(platform.client_id, platform.secrets, api_version=version, origin=platform.at)
        self.admin = Admin(OUT, app, sleep=self._sleep, chance=lambda: 0.5)
        self.grant: Grant = shop.grant()

    def now(self) -> datetime:
        """The platform's clock."""
        return self.platform.now

    def sent(self, name: str) -> list[dict[str, Any]]:
        """The variables of each time this document was sent."""
        return [each.variables for each in self.shop.asked if each.name == name]

    def changes(self) -> list[str]:
        """The mutations that were sent, in order."""
        return [each.name for each in self.shop.asked
                if re.search(r"^mutation\b", each.document, re.MULTILINE)]

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.platform.sleep(seconds)


@contextmanager
def desk(currency: str = "EUR", scopes: tuple[str, ...] | None = None,
         version: str = API_VERSION) -> Iterator[Desk]:
    """A fresh shop at a fixed moment."""
    with serving(FakeShopify(NOW)) as platform:
        yield Desk(platform, platform.open(currency=currency, scopes=scopes), version)


def make(gifts: Desk, ask: CouponAsk = FIVE_OFF) -> list[str]:
    """Ask for these codes at the platform's own time."""
    return discounts.make(gifts.admin, gifts.grant, ask, now=gifts.now)


def void(gifts: Desk, *codes: str) -> None:
    """End these codes at the platform's own time."""
    discounts.void(gifts.admin, gifts.grant, codes, now=gifts.now)


def off(gifts: Desk, code: str, *goods: tuple[str, str, int]) -> Decimal | None:
    """What the till takes off for a code now."""
    return gifts.shop.takes(code, *(goods or (("1", "50.00", 1),)))


def many(count: int) -> tuple[str, ...]:
    """So many codes, each time the same."""
    return tuple(f"7k4q-9m2d-0vxa-{number:04d}" for number in range(count))


def lost(name: str) -> Callable[[Request, Serve], Response]:
    """The shop does what this document asks, once, and its answer never arrives whole."""
    left = [name]

    def trick(request: Request, serve: Serve) -> Response:
        answer = serve(request)
        if left and _asks(request, left[0]):
            left.pop()
            return Response(b'{"data": {', 502, content_type="application/json")
        return answer

    return trick


def twisted(name: str, change: Callable[[dict[str, Any]], Any]) -> Callable[
        [Request, Serve], Response]:
    """The `data` of this document's answers, changed."""
    def trick(request: Request, serve: Serve) -> Response:
        answer = serve(request)
        if not _asks(request, name):
            return answer
        told = json.loads(answer.get_data())
        told["data"] = change(told["data"])
        return Response(json.dumps(told), answer.status_code, answer.headers)

    return trick


def refused(step: Callable[[], Any]) -> StoreError:
    """The refusal of a step that must not work."""
    try:
        step()
    except StoreError as error:
        return error
    raise AssertionError("nothing was refused")


def _asks(request: Request, name: str) -> bool:
    query = json.loads(request.get_data() or b"{}").get("query", "")
    return re.search(rf"^(query|mutation) {name}\b", query, re.MULTILINE) is not None
