"""Products: what the merchant's own stores sell, and on which shelf of the alliance it stands."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alliance.catalogue import products
from alliance.core.errors import AllianceError
from alliance.merchants import stores
from alliance.web.asked import again, by, change, now, reading

pages = Blueprint("products", __name__)

SIZE = 50


@pages.get("/products")
def index() -> ResponseReturnValue:
    """A page of the catalogue, by title, number, store or shelf."""
    asked = {name: request.args.get(name) or None for name in ("store", "shelf", "after")}
    text = request.args.get("q", "")[:100]
    found = products.find(reading(), by(), text=text, store_id=asked["store"],
                          shelf=asked["shelf"], after=asked["after"], limit=SIZE + 1)
    return render_template(
        "products/index.html", found=found[:SIZE], text=text, asked=asked,
        following=found[SIZE - 1].id if len(found) > SIZE else None,
        stores=stores.of_merchant(reading(), by()))


@pages.post("/products/<product_id>/shelf")
def shelve(product_id: str) -> ResponseReturnValue:
    """Put a product on another shelf."""
    try:
        change(lambda session: products.shelve(
            session, by(), product_id, request.form.get("shelf", ""), now=now()))
    except AllianceError as refusal:
        products.own(reading(), by(), product_id)
        return again(refusal, index)
    return redirect(url_for("products.index", q=request.form.get("q") or None), 303)
