"""One visitor of one demo shop: nothing is kept on the device before the visitor agrees.

Until then a visit travels in the shop's own addresses and forms, signed, for two hours. Who agrees
gets the shop's own cookie instead, and is known again for a month. Who says no, or whose browser
says so by itself (Global Privacy Control), keeps the cart, and whose link it was is forgotten.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Request, Response
from itsdangerous import BadData, URLSafeSerializer

from alliance.core.errors import NotAllowed

CLICKS_KEPT = 4
"""How many click tokens a visit remembers, newest last: addresses and cookies are short."""

NAME = "visit"
"""What the visit is called in addresses and forms."""

SESSION = timedelta(hours=2)
"""How long an address with a visit in it is good for; every page gives a fresh one."""

_CLICK = re.compile(r"[A-Za-z0-9._~-]{8,160}", re.ASCII)
_ORDERS_KEPT = 20
_MONTH = 30 * 24 * 3600


@dataclass
class Visit:
    """What the shop knows of this visit. No name, no address, no price."""

    cart_id: str
    form_token: str
    clicks: list[str] = field(default_factory=list)
    agreed: bool | None = None
    """Whether the visitor lets the shop remember whose link it was; None: not asked yet."""
    locale: str | None = None
    coupon: str | None = None
    orders: list[str] = field(default_factory=list)
    notice: str | None = None
    """Something to say once, on the next page."""
    has_cart: bool = False
    in_cookie: bool = field(default=False, compare=False)
    """Whether this visit came in the shop's cookie: then no address has to carry it."""
    by_browser: bool = field(default=False, compare=False)
    """Whether the browser itself says no with each request: then no address has to repeat it."""

    @classmethod
    def fresh(cls) -> Visit:
        """Somebody new."""
        return cls(cart_id=secrets.token_urlsafe(12), form_token=secrets.token_urlsafe(16))

    def land(self, click: str) -> None:
        """Take the click token of a link that led here, if it looks like one and is allowed."""
        if self.agreed is False or not _CLICK.fullmatch(click):
            return
        self.clicks = [*(kept for kept in self.clicks if kept != click), click][-CLICKS_KEPT:]

    def answer(self, agrees: bool) -> None:
        """The visitor's word on remembering links."""
        self.agreed = agrees
        if not agrees:
            # The cookie goes away, so from here the addresses carry what is left.
            self.clicks, self.in_cookie = [], False

    def owns(self, ref: str) -> bool:
        """Whether this visit may look at the order."""
        return ref in self.orders

    def bought(self, ref: str) -> None:
        """Remember an order that was placed or looked up here."""
        self.orders = [*(kept for kept in self.orders if kept != ref), ref][-_ORDERS_KEPT:]

    def check_form(self, token: str) -> None:
        """Raise `NotAllowed` unless the form was made by this shop for this visit."""
        if not hmac.compare_digest(token.encode(), self.form_token.encode()):
            raise NotAllowed("form_expired", "This form was not made for this visit.")

    @property
    def says_something(self) -> bool:
        """Whether a link has to carry this visit: who only looks around has clean addresses."""
        return bool(self.clicks or self.has_cart or self.orders or self.coupon or self.notice
                    or self.locale or (self.agreed is not None and not self.by_browser))

    def written(self) -> dict[str, object]:
        """The visit as it travels; what is empty is left out."""
        blank = vars(Visit("", ""))
        return {name: value for name, value in vars(self).items()
                if name not in ("in_cookie", "by_browser") and value != blank[name]}


class Visits:
    """Reads and writes visits; one that was edited, ran out, or is another shop's is a new one."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def read(self, request: Request, slug: str, now: datetime) -> Visit:
        """The visit that this request belongs to. A cookie counts before an address."""
        visit = (self._in_cookie(request, slug) or self._in_address(request, slug, now)
                 or Visit.fresh())
        if says_no(request):
            visit.answer(agrees=False)
            visit.by_browser = True
        return visit

    def word(self, slug: str, visit: Visit, now: datetime) -> str:
        """The visit as one word, for an address of this shop."""
        ends = int((now + SESSION).timestamp())
        return str(self._serializer(slug, "address").dumps({**visit.written(), "ends": ends}))

    def keep(self, request: Request, response: Response, slug: str, visit: Visit) -> None:
        """Write the cookie of a visitor who agreed, for this shop's pages only.

        It goes away again when the visitor changes their mind; who has none is sent none.
        """
        name, path = _name(slug), f"/shops/{slug}/"
        if visit.agreed:
            response.set_cookie(
                name, str(self._serializer(slug, "cookie").dumps(visit.written())),
                max_age=_MONTH, path=path, httponly=True, samesite="Lax",
                secure=request.is_secure)
        elif name in request.cookies:
            response.delete_cookie(name, path=path, httponly=True, samesite="Lax")

    def _in_cookie(self, request: Request, slug: str) -> Visit | None:
        kept = self._loaded(slug, "cookie", request.cookies.get(_name(slug), ""))
        return Visit(**kept, in_cookie=True) if kept and kept.get("agreed") else None

    def _in_address(self, request: Request, slug: str, now: datetime) -> Visit | None:
        kept = self._loaded(slug, "address", request.values.get(NAME, ""))
        if kept is None or kept.pop("ends") < now.timestamp():
            return None
        return Visit(**kept)

    def _loaded(self, slug: str, way: str, text: str) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = self._serializer(slug, way).loads(text)
        except BadData:
            return None
        return kept

    def _serializer(self, slug: str, way: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"shop/{slug}/{way}")


def says_no(request: Request) -> bool:
    """Whether the browser says no for its owner: Global Privacy Control."""
    return request.headers.get("Sec-GPC") == "1"


def _name(slug: str) -> str:
    return f"shop_{slug}"
