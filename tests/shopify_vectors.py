"""The recorded vectors of Shopify's signatures, and the app that they were made for."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alliance_shopify.app import App

from alliance.connect.protocol import InboundCall

FIXTURES = Path(__file__).parent / "shopify" / "fixtures"

CLIENT_ID = "0123456789abcdef0123456789abcdef"
SECRET = "test-client-secret-0123456789abcdef012345"
OLD_SECRET = "old-client-secret-0123456789abcdef0123456"
SHOP = "brasa-coffee.myshopify.com"
ADDRESS = f"https://{SHOP}"
NOW = datetime.fromtimestamp(1793491200, UTC)
"""The frozen clock of every vector."""


def app(*secrets: str, **more: Any) -> App:
    """The vectors' app, with its one secret unless others are named."""
    return App(CLIENT_ID, secrets or (SECRET,), **more)


def cases(file: str, **only: str) -> list[dict[str, Any]]:
    """The vectors of a file, or those of a kind."""
    found = json.loads((FIXTURES / file).read_text(encoding="utf-8"))["cases"]
    return [case for case in found if all(case[key] == value for key, value in only.items())]


def body(file: str) -> bytes:
    """A body, byte by byte."""
    return (FIXTURES / file).read_bytes()


def signed(text: bytes, secret: str = SECRET) -> str:
    """What Shopify's header says of these bytes."""
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()


def call(text: bytes, topic: str = "orders/paid", *, secret: str = SECRET, method: str = "POST",
         **headers: str | None) -> InboundCall:
    """A call as Shopify makes it; `headers` (`shop`, `signature`, `delivery`) replace its own.

    None leaves one out.
    """
    names = {"topic": "X-Shopify-Topic", "signature": "X-Shopify-Hmac-Sha256",
             "shop": "X-Shopify-Shop-Domain", "delivery": "X-Shopify-Webhook-Id"}
    told: Mapping[str, str | None] = {
        "topic": topic, "signature": signed(text, secret), "shop": SHOP,
        "delivery": "545ebdd4-b7be-4d3d-b14e-000000000001", **headers}
    return InboundCall(method, "/stores/shopify/calls", tuple(
        (names[key], value) for key, value in told.items() if value is not None), text)
