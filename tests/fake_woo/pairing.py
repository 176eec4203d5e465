"""The shop's page that gives keys away, as its manager uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from alliance.connect.protocol import InboundCall
from tests.fake_woo.shop import FakeWoo
from tests.fake_woo.told import Told, refusal, said

_NEEDED = ("app_name", "user_id", "return_url", "callback_url", "scope")
_SCOPES = {"read", "write", "read_write"}


def authorize(query: dict[str, str]) -> Told:
    """`GET /wc-auth/v1/authorize`: the page with the button, or why there is none."""
    for name in _NEEDED:
        if not query.get(name):
            return Told(401, f"Error: Missing parameter {name}.")
    if query["scope"] not in _SCOPES:
        return Told(401, f"Error: Invalid scope {query['scope']}.")
    if not query["callback_url"].lower().startswith("https://"):
        return refusal("wc-auth-error-http-callback")
    return Told(200, f"<html><h1>{query['app_name']} would like to connect to your store</h1>"
                     "</html>")


def approve(shop: FakeWoo, url: str, post: Callable[[str, InboundCall], int],
            permissions: str | None = None) -> str | Told:
    """The manager presses the button: keys are made and posted to the callback by `post`.

    Gives where the browser is sent then. Anything but 200 from there: the keys are deleted again.
    """
    query = dict(parse_qsl(urlsplit(url).query))
    shown = authorize(query)
    if shown.status != 200:
        return shown
    key = shop.keys.make(permissions or query["scope"])
    body = json.dumps({
        "key_id": key.number, "user_id": query["user_id"], "consumer_key": key.consumer_key,
        "consumer_secret": key.consumer_secret, "key_permissions": key.permissions,
    }, separators=(",", ":")).encode()
    status = post(query["callback_url"], InboundCall(
        "POST", urlsplit(query["callback_url"]).path, (
            ("User-Agent", f"WordPress/6.9.7; {shop.home}"),
            ("Content-Type", "application/json;charset=UTF-8")), body))
    if status != 200:
        shop.keys.revoke(key)
        return said(401, "error", "An error occurred in the request and at the time were unable "
                                  "to send the consumer data.")
    return back(query, True)


def deny(url: str) -> str:
    """The manager refuses: nothing is posted."""
    return back(dict(parse_qsl(urlsplit(url).query)), False)


def back(query: dict[str, str], is_granted: bool) -> str:
    """Where the browser is sent afterwards."""
    told = urlencode({"success": int(is_granted), "user_id": query["user_id"]})
    return f"{query['return_url']}{'&' if '?' in query['return_url'] else '?'}{told}"
