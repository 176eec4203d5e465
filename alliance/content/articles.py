"""Articles: written in Markdown, published in versions, with product cards that are counted apart.

A version that was published never changes. A card keeps its id as long as its article names the
product, so what other pages embed stays right through new versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Member
from alliance.catalogue.model import Product
from alliance.content import rendering
from alliance.content.assets import own as own_asset
from alliance.content.model import LANGUAGES, ArticleCard, ArticleVersion, Asset
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.ids import new_id
from alliance.db.once import insert_once
from alliance.merchants.plain import one_line, tidy

MOST_CARDS = 20


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote: a title, its language, and the body in Markdown."""

    title: str
    language: str
    body: str


@dataclass(frozen=True, slots=True)
class Published:
    """A version that came out, with the cards it has and those it no longer has."""

    version: ArticleVersion
    cards: tuple[ArticleCard, ...]
    gone: tuple[ArticleCard, ...]


def begin(session: Session, by: Actor, alliance_id: str, words: Words, *,
          now: datetime) -> Asset:
    """A new article, seen by its author alone until it is published.

    Raises `Invalid` with the field that is wrong, `Conflict` (`member_state`) when suspended.
    """
    _, seat = members.place(session, by, alliance_id)
    if seat.state != "active":
        raise Conflict("member_state", "A suspended member publishes nothing.")
    told = _checked(words)
    article = Asset(
        id=new_id("ast", now), alliance_id=alliance_id, member_id=seat.id, kind="article",
        origin="ogc", title=told.title, language=told.language, licence="own", granted_by="",
        source="", version=0, tags=[], words="", created_at=now)
    session.add(article)
    session.flush()
    _keep(session, article.id, 1, told, now)
    return article


def write(session: Session, by: Actor, article_id: str, words: Words, *,
          now: datetime) -> ArticleVersion:
    """Change what is not published yet, or begin the next version.

    Raises `Invalid` as `begin`, `Conflict` (`asset_withdrawn`) for an article that was withdrawn.
    """
    article = _open(session, by, article_id)
    told = _checked(words)
    newest = newest_of(session, article_id)
    if newest.published_at is not None:
        newest = _keep(session, article_id, newest.number + 1, told, now)
    else:
        newest.title, newest.language, newest.body = told.title, told.language, told.body
        newest.written_at = now
    if article.published_at is None:
        article.title, article.language = told.title, told.language
    session.flush()
    return newest


def publish(session: Session, by: Actor, article_id: str, *, now: datetime) -> Published:
    """Let the newest version count. Its links are made by `referrals.publishing`.

    Raises `Conflict` (`already_published`) when nothing was written since, `Invalid`:
    `unknown_card` for a product that no seller of the author's has on offer, `unknown_piece` for a
    picture that is none of the alliance's, `too_many_cards`.
    """
    article = _open(session, by, article_id)
    version = newest_of(session, article_id)
    if version.published_at is not None:
        raise Conflict("already_published", "Nothing was written since it was published.")
    if not version.body:
        raise Invalid("text_missing", "Write something for body.", field="body")
    names = rendering.named(version.body)
    _check_pictures(session, article, [ref for kind, ref in names if kind == rendering.PICTURE])
    refs = [ref for kind, ref in names if kind == rendering.CARD]
    products = _each(session, article, refs, now)
    version.published_at = now
    article.title, article.language, article.version = (
        version.title, version.language, version.number)
    article.published_at = article.published_at or now
    session.flush()
    return _placed(session, article, version, products, now)


def withdraw(session: Session, by: Actor, article_id: str, *, now: datetime) -> Asset:
    """Take an article back: its cards show nothing from now on, wherever they stand."""
    article = _open(session, by, article_id)
    article.withdrawn_at = now
    session.flush()
    return article


def own(session: Session, by: Actor, article_id: str) -> Asset:
    """One of the actor's own articles, or `NotFound`."""
    article = own_asset(session, by, article_id)
    if article.kind != "article":
        raise NotFound("article", article_id)
    return article


def of_author(session: Session, by: Actor) -> list[Asset]:
    """The actor's own articles, what was withdrawn among them, the newest first."""
    seats = select(Member.id).where(Member.merchant_id == by.merchant)
    return list(session.scalars(
        select(Asset).where(Asset.kind == "article", Asset.member_id.in_(seats))
        .order_by(Asset.created_at.desc(), Asset.id.desc())))


def versions(session: Session, article_id: str) -> list[ArticleVersion]:
    """An article's versions, the newest first."""
    return list(session.scalars(
        select(ArticleVersion).where(ArticleVersion.article_id == article_id)
        .order_by(ArticleVersion.number.desc())))


def newest_of(session: Session, article_id: str) -> ArticleVersion:
    """What was written last, published or not."""
    return session.scalars(
        select(ArticleVersion).where(ArticleVersion.article_id == article_id)
        .order_by(ArticleVersion.number.desc()).limit(1)).one()


def published_of(session: Session, article_id: str) -> ArticleVersion | None:
    """The version that counts, or None before the first."""
    return session.scalars(
        select(ArticleVersion).where(ArticleVersion.article_id == article_id,
                                     ArticleVersion.published_at.is_not(None))
        .order_by(ArticleVersion.number.desc()).limit(1)).one_or_none()


