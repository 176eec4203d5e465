"""Which part of the shop answers which address."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from tests.fake_woo import pairing
from tests.fake_woo.keys import Key, Wire
from tests.fake_woo.shop import FakeWoo
from tests.fake_woo.told import Asked, Told, only, recorded, refusal

V3 = "/wc/v3"
_PAGE = "<html><h1>Page not found</h1></html>"


def answer(shop: FakeWoo, request: Request) -> Response:
    """What the shop says to a request, as WordPress would."""
    told = _told(shop, request)
    if isinstance(told.body, str):
        return Response(told.body, told.status, told.headers, content_type="text/html")
    text = json.dumps(told.body)
    for plain, instead in shop.raw.items():
        text = text.replace(plain, instead)
    return Response(text, told.status, told.headers,
                    content_type="application/json; charset=UTF-8")


def _told(shop: FakeWoo, request: Request) -> Told:
    query = dict(request.args.items())
    path = request.path
    if path == "/" and request.method in ("PUT", "DELETE"):
        # The web server itself, which looks for a file there.
        return Told(405, _PAGE)
    if path in ("/", "/index.php") and "rest_route" in query:
        path = "/wp-json" + query.pop("rest_route")
    elif path == "/wc-auth/v1/authorize":
        return pairing.authorize(query)
    elif not shop.has_permalinks:
        # The web server puts a slash behind it, and then WordPress shows its front page.
        is_bare = not path.endswith("/")
        return Told(301 if is_bare else 200, _PAGE, {"Location": path + "/"} if is_bare else {})
    elif not path.startswith("/wp-json"):
        return Told(404, _PAGE)
    route = path.removeprefix("/wp-json")
    shop.asked.append((request.method, route))
    if route in ("", "/"):
        return _index(shop)
    raw_path = str(request.environ.get("REQUEST_URI") or request.environ["RAW_URI"])
    key = shop.keys.who(Wire(
        request.method, shop.home + urlsplit(raw_path).path, urlsplit(raw_path).query,
        request.headers.get("Authorization", ""), shop.home.startswith("https"), raw_path,
    ), shop.now)
    if isinstance(key, Told):
        return key
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        return refusal("error-400-json-syntax")
    return _routed(shop, key, Asked(request.method, route, query, body))


def _routed(shop: FakeWoo, key: Key | None, asked: Asked) -> Told:
    is_plugins = asked.route == "/wc-alliance/v1/connection" and shop.plugin.is_there
    path = asked.route.removeprefix(V3)
    parts = {"orders": shop.orders.rest, "products": shop.catalogue.rest,
             "coupons": shop.coupons.rest, "webhooks": shop.webhooks.rest}
    part = path.split("/")[1] if path != asked.route else ""
    if key is not None and key.permissions == "read" and asked.method != "GET":
        # Looked at before any route is.
        return refusal("error-401-read-only-key-writes")
    if not is_plugins and part not in {*parts, "settings", "data", "system_status"}:
        return refusal("error-404-route")
    refused = shop.keys.allows(key, asked.method)
    if refused is not None:
        return refused
    if is_plugins and key is not None:
        return shop.plugin.rest(asked, lambda: shop.keys.revoke(key))
    return parts[part](asked, path) if part in parts else _settings(shop, asked, path)


def _settings(shop: FakeWoo, asked: Asked, path: str) -> Told:
    if path == "/settings/general":
        values = {"woocommerce_currency": shop.currency,
                  "woocommerce_price_num_decimals": str(shop.decimals)}
        rows = recorded("settings-general")
        return Told(200, [only(row | ({"value": values[row["id"]]} if row["id"] in values else {}),
                               asked) for row in rows])
    if path == "/data/currencies/current":
        return Told(200, recorded("currency-current") | {"code": shop.currency})
    if path == "/system_status":
        told: Any = recorded("system-status")
        told["environment"]["home_url"] = shop.home
        told["settings"] |= {"currency": shop.currency, "number_of_decimals": shop.decimals}
        return Told(200, only(told, asked))
    return refusal("error-404-route")


def _index(shop: FakeWoo) -> Told:
    if shop.hides_index:
        return refusal("error-401-no-auth")
    told = recorded("wp-json-index") | {"name": shop.name, "url": shop.home, "home": shop.home}
    if shop.plugin.is_there:
        told["namespaces"].append("wc-alliance/v1")
    return Told(200, told)

