"""The fake shop's `/admin/oauth/access_token`, and answers that a test puts before its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from types import TracebackType
from typing import Any

from alliance_shopify.tokens import Tokens
from werkzeug.wrappers import Request, Response

from alliance.connect.http import Limits, Outbound
from tests.fake_shopify import FakeShopify, serving
from tests.shopify_vectors import NOW, app

PATH = "/brasa-coffee.myshopify.com/admin/oauth/access_token"


@cache
def _out() -> Outbound:
    # One for all desks: reading the authorities is most of what making one costs.
    return Outbound(allow_private=["127.0.0.0/8"], sleep=lambda seconds: None,
                    limits=Limits(connect=1.0, read=2.0, deadline=4.0, burst=1000))


class Desk:
    """`with Desk() as desk:`; `desk.tokens` ask it, `desk.calls` are the requests so far.

    `scripted` answers, (status, body), are given instead of the first ones of the shop.
    """

    def __init__(self, *secrets: str, scripted: list[tuple[int, Any]] | None = None) -> None:
        self.calls: list[Request] = []
        self.scripted = scripted or []
        self.shop = (platform := FakeShopify(NOW)).open()
        platform.trick = self._answer
        self.tokens = Tokens(_out(), app(*secrets, origin=platform.at), lambda: platform.now)
        self._platform = platform
        self._served = ExitStack()

    def __enter__(self) -> Desk:
        self._served.enter_context(serving(self._platform))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._served.close()

    @property
    def asked(self) -> list[dict[str, Any]]:
        """What was posted, read."""
        return [json.loads(request.get_data()) for request in self.calls]

    def _answer(self, request: Request, shows: Callable[[Request], Response]) -> Response:
        request.get_data()
        self.calls.append(request)
        if not self.scripted:
            return shows(request)
        status, told = self.scripted.pop(0)
        return Response(told if isinstance(told, bytes) else json.dumps(told), status,
                        content_type="application/json")
