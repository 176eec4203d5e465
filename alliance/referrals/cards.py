"""What a product card in an article shows now, in the form the hot path remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, true
from sqlalchemy.orm import Session, aliased

from alliance.alliances.model import Alliance, Member, Span
from alliance.catalogue.model import Product
from alliance.content.model import ArticleCard, Asset
from alliance.core.errors import NotFound
from alliance.merchants.model import Merchant, Store
from alliance.referrals.link_model import CARDS, Link


@dataclass(frozen=True, slots=True)
class Shown:
    """The product of a card with the code of its link."""

    product_id: str
    title: str
    image_url: str | None
    minor: int
    currency: str
    seller: str
    code: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card of an article. Nothing is `shown` while its product is not on offer, its article
    withdrawn, its host suspended, or no contract in force; `until` is when what is shown ends."""

    card_id: str
    alliance_id: str
    alliance: str
    shown: Shown | None
    until: datetime | None


_HOST, _SELLER = aliased(Member), aliased(Member)
_CARD = (
    select(Asset.alliance_id, Alliance.name)
    .select_from(ArticleCard).join(Asset, Asset.id == ArticleCard.article_id)
    .join(Alliance, Alliance.id == Asset.alliance_id)
    .where(ArticleCard.id == bindparam("card")))
_SHOWN = (
    select(Product.id, Product.title, Product.image_url, Product.minor, Product.currency,
           Merchant.name.label("seller"), Link.code, Link.expires_at, Span.ends_at)
    .select_from(ArticleCard).join(Asset, Asset.id == ArticleCard.article_id)
    .join(_HOST, _HOST.id == Asset.member_id)
    .join(Product, Product.id == ArticleCard.product_id)
    .join(Store, Store.id == Product.store_id)
    .join(Merchant, Merchant.id == Product.merchant_id)
    .join(_SELLER, (_SELLER.alliance_id == Asset.alliance_id)
          & (_SELLER.merchant_id == Product.merchant_id) & (_SELLER.id != _HOST.id))
    .join(Span, (Span.seller_member_id == _SELLER.id) & (Span.host_member_id == _HOST.id))
    .join(Link, (Link.host_member_id == _HOST.id) & (Link.target == Product.id)
          & (Link.channel == CARDS) & (Link.asset == ArticleCard.id))
    .where(ArticleCard.id == bindparam("card"), ArticleCard.place.is_not(None),
           Asset.withdrawn_at.is_(None), _HOST.state == "active", _SELLER.state == "active",
           Product.in_stock.is_(true()), Product.is_public.is_(true()),
           Product.withdrawn_at.is_(None), Store.state != "disconnected",
           Span.starts_at <= bindparam("now"),
           Span.ends_at.is_(None) | (Span.ends_at > bindparam("now")),
           Link.ended_at.is_(None),
           Link.expires_at.is_(None) | (Link.expires_at > bindparam("now"))))


def card(session: Session, card_id: str, *, now: datetime) -> Card:
    """The card of this id; raises `NotFound` where there never was one."""
    home = session.execute(_CARD, {"card": card_id}).one_or_none()
    if home is None:
        raise NotFound("card", card_id)
    found = session.execute(_SHOWN, {"card": card_id, "now": now}).one_or_none()
    if found is None:
        return Card(card_id, home.alliance_id, home.name, None, None)
    ends = [at for at in (found.expires_at, found.ends_at) if at is not None]
    return Card(card_id, home.alliance_id, home.name, _told(found), min(ends, default=None))


def _told(found: Any) -> Shown:
    return Shown(found.id, found.title, found.image_url, found.minor, str(found.currency),
                 found.seller, found.code)
