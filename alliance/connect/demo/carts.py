"""The carts of a shop: which products and how many, never a price."""

from __future__ import annotations

from datetime import datetime

from alliance.connect.demo.box import Box, stamp
from alliance.connect.demo.shelf import Shelf
from alliance.core.errors import Conflict, Invalid, NotFound

MOST = 99
"""The most pieces of one product in a basket."""

_MOST_LINES = 40


class Carts:
    """Every visitor's cart, by an id that only their cookie knows."""

    def __init__(self, box: Box, shelf: Shelf) -> None:
        self._box = box
        self._shelf = shelf

    def contents(self, cart_id: str) -> dict[str, int]:
        """Product refs and quantities; what was withdrawn meanwhile is left out."""
        with self._box.reading() as db:
            rows = db.execute(
                "SELECT product_ref, quantity FROM carts JOIN products ON ref = product_ref "
                "WHERE id = ? AND public = 1 ORDER BY place", (cart_id,)).fetchall()
        return {row["product_ref"]: row["quantity"] for row in rows}

    def put(self, cart_id: str, ref: str, quantity: int, now: datetime) -> None:
        """Have this many of a product in the cart; 0 takes it out.

        Raises `Invalid` out of bounds, `NotFound` for what is not on the shelf, `Conflict` for
        more than there are.
        """
        if not 0 <= quantity <= MOST:
            raise Invalid("quantity_out_of_range", f"Between 1 and {MOST} pieces, not {quantity}.")
        product = self._shelf.find(ref)
        if quantity and not product.is_public:
            raise NotFound("product", ref[:60])
        if product.stock is not None and quantity > product.stock:
            raise Conflict("out_of_stock", f"Of {ref} there are only {product.stock} left.",
                           ref=ref, left=product.stock)
        with self._box.writing() as db:
            db.execute("DELETE FROM carts WHERE id = ? AND product_ref = ?", (cart_id, ref))
            if quantity:
                self._room(cart_id)
                db.execute("INSERT INTO carts VALUES (?, ?, ?, ?)",
                           (cart_id, ref, quantity, stamp(now)))

    def add(self, cart_id: str, ref: str, quantity: int, now: datetime) -> None:
        """Put more of a product into the cart; raises as `put` does."""
        if quantity < 1:
            raise Invalid("quantity_out_of_range", f"Between 1 and {MOST} pieces, not {quantity}.")
        self.put(cart_id, ref, self.contents(cart_id).get(ref, 0) + quantity, now)

    def empty(self, cart_id: str) -> None:
        """Take everything out, as after a purchase."""
        with self._box.writing() as db:
            db.execute("DELETE FROM carts WHERE id = ?", (cart_id,))

    def _room(self, cart_id: str) -> None:
        if len(self.contents(cart_id)) >= _MOST_LINES:
            raise Invalid("cart_full", f"A cart holds {_MOST_LINES} different products.")
