"""What the operator's own Shopify app is: its id, its secrets, its version of the Admin API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from alliance.core.errors import Invalid
from alliance_shopify.shops import address_of

API_VERSION = "2026-07"
"""The version that every document is checked against; the next one is checked beside it."""

SCOPES = ("read_products", "read_orders", "write_discounts", "write_pixels",
          "read_customer_events")
"""What the app asks for, and cannot do without. `write_x` implies `read_x`."""

OPTIONAL_SCOPES = ("write_draft_orders",)
"""What a merchant may allow besides: to be paid by an invoice in the own shop."""

EARLY = timedelta(minutes=5)
"""How long before they end keys are renewed."""

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,100}", re.ASCII)
_SECRET = re.compile(r"[!-~]{16,200}", re.ASCII)
_LISTING = re.compile(r"https://[!-~]{4,500}", re.ASCII)
_VERSION = re.compile(r"20[0-9]{2}-(?:01|04|07|10)", re.ASCII)


@dataclass(frozen=True, slots=True)
class App:
    """The app as its operator registered it.

    `secrets` are the client secrets, the one in use first; a second one is taken while they are
    changed. `listing` is the page where merchants install the app. One that is not `is_embedded` is
    no app of a listing but an operator's own, not opened inside the admin. `origin` says where a
    shop's Admin API is asked: tests have their own.
    """

    client_id: str
    secrets: tuple[str, ...] = field(repr=False)
    listing: str = ""
    api_version: str = API_VERSION
    is_embedded: bool = True
    origin: Callable[[str], str] = address_of


def read(config: Mapping[str, str]) -> App:
    """The app from `ALLIANCE_SHOPIFY_*`: `CLIENT_ID`, `CLIENT_SECRETS`, `LISTING`, `API_VERSION`,
    `EMBEDDED`.

    Raises `Invalid` (`bad_setting`). A hub without these settings has no Shopify app: its
    `client_id` is empty, and whoever asks for the app is told so.
    """
    secrets = tuple(text.strip() for text in config.get("CLIENT_SECRETS", "").split(",")
                    if text.strip())
    client_id = config.get("CLIENT_ID", "").strip()
    listing = config.get("LISTING", "").strip()
    version = config.get("API_VERSION", "").strip() or API_VERSION
    if bool(client_id) != bool(secrets):
        raise Invalid("bad_setting", "ALLIANCE_SHOPIFY_CLIENT_ID and _CLIENT_SECRETS go together.")
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise Invalid("bad_setting", "ALLIANCE_SHOPIFY_CLIENT_ID is no client id of Shopify's.")
    if not all(_SECRET.fullmatch(secret) for secret in secrets):
        # It signs everything that counts here; a short one could be found by trying.
        raise Invalid("bad_setting", "ALLIANCE_SHOPIFY_CLIENT_SECRETS has one that is too short, "
                      "or no secret of Shopify's.")
    if listing and not _LISTING.fullmatch(listing):
        raise Invalid("bad_setting", "ALLIANCE_SHOPIFY_LISTING is no https address.")
    if not _VERSION.fullmatch(version):
        raise Invalid("bad_setting", "ALLIANCE_SHOPIFY_API_VERSION is a quarter such as 2026-07.")
    embedded = config.get("EMBEDDED", "").strip() or "yes"
    if embedded not in ("yes", "no"):
        raise Invalid("bad_setting", "ALLIANCE_SHOPIFY_EMBEDDED is yes or no.")
    return App(client_id, secrets, listing, version, embedded == "yes")
