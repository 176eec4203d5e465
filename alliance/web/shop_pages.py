"""What a visitor does in a demo shop, page by page. Prices come from the shelf, never a form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alliance.connect.demo import payments
from alliance.connect.demo.records import Basket, Line, Order
from alliance.connect.demo.shop import Shop
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.orders import OrderState
from alliance.web.pace import network_of
from alliance.web.shop_gifts import Slots, Tries, amount
from alliance.web.shop_visit import NAME, Visit

COUNTRIES = ("LV", "EE", "LT", "DE", "FI", "FR", "NL", "PL", "SE", "CN")
"""Where the demo's shops send parcels."""


@dataclass
class Errand:
    """One request of one visitor in one shop."""

    shop: Shop
    visit: Visit
    locale: str
    now: datetime
    word: Callable[[Visit], str]
    """Writes the visit as one word, for an address of this shop."""
    tries: Tries
    slots: Slots
    words: dict[str, object] = field(default_factory=dict)
    changed: bool = False
    """Whether the shop now owes the hub a call."""

    @property
    def slug(self) -> str:
        """The shop's part of the address."""
        return self.shop.profile.slug

    @property
    def pieces(self) -> int:
        """How many things are in the visitor's cart."""
        return sum(self.shop.carts.contents(self.visit.cart_id).values())

    def page(self, name: str, status: int = 200, **more: object) -> ResponseReturnValue:
        """A page of the shop."""
        notice, self.visit.notice = self.visit.notice, None
        return render_template(f"shops/{name}.html", **self.words, notice=notice,
                               pieces=self.pieces, here=self._here(name), **more), status

    def go(self, page: str, **given: Any) -> ResponseReturnValue:
        """On to another page of the shop, after a form."""
        return redirect(self.address(page, **given), 303)

    def address(self, page: str, **given: Any) -> str:
        """Where a page of the shop is for this visit, which travels along until a cookie has it."""
        return self.along(url_for(f"shops.{page}", slug=self.slug, **given))

    def along(self, path: str) -> str:
        """This path of the shop with the visit in it, where there is something to carry."""
        if self.visit.in_cookie or not self.visit.says_something:
            return path
        mark = "&" if "?" in path else "?"
        return f"{path}{mark}{NAME}={self.word(self.visit)}"

    def _here(self, name: str) -> str:
        # A page may be the answer to a form elsewhere: its own address is the one to come back to.
        given: dict[str, Any] = {"slug": self.slug}
        given |= {part: value for part, value in (request.view_args or {}).items()
                  if part in ("ref", "link")}
        if name == "home" and "shelf" in request.args:
            given["shelf"] = request.args["shelf"]
        return url_for(f"shops.{name}", **given)


def home(errand: Errand) -> ResponseReturnValue:
    """The shelves, all of them or one."""
    shelf = request.args.get("shelf")
    if shelf is not None and shelf not in errand.shop.profile.categories:
        raise NotFound("shelf", shelf[:40])
    products = errand.shop.shelf.public(shelf)
    first = {product.category: product for product in reversed(errand.shop.shelf.public())}
    return errand.page("home", products=products, shelf=shelf, faces=list(first.values())[::-1][:3])


def product(errand: Errand, ref: str, problem: str | None = None) -> ResponseReturnValue:
    """One product, with the place where partners' products may show."""
    shown = errand.shop.shelf.find(ref)
    if not shown.is_public:
        raise NotFound("product", ref[:60])
    more = [other for other in errand.shop.shelf.public(shown.category) if other.ref != ref][:4]
    return errand.page("product", 422 if problem else 200, product=shown, more=more,
                       problem=problem)


def add(errand: Errand, ref: str) -> ResponseReturnValue:
    """Put pieces of a product into the cart."""
    try:
        errand.shop.carts.add(errand.visit.cart_id, ref, _whole("quantity"), errand.now)
    except (Invalid, Conflict) as error:
        return product(errand, ref, problem=error.code)
    errand.visit.has_cart = True
    errand.visit.notice = "done_added"
    return errand.go("cart")


