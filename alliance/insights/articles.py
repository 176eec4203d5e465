"""What articles bring, card by card; goods worth a card, with what their sellers promise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Member
from alliance.catalogue.model import Product
from alliance.content import articles, assets
from alliance.content.model import ArticleCard, ArticleVersion, Asset
from alliance.core.actor import Actor
from alliance.core.money import Currency, Money
from alliance.insights import sharing
from alliance.insights.sharing import Brought
from alliance.merchants.model import Merchant, Store
from alliance.referrals import publishing
from alliance.referrals.click_model import Click
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Decision
from alliance.rules.attribution import CREDITED
from alliance.rules.promised import Promise, promised
from alliance.rules.terms import Terms
from alliance.settlement.model import Commission

MOST_GOODS = 24


class Figures(NamedTuple):
    """What a card or an article brought. `earned` is a sum for each currency."""

    views: int = 0
    clicks: int = 0
    uncounted: int = 0
    orders: int = 0
    earned: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A card with its product, its seller's name, its link, and what it brought."""

    card: ArticleCard
    product: Product
    seller: str
    link: Link | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Told:
    """An article with its newest and its published version, its cards and what all brought."""

    article: Asset
    newest: ArticleVersion
    published: ArticleVersion | None
    cards: tuple[Card, ...]
    figures: Figures


class Good(NamedTuple):
    """A product that an article may show: its seller, and what the seller promises for it."""

    product: Product
    seller: str
    promise: Promise | None


def of_author(session: Session, by: Actor) -> list[Told]:
    """The actor's own articles, the newest first."""
    return _told(session, articles.of_author(session, by))


def article(session: Session, by: Actor, article_id: str) -> Told:
    """One of the actor's own articles, or `NotFound`."""
    return _told(session, [articles.own(session, by, article_id)])[0]


def goods(session: Session, by: Actor, alliance_id: str, *, now: datetime, text: str = "",
          shelf: str = "") -> list[Good]:
    """What an article of the actor's may show now: on offer, of sellers in contract with it."""
    _, seat = members.place(session, by, alliance_id)
    terms = terms_by_seller(session, alliance_id, seat.id, now)
    asked = (select(Product, Member.id, Merchant.name)
             .join(Member, Member.merchant_id == Product.merchant_id)
             .join(Merchant, Merchant.id == Product.merchant_id)
             .join(Store, Store.id == Product.store_id)
             .where(Member.id.in_(sorted(terms)), Product.in_stock.is_(true()),
                    Product.is_public.is_(true()), Product.withdrawn_at.is_(None),
                    Store.state != "disconnected"))
    if text:
        asked = asked.where(Product.title.icontains(text, autoescape=True)
                            | Product.sku.icontains(text, autoescape=True))
    if shelf:
        asked = asked.where(Product.shelf == shelf)
    rows = session.execute(asked.order_by(Product.title, Product.id).limit(MOST_GOODS)).all()
    return [Good(product, name, promised(terms[seller], product.ref,
                                         (product.shelf, *product.categories)))
            for product, seller, name in rows]


def terms_by_seller(session: Session, alliance_id: str, host_member_id: str,
                    now: datetime) -> dict[str, Terms]:
    """The terms that bind now between a host and its sellers, by the seller's place."""
    return {each.terms.seller: each.terms for each in agreed.in_force(session, alliance_id, now)
            if each.terms.host == host_member_id}


def _told(session: Session, found: Sequence[Asset]) -> list[Told]:
    ids = [article.id for article in found]
    versions: dict[str, list[ArticleVersion]] = defaultdict(list)
    for version in session.scalars(
            select(ArticleVersion).where(ArticleVersion.article_id.in_(ids))
            .order_by(ArticleVersion.number.desc())):
        versions[version.article_id].append(version)
    cards = _cards(session, ids)
    return [Told(article, versions[article.id][0],
                 next((each for each in versions[article.id] if each.published_at), None),
                 tuple(cards[article.id]), _sum([each.figures for each in cards[article.id]]))
            for article in found]


def _cards(session: Session, article_ids: Sequence[str]) -> dict[str, list[Card]]:
    rows = session.execute(
        select(ArticleCard, Product, Merchant.name)
        .join(Product, Product.id == ArticleCard.product_id)
        .join(Merchant, Merchant.id == Product.merchant_id)
        .where(ArticleCard.article_id.in_(article_ids))
        .order_by(ArticleCard.place.is_(None), ArticleCard.place, ArticleCard.id)).all()
    ids = [card.id for card, _, _ in rows]
    links = publishing.links_of(session, ids)
    link_ids = [link.id for link in links.values()]
    brought = sharing.brought(session, link_ids) if links else {}
    earned = _earned(session, link_ids) if links else {}
    views = assets.used(session, ids)
    found: dict[str, list[Card]] = defaultdict(list)
    for card, product, seller in rows:
        link = links.get(card.id)
        ref = link.id if link else ""
        visits = brought.get(ref, Brought())
        found[card.article_id].append(Card(card, product, seller, link, Figures(
            views.get((card.id, assets.VIEW), 0), visits.clicks, visits.uncounted, visits.orders,
            earned.get(ref, ()))))
    return found


def _earned(session: Session, link_ids: Sequence[str]) -> dict[str, tuple[Money, ...]]:
    """What was earned by orders that were credited to clicks on these links, by now."""
    rows = session.execute(
        select(Click.link_id, Commission.currency, func.sum(Commission.target_minor))
        .join(Decision, Decision.touch_id == Click.id)
        .join(Commission, (Commission.order_id == Decision.order_id)
              & (Commission.host_member_id == Decision.host_member_id))
        .where(Click.link_id.in_(link_ids), Decision.outcome == CREDITED)
        .group_by(Click.link_id, Commission.currency))
    found: dict[str, list[Money]] = defaultdict(list)
    for link_id, currency, minor in rows:
        if minor:
            found[link_id or ""].append(Money(int(minor), currency))
    return {link_id: tuple(sums) for link_id, sums in found.items()}


def _sum(all_of: Sequence[Figures]) -> Figures:
    earned: dict[Currency, Money] = {}
    for each in all_of:
        for money in each.earned:
            earned[money.currency] = earned.get(money.currency, Money.zero(money.currency)) + money
    return Figures(sum(each.views for each in all_of), sum(each.clicks for each in all_of),
                   sum(each.uncounted for each in all_of), sum(each.orders for each in all_of),
                   tuple(earned.values()))
