"""Assets: material that members give each other, each with its licence, source and use (A3.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Select, Text, cast, exists, func, select, true
from sqlalchemy.orm import Session, aliased

from alliance.alliances import members
from alliance.alliances.model import Alliance, Member
from alliance.catalogue.model import Product
from alliance.content.files import Files
from alliance.content.model import (
    KINDS,
    LANGUAGES,
    LICENCES,
    ORIGINS,
    Asset,
    AssetProduct,
    AssetUse,
)
from alliance.content.pictures import Picture
from alliance.core.actor import Actor
from alliance.core.clock import day_of
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.ids import new_id
from alliance.core.writing import written
from alliance.db.once import insert_once, inserting
from alliance.merchants.plain import one_line, paragraph, tidy

WITH_FILE = ("picture", "banner")
MOST_TAGS = 12
MOST_PRODUCTS = 50
LONGEST_WORDS = 5000
DOWNLOAD, VIEW = "download", "view"


@dataclass(frozen=True, slots=True)
class Told:
    """What a member says of an asset itself. `granted_by`: who granted the licence `granted`."""

    kind: str
    origin: str
    title: str
    language: str = ""
    licence: str = "own"
    granted_by: str = ""
    source: str = ""
    tags: Sequence[str] = ()
    product_ids: Sequence[str] = ()
    words: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which assets are looked for; what is empty asks for nothing.

    `shelf`, `minor_least`, `minor_most` and `in_stock` speak of the products that they are about,
    prices in the smallest unit.
    """

    kind: str = ""
    origin: str = ""
    language: str = ""
    tag: str = ""
    member_id: str = ""
    product_id: str = ""
    text: str = ""
    shelf: str = ""
    minor_least: int | None = None
    minor_most: int | None = None
    in_stock: bool = False


def give(session: Session, by: Actor, alliance_id: str, told: Told, picture: Picture | None,
         files: Files, *, now: datetime) -> Asset:
    """Give an asset to the alliance; every member may take it along from now on.

    The bytes of a picture are kept once all else is in order. Raises `Invalid` with the field that
    is wrong, `NotFound` for another's alliance or a product that nobody there sells, `Conflict`
    (`member_state`) for a suspended member.
    """
    return _given(session, by, alliance_id, told, picture, files, None, now)


def renew(session: Session, by: Actor, asset_id: str, told: Told, picture: Picture | None,
          files: Files, *, now: datetime) -> Asset:
    """Give a new version, which takes the old one's place in the library; that one stays as it is.

    Of a picture the file may stay, when `picture` is None. Raises as `give`; `Conflict`
    (`not_newest`) when there is a newer version already, or `asset_withdrawn`.
    """
    old = own(session, by, asset_id)
    if old.kind == "article" or told.kind != old.kind:
        raise Invalid("unknown_kind", "A new version is of the same kind.", field="kind")
    if old.withdrawn_at is not None:
        raise Conflict("asset_withdrawn", "This was withdrawn; give it anew.")
    return _given(session, by, old.alliance_id, told, picture, files, old, now)


def withdraw(session: Session, by: Actor, asset_id: str, *, now: datetime) -> Asset:
    """Take an asset of the actor's back: it is listed and served no longer."""
    asset = own(session, by, asset_id)
    asset.withdrawn_at = asset.withdrawn_at or now
    session.flush()
    return asset


def take(session: Session, by: Actor, asset_id: str, *, now: datetime) -> Asset:
    """Take an asset along: counted, once each time. Raises `Conflict` when it was withdrawn."""
    asset = seen(session, by, asset_id)
    if asset.withdrawn_at is not None:
        raise Conflict("asset_withdrawn", "This was withdrawn by who gave it.")
    count(session, asset.alliance_id, {asset.id: 1}, DOWNLOAD, now=now)
    return asset


def count(session: Session, alliance_id: str, numbers: dict[str, int], use: str, *,
          now: datetime) -> None:
    """Count uses of assets or cards of one alliance on its own day."""
    zone = session.scalar(select(Alliance.zone).where(Alliance.id == alliance_id))
    if zone is None or not numbers:
        return
    adding = inserting(session, AssetUse).values([
        {"asset_id": ref, "day": day_of(now, zone).isoformat(), "use": use,
         "alliance_id": alliance_id, "number": number}
        for ref, number in sorted(numbers.items())])
    session.execute(adding.on_conflict_do_update(
        index_elements=["asset_id", "day", "use"],
        set_={"number": AssetUse.number + adding.excluded.number}))


