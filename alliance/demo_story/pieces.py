"""What the members write and print about each other's goods: each piece with links of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.demo_story.founding import Cast
from alliance.referrals import links

PIECES = (
    ("li", "wang", "blog", "如何给宝宝挑选安全舒适的贴身衣物"),
    ("wang", "zhang", "wechat", "洗澡后的抚触与早教"),
    ("zhang", "li", "card", "Card in the parcel"),
    ("zhao", "wang", "instagram", "Bath day, behind the camera"),
)
"""Host, seller, channel, and what the piece is called."""

GOODS = slice(3, 9)
"""The seller's products that a piece shows."""


def publish(session: Session, cast: Cast, goods: Mapping[str, Sequence[Product]], *,
            now: datetime) -> dict[tuple[str, str], str]:
    """A link for each product of each piece, by host and product; and one to each whole shop."""
    made = {}
    for host, seller, channel, piece in PIECES:
        by, place = cast.actors[host], cast.alliance.id
        for product in goods[seller][GOODS]:
            made[host, product.id] = links.make(
                session, by, place, product.id, channel=channel, asset=piece, now=now).id
        address = goods[seller][0].url.rpartition("/products/")[0]
        links.make_to_page(session, by, place, f"{address}/", channel=channel, asset=piece,
                           now=now)
    return made
