"""A shop's `/admin/oauth/access_token`, as far as the connector asks it, on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Any

from alliance_shopify.tokens import EXCHANGE, OFFLINE, Tokens

from alliance.connect.http import Limits, Outbound
from tests.integration.connect.loopback import Call, Loopback
from tests.shopify_vectors import CLIENT_ID, NOW, SECRET, app

PATH = "/admin/oauth/access_token"
SCOPE = "read_orders,read_products,write_discounts"


@cache
def _out() -> Outbound:
    # One for all desks: reading the authorities is most of what making one costs.
    return Outbound(allow_private=["127.0.0.0/8"], sleep=lambda seconds: None,
                    limits=Limits(connect=1.0, read=2.0, deadline=4.0, burst=1000))


class Desk:
    """Hands out keys that end, and changes old ones for new ones.

    A refresh token works until one that was made from it was used (Shopify's rule since August
    2026). `scripted` answers, (status, body), come before the desk's own.
    """

    def __init__(self, *secrets: str, scripted: list[tuple[int, Any]] | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.scripted = scripted or []
        self.endless = {"shpat_endless"}
        self._made_from: dict[str, str | None] = {}
        self._used: set[str] = set()
        self._codes = {"code-of-one-use"}
        self._secrets = secrets or (SECRET,)
        self._server = Loopback(self._answer)

    def __enter__(self) -> Desk:
        self._server.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def tokens(self) -> Tokens:
        """What the connector asks this desk with."""
        return Tokens(_out(), app(*self._secrets, origin=lambda shop: self._server.url("")),
                      lambda: NOW)

    @property
    def calls(self) -> list[Call]:
        """What came, as the server saw it."""
        return self._server.calls

    def keys(self, origin: str | None = None) -> dict[str, Any]:
        """A fresh pair; `origin` is the refresh token that it was made from."""
        number = len(self._made_from) + 1
        self._made_from[f"refresh-token-{number}"] = origin
        return {"access_token": f"access-token-{number}", "scope": SCOPE, "expires_in": 3600,
                "refresh_token": f"refresh-token-{number}", "refresh_token_expires_in": 7_776_000}

    def _answer(self, call: Call) -> None:
        if (call.method, call.path) != ("POST", PATH):
            return call.send(404, b"<html>")
        asked = json.loads(call.body)
        self.asked.append(asked)
        status, told = self.scripted.pop(0) if self.scripted else self._own(asked)
        return call.send(status, told if isinstance(told, bytes) else json.dumps(told).encode())

    def _own(self, asked: Mapping[str, Any]) -> tuple[int, Any]:
        if (asked["client_id"], asked["client_secret"]) != (CLIENT_ID, SECRET):
            return 401, {"error": "invalid_client"}
        if asked.get("grant_type") == "refresh_token":
            return self._refreshed(asked["refresh_token"])
        if asked.get("grant_type") == EXCHANGE:
            is_key = asked["subject_token_type"] == OFFLINE
            if is_key and asked["subject_token"] not in self.endless:
                return 400, {"error": "invalid_subject_token"}
            return 200, self.keys()
        if asked["code"] not in self._codes:
            return 400, {"error": "invalid_request"}
        self._codes.remove(asked["code"])
        return 200, self.keys()

    def _refreshed(self, token: str) -> tuple[int, Any]:
        if token not in self._made_from or token in self._used:
            return 400, {"error": "invalid_grant", "error_description": f"{token} is revoked"}
        # Whoever uses a new one has it: only then is the one before it of no more use.
        if (before := self._made_from[token]) is not None:
            self._used.add(before)
        return 200, self.keys(token)