def find(session: Session, by: Actor, wanted: Wanted, *, place: int = 1,
         size: int = 24) -> tuple[list[Asset], int]:
    """A page of the actor's alliances' assets, the newest first, and how many there are.

    Only the newest version of each, nothing withdrawn, and of articles what was published.
    """
    asked = _current(by)
    for name in ("kind", "origin", "language", "member_id"):
        if value := getattr(wanted, name):
            # Words of no language suit every language.
            asked = asked.where(getattr(Asset, name).in_(
                [value, ""] if name == "language" else [value]))
    if wanted.tag:
        asked = asked.where(cast(Asset.tags, Text).contains(written(wanted.tag), autoescape=True))
    if wanted.text:
        asked = asked.where(Asset.title.icontains(wanted.text, autoescape=True)
                            | Asset.words.icontains(wanted.text, autoescape=True))
    asked = _about(asked, wanted)
    total = session.scalar(select(func.count()).select_from(asked.subquery())) or 0
    rows = session.scalars(asked.order_by(Asset.created_at.desc(), Asset.id.desc())
                           .limit(size).offset((place - 1) * size))
    return list(rows), total


def own(session: Session, by: Actor, asset_id: str) -> Asset:
    """An asset that the actor gave, or `NotFound`."""
    asset = session.get(Asset, asset_id)
    seat = None if asset is None else session.get(Member, asset.member_id)
    if asset is None or seat is None or seat.merchant_id != by.merchant:
        raise NotFound("asset", asset_id)
    return asset


def seen(session: Session, by: Actor, asset_id: str) -> Asset:
    """An asset of one of the actor's alliances, or `NotFound`."""
    asset = session.get(Asset, asset_id)
    seat = None if asset is None else members.member_for(session, asset.alliance_id, by.merchant)
    if asset is None or seat is None or (
            asset.published_at is None and asset.member_id != seat.id):
        raise NotFound("asset", asset_id)
    return asset


def products_called(session: Session, alliance_id: str, names: Sequence[str]) -> list[str]:
    """The products that an alliance's members call so: by id, article number or shop's number.

    Raises `Invalid` (`unknown_article`), `Conflict` (`ambiguous_line`).
    """
    found: list[str] = []
    for name in dict.fromkeys(names):
        rows = session.execute(
            select(Product.id, Product.sku, Product.ref)
            .join(Member, Member.merchant_id == Product.merchant_id)
            .where(Member.alliance_id == alliance_id, Member.state != "left",
                   Product.withdrawn_at.is_(None),
                   (Product.id == name) | (Product.sku == name) | (Product.ref == name))).all()
        alike = next((same for place in range(3) if (
            same := [row.id for row in rows if row[place] == name])), [])
        if not alike:
            raise Invalid("unknown_article", f"No member sells {name[:80]!r}.", field="products")
        if len(alike) > 1:
            raise Conflict("ambiguous_line", f"Several products are called {name[:80]!r}.",
                           field="products")
        found += alike
    return found


def versions(session: Session, asset: Asset) -> list[Asset]:
    """The asset with what it supersedes and what superseded it, the newest first."""
    found = [asset]
    while (before := found[-1].supersedes) is not None:
        found.append(session.get_one(Asset, before))
    while after := session.scalar(select(Asset).where(Asset.supersedes == found[0].id)):
        found.insert(0, after)
    return found


def products_of(session: Session, asset_ids: Iterable[str]) -> dict[str, list[Product]]:
    """The products that these assets are about, by asset, in the order of their titles."""
    found: dict[str, list[Product]] = {}
    for ref, product in session.execute(
            select(AssetProduct.asset_id, Product).join(
                Product, Product.id == AssetProduct.product_id)
            .where(AssetProduct.asset_id.in_(list(asset_ids)))
            .order_by(Product.title, Product.id)):
        found.setdefault(ref, []).append(product)
    return found


def used(session: Session, asset_ids: Iterable[str]) -> dict[tuple[str, str], int]:
    """How often these assets or cards were used in all, by id and way."""
    return {(ref, use): int(number) for ref, use, number in session.execute(
        select(AssetUse.asset_id, AssetUse.use, func.sum(AssetUse.number))
        .where(AssetUse.asset_id.in_(list(asset_ids)))
        .group_by(AssetUse.asset_id, AssetUse.use))}


def _current(by: Actor) -> Select[Asset]:
    newer = aliased(Asset)
    here = select(Member.alliance_id).where(
        Member.merchant_id == by.merchant, Member.state != "left")
    return select(Asset).where(
        Asset.alliance_id.in_(here), Asset.withdrawn_at.is_(None),
        Asset.published_at.is_not(None), ~exists().where(newer.supersedes == Asset.id))