def cart(errand: Errand, problem: str | None = None) -> ResponseReturnValue:
    """What is in the cart, and what it costs now."""
    basket, code = _basket(errand)
    free = errand.shop.profile.free_from
    short = free - (basket.goods - basket.discount) if basket and basket.shipping and free else None
    return errand.page("cart", 422 if problem else 200, basket=basket, coupon=code, short=short,
                       problem=problem, amount=amount(basket) if basket else None)


def change_cart(errand: Errand) -> ResponseReturnValue:
    """Change how many pieces of one product are in the cart."""
    try:
        quantity = 0 if "take_out" in request.form else _whole("quantity")
        errand.shop.carts.put(errand.visit.cart_id, request.form.get("ref", ""), quantity,
                              errand.now)
    except (Invalid, Conflict) as error:
        return cart(errand, problem=error.code)
    return errand.go("cart")


def checkout(errand: Errand, problem: str | None = None) -> ResponseReturnValue:
    """Who is buying, and the button that pays."""
    basket, code = _basket(errand)
    if basket is None:
        return errand.go("cart")
    return errand.page("checkout", 422 if problem else 200, basket=basket, coupon=code,
                       problem=problem, given=request.form, countries=COUNTRIES)


def use_coupon(errand: Errand) -> ResponseReturnValue:
    """Try a coupon on the cart; an empty field takes it off."""
    code = request.form.get("coupon", "").strip()[:60]
    errand.visit.coupon = None
    if not code or "remove" in request.form:
        return errand.go("checkout")
    who = errand.visit.cart_id, network_of(request.remote_addr or "")
    if not errand.tries.may_go_on(*who):
        return checkout(errand, problem="too_many_codes")
    try:
        errand.shop.price(errand.shop.carts.contents(errand.visit.cart_id), code, errand.now)
    except Invalid as error:
        if error.code == "coupon_unknown":
            errand.tries.was_wrong(*who)
        return checkout(errand, problem=error.code)
    errand.visit.coupon, errand.visit.notice = code.upper(), "done_coupon"
    return errand.go("checkout")


def buy(errand: Errand) -> ResponseReturnValue:
    """Place the order and pay it; what the cart costs is read from the shelf once more."""
    shop, visit, form = errand.shop, errand.visit, request.form
    country = form.get("country", "")
    try:
        if country not in COUNTRIES:
            raise Invalid("malformed_country", "The shop does not send there.")
        with shop.batch():
            ref = shop.place(
                shop.carts.contents(visit.cart_id), email=form.get("email", ""),
                name=form.get("name", ""), country=country, click_tokens=visit.clicks,
                coupon=visit.coupon, spoken_code=form.get("spoken", ""), now=errand.now)
            shop.pay(ref, errand.now)
            shop.carts.empty(visit.cart_id)
    except (Invalid, Conflict) as error:
        return checkout(errand, problem=error.code)
    visit.bought(ref)
    visit.coupon = None
    errand.changed = True
    return errand.go("thanks", ref=ref)


def thanks(errand: Errand, ref: str) -> ResponseReturnValue:
    """The order is paid; from here one sees what the hub saw of it."""
    order = _own(errand, ref)
    return errand.page("thanks", order=order, proof=errand.slots.proof(order))


def lookup(errand: Errand, problem: str | None = None) -> ResponseReturnValue:
    """Find an order by its number and e-mail."""
    own = [_own(errand, ref) for ref in reversed(errand.visit.orders) if _known(errand, ref)]
    return errand.page("lookup", 404 if problem else 200, own=own, problem=problem)


def find_order(errand: Errand) -> ResponseReturnValue:
    """Open an order to whoever knows its number and the e-mail it was placed with."""
    ref = request.form.get("ref", "").strip().rpartition("-")[2]
    email = request.form.get("email", "").strip().lower()
    if not _known(errand, ref) or errand.shop.order(ref).email != email:
        return lookup(errand, problem="no_such_order")
    errand.visit.bought(ref)
    return errand.go("order", ref=ref)


