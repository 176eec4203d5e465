"""A WooCommerce shop made of recordings: what two real shops answered, served again on loopback."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from alliance_woocommerce.client import one_legged
from alliance_woocommerce.connector import WooCommerce

from alliance.connect.http import Answer, Limits, Outbound
from alliance.connect.protocol import Grant, InboundCall
from alliance.core.errors import Invalid
from tests.contract.recorded_coupons import RecordedCoupons
from tests.integration.connect.loopback import Call, Loopback

FOLDER = Path(__file__).parent / "recorded" / "woocommerce"
API = "/wp-json/wc/v3"
KEYS = {"consumer_key": "ck_" + "a" * 36 + "0001", "consumer_secret": "cs_" + "a" * 36 + "0001"}
SECRET = "7d0f3a6be1c94852a6f0c3d17be45982f6a1d0c97b3e4f5a8c2d6e9017b4f3a5"
SALT = b"the salt of this store, 32 bytes"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPOILT = "a value that the test will replace"


def recording(name: str) -> dict[str, Any]:
    """A recording by its file name."""
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def answered(name: str) -> Any:
    """The body of a recorded answer."""
    return recording(name)["response"]["body"]


def answer(name: str) -> Answer:
    """A recorded answer as the way out would give it."""
    response = recording(name)["response"]
    headers = {key.lower(): value for key, value in response["headers"].items()}
    return Answer(response["status"], headers, _body(response["body"]))


def delivered(name: str) -> InboundCall:
    """A recorded webhook delivery, byte for byte."""
    request = recording(name)["request"]
    body = base64.b64decode(request["body_base64"])
    return InboundCall(request["method"], request["path"],
                       tuple((key, value) for key, value in request["headers"]), body)


def signed(body: bytes, *, resource: str = "order", event: str = "updated",
           delivery: str = "ce850210f9b23a4d71711a6ff8079621", secret: str = SECRET) -> InboundCall:
    """A delivery as WooCommerce would make it."""
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    return InboundCall("POST", "/stores/woocommerce/calls/x", (
        ("Content-Type", "application/json"),
        ("X-WC-Webhook-Source", "https://store-a.example/"),
        ("X-WC-Webhook-Topic", f"{resource}.{event}"),
        ("X-WC-Webhook-Resource", resource),
        ("X-WC-Webhook-Event", event),
        ("X-WC-Webhook-Signature", signature),
        ("X-WC-Webhook-ID", "2"),
        ("X-WC-Webhook-Delivery-ID", delivery),
    ), body)


def order_body(name: str) -> dict[str, Any]:
    """The order inside a recorded delivery or answer."""
    found = recording(name)
    if "response" in found:
        body: dict[str, Any] = found["response"]["body"]
        return body
    return dict(json.loads(base64.b64decode(found["request"]["body_base64"])))


class RecordedShop:
    """`with RecordedShop() as shop:`; change `orders`, `refunds`, `products`, `trash` at will."""

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[Any]] = {}
        self.products: list[dict[str, Any]] = []
        self.subscriptions: dict[int, dict[str, Any]] = {}
        """By id; none as long as the plugin is not there. From its documentation, not recorded."""
        self.coupons = RecordedCoupons(answered("coupon-create.json"))
        self.instead: dict[str, str] = {}
        """Paths that answer with a recording, whatever is asked of them."""
        self.has_permalinks = True
        self.is_down = False
        self.raw_amount = '"0.00"'
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._nonces: set[str] = set()
        self._server = Loopback(self._serve)
        out = Outbound(allow_private=["127.0.0.0/8"], sleep=lambda seconds: None,
                       limits=Limits(connect=2, read=5))
        self.out = out
        self.connector = WooCommerce(out, now=lambda: NOON)
        self.grant = Grant("sto_1", self._server.url("").rstrip("/"), "path", SALT,
                           {**KEYS, "webhook_secret": SECRET})

    def __enter__(self) -> RecordedShop:
        self._server.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._server.__exit__(kind, error, trace)

    def keep(self, *names: str) -> RecordedShop:
        """Put the orders of these recordings into the shop."""
        for name in names:
            body = order_body(name)
            self.orders[body["id"]] = body
        return self

    def _serve(self, call: Call) -> None:
        if self.is_down:
            call.send(500, b"<html>Error establishing a database connection</html>",
                      Content_Type="text/html")
            return
        parts = urlsplit(call.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        path = parts.path
        if path == "/index.php" and "rest_route" in query:
            path = "/wp-json" + query.pop("rest_route")
        elif not self.has_permalinks:
            call.send(404, b"<html><h1>Not Found</h1></html>", Content_Type="text/html")
            return
        path = path.removeprefix(API)
        self.asked.append((path, query))
        if path in self.instead:
            _send(call, self.instead[path])
        elif not self._is_signed(call):
            _send(call, "error-401-basic-over-plain-http.json")
        else:
            self._route(call, path, query)

    def _is_signed(self, call: Call) -> bool:
        header = call.headers.get("Authorization", "")
        said = {key: unquote(value) for key, value in re.findall(r'(\w+)="([^"]*)"', header)}
        nonce, stamp = said.get("oauth_nonce", ""), said.get("oauth_timestamp", "")
        fresh = nonce not in self._nonces and stamp == str(int(NOON.timestamp()))
        self._nonces.add(nonce)
        url = self._server.url(call.path)
        return fresh and header == one_legged(
            call.method, url, KEYS["consumer_key"], KEYS["consumer_secret"], nonce=nonce,
            timestamp=stamp)

    def _route(self, call: Call, path: str, query: dict[str, str]) -> None:
        one = re.fullmatch(r"/orders/(\d+)(/refunds)?", path)
        if one and int(one[1]) not in self.orders:
            _send(call, "error-404-order.json")
        elif one and one[2]:
            self._page(call, self.refunds.get(int(one[1]), []), query)
        elif one:
            call.send(200, self._text(self.orders[int(one[1])]))
        elif path == "/orders":
            self._page(call, self._changed(query), query)
        elif path == "/products":
            published = [one for one in self.products if one["status"] == query.get("status")]
            after = query.get("modified_after", "")
            self._page(call, [p for p in published if p["date_modified_gmt"] > after], query)
        elif path.startswith("/subscriptions/") and self.subscriptions:
            found = self.subscriptions.get(int(path.rpartition("/")[2]))
            if found is None:
                _send(call, "error-404-order.json")
            else:
                call.send(200, self._text(found))
        elif path == "/coupons/batch" and call.method == "POST":
            call.send(200, json.dumps(self.coupons.batch(json.loads(call.body))).encode())
        elif path == "/coupons":
            self._page(call, self.coupons.listed(query["code"]), query)
        elif path == "/data/currencies/current":
            _send(call, "currency-current.json")
        elif path == "/settings/general":
            _send(call, "settings-general.json")
        else:
            _send(call, "error-404-route.json")

    def _changed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        trash = query.get("status") == "trash"
        rows = [row for row in self.orders.values() if (row.get("status") == "trash") == trash]
        by_id = query.get("orderby") == "id" and "modified_before" in query
        if query.get("dates_are_gmt") != "true" or not (by_id or query["orderby"] == "modified"):
            raise Invalid("bad_test", "the poll must ask by GMT and in the order of change")
        after, before = query["modified_after"], query.get("modified_before", "9999")
        rows = [row for row in rows if after < str(row["date_modified_gmt"]) < before]
        return sorted(rows, key=lambda row: (
            "" if by_id else str(row["date_modified_gmt"]), row["id"]))

    def _page(self, call: Call, rows: list[Any], query: dict[str, str]) -> None:
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if size > 100:
            _send(call, "error-400-per-page-over-100.json")
            return
        call.send(200, self._text(rows[(page - 1) * size: page * size]),
                  Content_Type="application/json; charset=UTF-8", X_WP_Total=str(len(rows)),
                  X_WP_TotalPages=str(-(-len(rows) // size)))

    def _text(self, value: Any) -> bytes:
        return json.dumps(value).replace(f'"{SPOILT}"', self.raw_amount).encode()


def _send(call: Call, name: str) -> None:
    response = recording(name)["response"]
    headers = {key.replace("-", "_"): value for key, value in response["headers"].items()}
    call.send(response["status"], _body(response["body"]), **headers)


def _body(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
