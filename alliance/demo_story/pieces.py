"""What the members write and print about each other's goods: each piece with links of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.content import articles, assets, pictures
from alliance.content.articles import Words
from alliance.content.assets import Told
from alliance.content.files import Files
from alliance.demo_story.founding import Cast
from alliance.demo_story.painted import painted
from alliance.demo_story.written import ARTICLES, CHEN_WORDS, OAT_WORDS, RINGS_WORDS
from alliance.referrals import links, publishing

PIECES = (
    ("li", "wang", "blog", "如何给宝宝挑选安全舒适的贴身衣物"),
    ("wang", "zhang", "wechat", "洗澡后的抚触与早教"),
    ("zhang", "li", "card", "Card in the parcel"),
    ("zhao", "wang", "instagram", "Bath day, behind the camera"),
)
"""Host, seller, channel, and what the piece is called: where an article stands besides its own
page, it is told apart by the channel."""

GOODS = slice(3, 9)
"""The seller's products that a piece shows."""

GIVEN = (
    ("li", "line", Told(
        "picture", "ogc", "晾衣绳上的三件连体衣", tags=("贴身衣物", "清洗"), source="自己拍的",
        product_ids=("LI-001", "LI-004"))),
    ("wang", "bath", Told(
        "picture", "pgc", "泡泡浴和小黄鸭", licence="cc-by", source="小赵摄影",
        tags=("洗澡", "新生儿"), product_ids=("WANG-001", "WANG-023"))),
    ("wang", "", Told(
        "text", "ogc", "燕麦沐浴露：一段介绍", "zh_Hans", tags=("洗澡",), words=OAT_WORDS,
        product_ids=("WANG-001",))),
    ("zhang", "shelf", Told(
        "banner", "ogc", "木头架子：叠叠圈、积木、摇铃", tags=("早教",),
        product_ids=("ZHANG-004", "ZHANG-008", "ZHANG-001"))),
    ("zhang", "", Told(
        "text", "ogc", "彩虹叠叠圈：一段介绍", "zh_Hans", tags=("早教",), words=RINGS_WORDS,
        product_ids=("ZHANG-004",))),
    ("zhang", "", Told(
        "video", "ogc", "一个叠叠圈是怎么做出来的", "zh_Hans", tags=("早教", "手工"),
        url="https://videos.example/zhang/rings", product_ids=("ZHANG-004",))),
    ("chen", "", Told(
        "text", "ugc", "一位姥姥的话", "zh_Hans", "granted", "姥姥本人同意转用，不写名字",
        tags=("洗澡", "口碑"), words=CHEN_WORDS, product_ids=("WANG-001",))),
)
"""Who gives what: a painted scene, or words alone; products by their article numbers."""


@dataclass
class Shown:
    """The links of pieces and cards, and the cards themselves, by host and product."""

    links: dict[tuple[str, str], str] = field(default_factory=dict)
    cards: dict[tuple[str, str], str] = field(default_factory=dict)


def publish(session: Session, cast: Cast, goods: Mapping[str, Sequence[Product]], files: Files, *,
            now: datetime) -> Shown:
    """A link for each product of each piece, one to each whole shop; material and articles."""
    made = Shown()
    for host, seller, channel, piece in PIECES:
        by, place = cast.actors[host], cast.alliance.id
        for product in goods[seller][GOODS]:
            made.links[host, product.id] = links.make(
                session, by, place, product.id, channel=channel, asset=piece, now=now).id
        address = goods[seller][0].url.rpartition("/products/")[0]
        links.make_to_page(session, by, place, f"{address}/", channel=channel, asset=piece,
                           now=now)
    given = _give(session, cast, files, now)
    _write(session, cast, made, given, now)
    return made


def _give(session: Session, cast: Cast, files: Files, now: datetime) -> dict[str, str]:
    """The id of each painted scene."""
    found = {}
    for slug, scene, told in GIVEN:
        place = cast.alliance.id
        about = assets.products_called(session, place, told.product_ids)
        asset = assets.give(
            session, cast.actors[slug], place, replace(told, product_ids=about),
            pictures.read(painted(scene)) if scene else None, files, now=now)
        if scene:
            found[scene] = asset.id
    return found


def _write(session: Session, cast: Cast, made: Shown, given: Mapping[str, str],
           now: datetime) -> None:
    for (host, _, title, body), scene in zip(ARTICLES, ("line", "bath"), strict=True):
        first, _, rest = body.partition("\n\n")
        article = articles.begin(
            session, cast.actors[host], cast.alliance.id,
            Words(title, "zh_Hans", f"{first}\n\n[picture: {given[scene]}]\n\n{rest}"), now=now)
        done = publishing.publish(session, cast.actors[host], article.id, now=now)
        by_card = publishing.links_of(session, [card.id for card in done.cards])
        for card in done.cards:
            made.links[host, card.product_id] = by_card[card.id].id
            made.cards[host, card.product_id] = card.id
