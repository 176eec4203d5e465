"""Articles that earn: each product card gets a link of its own, so that each is counted apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.content import articles
from alliance.content.articles import Published
from alliance.content.model import Asset
from alliance.core.actor import Actor
from alliance.merchants import shown
from alliance.referrals import links
from alliance.referrals.link_model import CARDS, Link


def publish(session: Session, by: Actor, article_id: str, *, now: datetime) -> Published:
    """Let the newest version of an article count, with a link for each of its cards.

    The link of a card that it no longer has ends. Raises as `articles.publish` and `links.make`.
    """
    done = articles.publish(session, by, article_id, now=now)
    alliance_id = session.get_one(Asset, article_id).alliance_id
    for card in done.cards:
        links.make(session, by, alliance_id, card.product_id, channel=CARDS, asset=card.id,
                   now=now)
    _end(session, by, [card.id for card in done.gone], now)
    shown.changed(session, alliance_id)
    return done


def withdraw(session: Session, by: Actor, article_id: str, *, now: datetime) -> Asset:
    """Take an article back: its cards show nothing, and their links end."""
    article = articles.withdraw(session, by, article_id, now=now)
    _end(session, by, [card.id for card in articles.cards_of(session, article_id)], now)
    shown.changed(session, article.alliance_id)
    return article


def links_of(session: Session, card_ids: list[str]) -> dict[str, Link]:
    """The links of these cards, by card."""
    return {link.asset: link for link in session.scalars(
        select(Link).where(Link.channel == CARDS, Link.asset.in_(card_ids)))}


def _end(session: Session, by: Actor, card_ids: list[str], now: datetime) -> None:
    for link in links_of(session, card_ids).values():
        if link.ended_at is None:
            links.end(session, by, link.id, now=now)