def _about(asked: Select[Asset], wanted: Wanted) -> Select[Asset]:
    wishes = []
    if wanted.product_id:
        wishes.append(Product.id == wanted.product_id)
    if wanted.shelf:
        wishes.append(Product.shelf == wanted.shelf)
    if wanted.minor_least is not None:
        wishes.append(Product.minor >= wanted.minor_least)
    if wanted.minor_most is not None:
        wishes.append(Product.minor <= wanted.minor_most)
    if wanted.in_stock:
        wishes += [Product.in_stock.is_(true()), Product.withdrawn_at.is_(None)]
    if not wishes:
        return asked
    # One product has to be all of it: cheap and in stock, not the one cheap and the other there.
    return asked.where(Asset.id.in_(
        select(AssetProduct.asset_id).join(Product, Product.id == AssetProduct.product_id)
        .where(*wishes)))


def _given(session: Session, by: Actor, alliance_id: str, told: Told, picture: Picture | None,
           files: Files, old: Asset | None, now: datetime) -> Asset:
    _, seat = members.place(session, by, alliance_id)
    if seat.state != "active":
        raise Conflict("member_state", "A suspended member gives nothing.")
    asset = Asset(
        id=new_id("ast", now), alliance_id=alliance_id, member_id=seat.id, created_at=now,
        published_at=now, version=old.version + 1 if old else 1,
        supersedes=old.id if old else None, **_checked(told))
    about = _products(session, alliance_id, told.product_ids)
    if asset.kind in WITH_FILE:
        _put(asset, picture, files, old)
    if not insert_once(session, Asset, [_values(asset)], ["supersedes"]):
        raise Conflict("not_newest", "There is a newer version of this already.")
    insert_once(session, AssetProduct, [
        {"asset_id": asset.id, "product_id": ref} for ref in about], ["asset_id", "product_id"])
    return session.get_one(Asset, asset.id)


def _values(asset: Asset) -> dict[str, object]:
    return {column.key: getattr(asset, column.key) for column in Asset.__mapper__.columns}


def _checked(told: Told) -> dict[str, object]:
    if told.kind not in KINDS or told.kind == "article":
        raise Invalid("unknown_kind", "Choose what it is.", field="kind")
    if told.origin not in ORIGINS:
        raise Invalid("unknown_origin", "Say who made it.", field="origin")
    if told.language not in LANGUAGES:
        raise Invalid("unknown_language", "Choose the language of its words.", field="language")
    if told.licence not in LICENCES:
        raise Invalid("unknown_licence", "Choose the licence.", field="licence")
    granted = one_line(told.granted_by, "granted_by") if told.licence == "granted" else ""
    return {
        "kind": told.kind, "origin": told.origin, "language": told.language,
        "title": one_line(told.title, "title"), "licence": told.licence, "granted_by": granted,
        "source": one_line(told.source, "source", longest=500) if told.source.strip() else "",
        "tags": _tags(told.tags), "url": _video(told.url) if told.kind == "video" else None,
        "words": _words(told.words) if told.kind == "text" else "",
    }


def _words(text: str) -> str:
    found = paragraph(text, "words", longest=LONGEST_WORDS)
    if not found:
        raise Invalid("text_missing", "Write something for words.", field="words")
    return found


def _tags(said: Sequence[str]) -> list[str]:
    tags = list(dict.fromkeys(tag.lower() for each in said if (tag := tidy(each))))
    if len(tags) > MOST_TAGS or any(len(tag) > 40 for tag in tags):
        raise Invalid("too_many_tags", "At most twelve tags, of forty signs each.", field="tags")
    return tags


def _video(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        is_page = (parts.scheme == "https" and "." in (parts.hostname or "")
                   and parts.port is None and "@" not in parts.netloc)
    except ValueError:
        is_page = False
    if not is_page or len(url) > 1000 or not url.strip().isascii() or not all(
            sign.isprintable() and sign not in "\\ \"<>" for sign in url.strip()):
        raise Invalid("malformed_video", "A video is the https address of its page.", field="url")
    return url.strip()


def _products(session: Session, alliance_id: str, refs: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(refs))
    if len(wanted) > MOST_PRODUCTS:
        raise Invalid("too_many_lines", "At most fifty products.", field="product")
    sold_here = set(session.scalars(
        select(Product.id).join(Member, Member.merchant_id == Product.merchant_id)
        .where(Member.alliance_id == alliance_id, Member.state != "left",
               Product.id.in_(wanted))))
    for ref in wanted:
        if ref not in sold_here:
            raise NotFound("product", ref)
    return wanted


def _put(asset: Asset, picture: Picture | None, files: Files, old: Asset | None) -> None:
    if picture is not None:
        asset.sha256, asset.small_sha256 = files.keep(picture.body), files.keep(picture.small)
        asset.media_type, asset.size = picture.media_type, len(picture.body)
        asset.width, asset.height = picture.width, picture.height
    elif old is not None:
        for name in ("sha256", "small_sha256", "media_type", "size", "width", "height"):
            setattr(asset, name, getattr(old, name))
    else:
        raise Invalid("picture_missing", "Choose a file.", field="file")