def cards_of(session: Session, article_id: str) -> list[ArticleCard]:
    """Every card that an article has or had; those it has first, in their order."""
    return list(session.scalars(
        select(ArticleCard).where(ArticleCard.article_id == article_id)
        .order_by(ArticleCard.place.is_(None), ArticleCard.place, ArticleCard.id)))


def count_of_cards(session: Session, article_ids: Iterable[str]) -> dict[str, int]:
    """How many cards these articles have, by article."""
    return {ref: int(number) for ref, number in session.execute(
        select(ArticleCard.article_id, func.count()).where(
            ArticleCard.article_id.in_(list(article_ids)), ArticleCard.place.is_not(None))
        .group_by(ArticleCard.article_id))}


def resolved(session: Session, article_id: str, refs: Iterable[str], *,
             now: datetime) -> dict[str, Product]:
    """The products that cards name by id, article number or the shop's own number.

    What no seller of the author's has, or several have, is left out.
    """
    article = session.get_one(Asset, article_id)
    return _resolved(session, article.alliance_id, article.member_id, list(refs), now)


def resolved_for(session: Session, by: Actor, alliance_id: str, refs: Iterable[str], *,
                 now: datetime) -> dict[str, Product]:
    """The same for an article that is not kept yet."""
    _, seat = members.place(session, by, alliance_id)
    return _resolved(session, alliance_id, seat.id, list(refs), now)


def _open(session: Session, by: Actor, article_id: str) -> Asset:
    article = own(session, by, article_id)
    if article.withdrawn_at is not None:
        raise Conflict("asset_withdrawn", "This was withdrawn; write it anew.")
    return article


def _checked(words: Words) -> Words:
    if words.language not in LANGUAGES or not words.language:
        raise Invalid("unknown_language", "Choose the language of its words.", field="language")
    # Line by line: what indents a line means something in Markdown.
    lines = (line[:len(line) - len(line.lstrip(" "))] + tidy(line)
             for line in words.body.splitlines())
    body = "\n".join(line.rstrip() for line in lines).strip("\n")
    if len(body) > rendering.LONGEST:
        raise Invalid("text_too_long", f"body may have {rendering.LONGEST} characters.",
                      field="body", longest=rendering.LONGEST)
    return Words(one_line(words.title, "title"), words.language, body)


def _keep(session: Session, article_id: str, number: int, words: Words,
          now: datetime) -> ArticleVersion:
    version = ArticleVersion(article_id=article_id, number=number, title=words.title,
                             language=words.language, body=words.body, written_at=now)
    session.add(version)
    session.flush()
    return version


def _check_pictures(session: Session, article: Asset, refs: Sequence[str]) -> None:
    there = set(session.scalars(select(Asset.id).where(
        Asset.alliance_id == article.alliance_id, Asset.id.in_(refs), Asset.sha256.is_not(None),
        Asset.withdrawn_at.is_(None))))
    for ref in refs:
        if ref not in there:
            raise Invalid("unknown_piece", f"There is no picture {ref[:60]!r} in the library.",
                          field="body")


def _each(session: Session, article: Asset, refs: Sequence[str],
          now: datetime) -> list[Product]:
    if len(refs) > MOST_CARDS:
        raise Invalid("too_many_cards", f"An article has at most {MOST_CARDS} cards.",
                      field="body")
    found = _resolved(session, article.alliance_id, article.member_id, refs, now)
    for ref in refs:
        if ref not in found:
            raise Invalid("unknown_card", f"No member whose contract with you is in force has "
                          f"{ref[:60]!r} on offer.", field="body", ref=ref[:60])
    return list({found[ref].id: found[ref] for ref in refs}.values())


def _resolved(session: Session, alliance_id: str, host_member_id: str, refs: Sequence[str],
              now: datetime) -> dict[str, Product]:
    if not refs:
        return {}
    sellers = [each.terms.seller for each in agreed.in_force(session, alliance_id, now)
               if each.terms.host == host_member_id]
    rows = session.scalars(
        select(Product).join(Member, Member.merchant_id == Product.merchant_id)
        .where(Member.id.in_(sellers), Product.withdrawn_at.is_(None),
               Product.id.in_(refs) | Product.sku.in_(refs) | Product.ref.in_(refs))
        .order_by(Product.id)).all()
    found: dict[str, Product] = {}
    for ref in refs:
        for name in ("id", "sku", "ref"):
            alike = [row for row in rows if getattr(row, name) == ref]
            if len(alike) == 1:
                found[ref] = alike[0]
            if alike:
                break
    return found


def _placed(session: Session, article: Asset, version: ArticleVersion,
            products: Sequence[Product], now: datetime) -> Published:
    insert_once(session, ArticleCard, [
        {"id": new_id("ast", now), "article_id": article.id, "product_id": product.id,
         "created_at": now} for product in products], ["article_id", "product_id"])
    places = {product.id: place for place, product in enumerate(products, start=1)}
    cards = cards_of(session, article.id)
    gone = [card for card in cards if card.place and card.product_id not in places]
    for card in cards:
        card.place = places.get(card.product_id)
    session.flush()
    shown = sorted((card for card in cards if card.place), key=lambda card: card.place or 0)
    return Published(version, tuple(shown), tuple(gone))
