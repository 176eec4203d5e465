"""What a line that somebody typed or pasted means as a link's target: a product or a page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.referrals import links
from alliance.referrals.link_model import Link
from alliance.referrals.links import Details


def make(session: Session, by: Actor, line: str, *, channel: str, asset: str = "",
         details: Details | None = None, now: datetime) -> Link:
    """The link that a line asks for: `alliance/product`, a page's address, or an article number.

    The address of a product's own page means the product. Raises what `links.make` raises,
    `Invalid` (`unknown_article`) for a number that no seller of the actor's has, `Conflict`
    (`ambiguous_line`) for one that several products have.
    """
    line = line.strip()
    how = {"channel": channel, "asset": asset}
    found = _products(session, by, line, now)
    if len(found) > 1:
        raise Conflict("ambiguous_line", f"Several products are called {line[:80]!r}.")
    for alliance_id, product_id in found:
        return links.make(session, by, alliance_id, product_id, details=details, now=now, **how)
    if "/" not in line:
        raise Invalid("unknown_article", f"No member whose contract with you is in force sells "
                      f"{line[:80]!r}.")
    refused: AllianceError = NotFound("alliance", "")
    for alliance in members.alliances_of(session, by):
        try:
            return links.make_to_page(session, by, alliance.id, line, details=details, now=now,
                                      **how)
        except AllianceError as refusal:
            refused = refusal
    raise refused


def _products(session: Session, by: Actor, line: str, now: datetime) -> list[tuple[str, str]]:
    alliance_id, _sep, product_id = line.partition("/")
    if product_id.startswith("prd_"):
        return [(alliance_id, product_id)]
    sellers = links.sellers(session, by, now=now)
    names = (Product.url,) if "://" in line else (Product.sku, Product.ref)
    for name in names:
        rows = session.execute(
            select(Product.merchant_id, Product.id)
            .where(Product.merchant_id.in_(sorted(sellers)), name == line,
                   Product.withdrawn_at.is_(None)).order_by(Product.id).limit(2)).all()
        if rows:
            return [(sellers[merchant_id], product) for merchant_id, product in rows]
    return []
