"""What is kept of assets, of articles and their cards, and of how often they were used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base

KINDS = ("picture", "banner", "text", "video", "article")
"""What an asset is. Pictures and banners are files; a video is the address of its page."""

ORIGINS = ("ogc", "pgc", "ugc")
"""Made by the owner of the goods, by a professional, by a shopper."""

LICENCES = ("own", "cc-by", "cc-by-sa", "cc0", "granted")
"""Under what others may reuse it; `granted` names who granted it."""

LANGUAGES = ("en", "zh_Hans", "zh_Hant", "lv", "")
"""The language of its words; the last one says that it has none."""

MOST_PIXELS_A_SIDE = 10_000


class Asset(Base):
    """One version of a piece of material, or an article.

    The bytes of a picture lie in the folder of assets under `sha256`, its small copy under
    `small_sha256`; `words` are a text, `url` is a video's page. A new version is a row of its own
    and names the one that it `supersedes`; an article counts its versions itself. What has no
    `published_at` is seen by the member alone who gave it.
    """

    __tablename__ = "assets"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[str]
    origin: Mapped[str]
    title: Mapped[str]
    language: Mapped[str]
    licence: Mapped[str]
    granted_by: Mapped[str]
    source: Mapped[str]
    version: Mapped[int]
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("assets.id"))
    tags: Mapped[list[Any]]
    words: Mapped[str]
    url: Mapped[str | None]
    sha256: Mapped[str | None]
    small_sha256: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("supersedes"),
        Index(None, "alliance_id", "created_at"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"origin IN {ORIGINS}", name="origin"),
        CheckConstraint(f"licence IN {LICENCES}", name="licence"),
        CheckConstraint("(licence = 'granted') = (granted_by <> '')", name="granted_by_whom"),
        CheckConstraint("length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint("(sha256 IS NOT NULL) = (kind IN ('picture', 'banner'))", name="file"),
        CheckConstraint("(url IS NOT NULL) = (kind = 'video')", name="video"),
        CheckConstraint(f"width BETWEEN 1 AND {MOST_PIXELS_A_SIDE} "
                        f"AND height BETWEEN 1 AND {MOST_PIXELS_A_SIDE}", name="pixels"),
    )


class AssetProduct(Base):
    """That an asset is about a product."""

    __tablename__ = "asset_products"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)

    __table_args__ = (Index(None, "product_id"),)


class AssetUse(Base):
    """How often an asset, or a card of an article, was used in one way on one day of the alliance.

    Clicks are not here: a card's link counts them.
    """

    __tablename__ = "asset_uses"

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    use: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    number: Mapped[int]

    __table_args__ = (
        CheckConstraint("use IN ('download', 'view')", name="use"),
    )


class ArticleVersion(Base):
    """What an article says. A version that was published never changes; the newest one counts."""

    __tablename__ = "article_versions"

    article_id: Mapped[str] = mapped_column(ForeignKey("assets.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    language: Mapped[str]
    body: Mapped[str]
    written_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("length(title) BETWEEN 1 AND 200", name="title_length"),
    )


class ArticleCard(Base):
    """A product in an article. Its id is what a page embeds and what its link carries.

    `place` counts from 1 in the newest published version; None once that no longer has the card.
    """

    __tablename__ = "article_cards"

    id: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("assets.id"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    place: Mapped[int | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("article_id", "product_id"),
        CheckConstraint("place >= 1", name="place"),
    )


_ASSETS = walls.rows("assets", "id", "alliance_id", "member_id", "published_at")


def _own(who: str) -> Select[Any]:
    return select(_ASSETS.c.id).where(
        _ASSETS.c.member_id.in_(walls.seats(who))).correlate(None)


def _seen(who: str) -> Select[Any]:
    return select(_ASSETS.c.id).where(
        _ASSETS.c.member_id.in_(walls.seats(who))
        | (_ASSETS.c.published_at.is_not(None)
           & _ASSETS.c.alliance_id.in_(walls.alliances(who)))).correlate(None)


walls.wall(Asset, seen=lambda who: Asset.member_id.in_(walls.seats(who))
           | (Asset.published_at.is_not(None) & Asset.alliance_id.in_(walls.alliances(who))),
           changed=lambda who: Asset.member_id.in_(walls.seats(who)))
walls.wall(AssetProduct, seen=lambda who: AssetProduct.asset_id.in_(_seen(who)),
           changed=lambda who: AssetProduct.asset_id.in_(_own(who)))
walls.wall(AssetUse, seen=lambda who: AssetUse.alliance_id.in_(walls.alliances(who)))
walls.wall(ArticleVersion, seen=lambda who: ArticleVersion.article_id.in_(_own(who))
           | (ArticleVersion.published_at.is_not(None)
              & ArticleVersion.article_id.in_(_seen(who))),
           changed=lambda who: ArticleVersion.article_id.in_(_own(who)))
walls.wall(ArticleCard, seen=lambda who: ArticleCard.article_id.in_(_seen(who)),
           changed=lambda who: ArticleCard.article_id.in_(_own(who)))
