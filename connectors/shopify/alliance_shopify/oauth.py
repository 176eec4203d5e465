"""The round trip by which a shop allows an app that is not opened inside its admin.

For an operator with a custom app for shops of its own: whoever installs the listed app comes from
its listing, and is never asked for the name of a shop. What the browser brings back is a code, no
key: it is exchanged once the person who began the trip has come back, at the shop that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from alliance.connect.protocol import Grant, Handed, InboundCall, InstallAsk, Refused
from alliance.core.errors import Invalid
from alliance_shopify import signatures
from alliance_shopify.app import SCOPES, App
from alliance_shopify.shops import shop_at
from alliance_shopify.tokens import Tokens


def begin(ask: InstallAsk, app: App) -> str:
    """The page of the shop on which its owner allows the app what it cannot do without.

    Asks for keys of the shop, not of a person. Raises `Invalid`: `malformed_address` for what is no
    shop of Shopify.
    """
    shop = shop_at(ask.address)
    if shop is None:
        raise Invalid("malformed_address", "A shop of Shopify is https://<name>.myshopify.com.")
    query = urlencode({"client_id": app.client_id, "scope": ",".join(SCOPES),
                       "redirect_uri": ask.callback, "state": ask.state, "grant_options[]": ""})
    return f"{app.origin(shop)}/admin/oauth/authorize?{query}"


def finish(call: InboundCall, app: App, now: datetime) -> Handed:
    """The `code` that a browser brought back, and the `shop` that gave it; else `Refused`.

    Proves that Shopify sent the browser, not that this person began the trip: an attacker can have
    somebody else's browser come with a code of its own (threat T13).
    """
    if call.method != "GET":
        raise Refused("malformed_query", "A browser comes back with GET.")
    found = signatures.callback(call.query, app.secrets, now)
    return Handed(found["state"], {"code": found["code"], "shop": found["shop"]})


def complete(grant: Grant, tokens: Tokens) -> Mapping[str, str]:
    """The keys for the code in a grant; the code works once.

    Raises `Refused` (`other_shop`) where another shop gave the code than the grant's, and as
    `Tokens.code` does.
    """
    shop = shop_at(grant.address)
    if shop is None or grant.secrets.get("shop") != shop:
        raise Refused("other_shop", "Another shop gave this code than the one that was asked.")
    return tokens.code(shop, grant.secrets.get("code", ""))