def order(errand: Errand, ref: str, problem: str | None = None) -> ResponseReturnValue:
    """One order: what was bought, what was given back, what can be done."""
    shown = _own(errand, ref)
    return errand.page("order", 422 if problem else 200, order=shown, problem=problem,
                       returnable=_returnable(shown),
                       service=any(line.is_service for line in shown.lines))


def change_order(errand: Errand, ref: str, action: str) -> ResponseReturnValue:
    """Cancel, ask for money back, say that it arrived, or renew; the shop agrees at once."""
    shown = _own(errand, ref)
    try:
        if action == "cancel":
            errand.shop.cancel(ref, errand.now)
        elif action == "ship":
            errand.shop.ship(ref, errand.now)
        elif action == "renew":
            ref = errand.shop.renew(ref, errand.now)
            errand.visit.bought(ref)
        elif action == "refund_all":
            errand.shop.refund_all(ref, errand.now, "asked for in the shop")
        elif action == "refund_lines":
            counts = {line.key: _whole(f"back_{line.key}", "0") for line, _ in _returnable(shown)}
            wanted = {key: count for key, count in counts.items() if count}
            errand.shop.refund_lines(ref, wanted, errand.now, "asked for in the shop")
        else:
            raise NotFound("action", action[:40])
    except (Invalid, Conflict) as error:
        return order(errand, ref, problem=error.code)
    errand.changed = True
    errand.visit.notice = f"done_{action}"
    return errand.go("order", ref=ref)


def owed(errand: Errand, link: str) -> ResponseReturnValue:
    """A sum that somebody owes the shop's owner, to whoever has the link."""
    return errand.page("owed", order=errand.shop.order(payments.owed(errand.shop, link)), link=link)


def pay_owed(errand: Errand, link: str) -> ResponseReturnValue:
    """Pay it; a second press of the button changes nothing."""
    ref = payments.owed(errand.shop, link)
    if errand.shop.order(ref).paid_at is None:
        errand.shop.pay(ref, errand.now)
        errand.changed = True
    return errand.go("owed", link=link)


def answer(errand: Errand) -> ResponseReturnValue:
    """Whether the shop may remember whose link it was."""
    errand.visit.answer(request.form.get("answer") == "yes")
    home, back = url_for("shops.home", slug=errand.slug), request.form.get("back", "")
    is_ours = re.fullmatch(re.escape(home) + r"[\w/?=-]{0,200}", back)
    return redirect(errand.along(back if is_ours else home), 303)


def _basket(errand: Errand) -> tuple[Basket | None, str | None]:
    picks = errand.shop.carts.contents(errand.visit.cart_id)
    if not picks:
        return None, None
    try:
        code = errand.visit.coupon
        return errand.shop.price(picks, code, errand.now), code
    except Invalid:
        # The coupon ended, or the cart shrank below its minimum: the cart itself is still good.
        errand.visit.coupon = None
        return errand.shop.price(picks, None, errand.now), None


def _own(errand: Errand, ref: str) -> Order:
    # A foreign order and none look the same: numbers can be guessed.
    if not errand.visit.owns(ref):
        raise NotFound("order", ref[:40])
    return errand.shop.order(ref)


def _known(errand: Errand, ref: str) -> bool:
    try:
        errand.shop.order(ref)
    except NotFound:
        return False
    return True


def _returnable(order: Order) -> list[tuple[Line, int]]:
    if order.state not in {OrderState.PAID, OrderState.COMPLETED} or not order.left:
        return []
    counts = [(line, line.quantity - order.refunded_of(line.key)[0]) for line in order.lines]
    return [(line, count) for line, count in counts if count > 0 and line.product_ref]


def _whole(name: str, default: str = "") -> int:
    text = request.form.get(name, default)
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII):
        raise Invalid("quantity_out_of_range", "A number of pieces is a whole number.")
    return int(text)
