"""One visitor of one demo shop: the shop's own cookie, signed, and limited to the shop's pages."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeSerializer

from alliance.core.errors import NotAllowed

CLICKS_KEPT = 4
"""How many click tokens a visit remembers, newest last: a cookie has no room for more."""

_CLICK = re.compile(r"[A-Za-z0-9._~-]{8,512}", re.ASCII)
_ORDERS_KEPT = 20
_MONTH = 30 * 24 * 3600


@dataclass
class Visit:
    """What the shop remembers of this browser. No name, no address, no price."""

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

    def land(self, click: str) -> None:
        """Keep the click token of a link that led here, if it looks like one and is allowed."""
        if self.agreed is False or not _CLICK.fullmatch(click):
            return
        self.clicks = [*(kept for kept in self.clicks if kept != click), click][-CLICKS_KEPT:]

    def answer(self, agrees: bool) -> None:
        """The visitor's word on remembering links."""
        self.agreed = agrees
        if not agrees:
            self.clicks = []

    def owns(self, ref: str) -> bool:
        """Whether this browser may look at the order."""
        return ref in self.orders

    def bought(self, ref: str) -> None:
        """Remember an order that was placed or looked up here."""
        self.orders = [*(kept for kept in self.orders if kept != ref), ref][-_ORDERS_KEPT:]

    def check_form(self, token: str) -> None:
        """Raise `NotAllowed` unless the form was made by this shop for this browser."""
        if not hmac.compare_digest(token.encode(), self.form_token.encode()):
            raise NotAllowed("form_expired", "This form was not made for this visit.")


class Cookies:
    """Reads and writes visits; a cookie that was edited, or is another shop's, is a new visit."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def visit(self, request: Request, slug: str) -> Visit:
        """The visit that this request belongs to."""
        try:
            kept = self._serializer(slug).loads(request.cookies.get(_name(slug), ""))
            return Visit(**kept)
        except (BadSignature, TypeError):
            return Visit(cart_id=secrets.token_urlsafe(12), form_token=secrets.token_urlsafe(16))

    def keep(self, response: Response, slug: str, visit: Visit, *, secure: bool) -> None:
        """Send the visit back to the browser, for this shop's pages only."""
        kept = {key: value for key, value in vars(visit).items() if value not in (None, [])}
        response.set_cookie(_name(slug), str(self._serializer(slug).dumps(kept)), max_age=_MONTH,
                            path=f"/shops/{slug}/", httponly=True, samesite="Lax", secure=secure)

    def _serializer(self, slug: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"shop/{slug}")


def _name(slug: str) -> str:
    return f"shop_{slug}"
