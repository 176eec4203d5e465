"""How the four shops come together: an alliance, contracts of every basis, placements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from alliance.alliances import contracts, members
from alliance.alliances.model import Alliance
from alliance.connect.demo.shop import Shop
from alliance.core.actor import Actor
from alliance.core.ids import MerchantId, PersonId
from alliance.core.money import Currency, Money, Rate
from alliance.demo_story.profiles import EUR
from alliance.hub import Hub
from alliance.merchants import connecting, people
from alliance.promotions import codes, placements
from alliance.promotions.placements import Choices
from alliance.rules.terms import Basis, Cap, CapPer, Clause, Condition, Field, Op, Per, Terms

ZONE = "Europe/Riga"
PASSWORD = "four shops, one cradle"
WHO = {
    "li": ("Li’s Cotton Cradle", "clothes", "李姐 Li", "zh_Hans"),
    "wang": ("Little Wang’s Bath House", "wash_care", "小王 Wang", "zh_Hans"),
    "zhang": ("Old Zhang’s Toy Bench", "toys", "老张 Zhang", "zh_Hans"),
    "zhao": ("Zhao at Home", "photography", "小赵 Zhao", "zh_Hans"),
}
CHEN = ("Granny Chen’s Notes", "books", "陈姥姥 Chen", "zh_Hans")
"""A fifth member, who has no shop: she writes about babies, and sends her readers by a code."""
CHENS_CODE, ZHANGS_CODE = "CHEN-READS", "ZHANG-SAYS-HI"


@dataclass
class Cast:
    """Who is who, by the slug of the shop."""

    alliance: Alliance
    actors: dict[str, Actor]
    members: dict[str, str]
    stores: dict[str, str]
    placements: dict[str, str]


def found(hub: Hub, session: Session, shops: Mapping[str, Shop], *, now: datetime) -> Cast:
    """Everything that was agreed before the first shopper came; Li leads."""
    actors = {slug: _merchant(session, slug, WHO[slug], now) for slug in WHO}
    actors["chen"] = _merchant(session, "chen", CHEN, now)
    alliance = members.found(
        session, actors["li"], name="精致育儿联盟 Fine Parenting",
        purpose="Four small shops for the first years of a child, who send families to each other.",
        customer_group="Families with children under three", zone=ZONE, currency=EUR,
        hold_days=14, now=now)
    seats = {"li": _seat(session, alliance.id, actors["li"])}
    for slug in ("wang", "zhang", "zhao", "chen"):
        _, token = members.invite(session, actors["li"], alliance.id, now=now)
        seats[slug] = members.join(session, actors[slug], token, now=now).member.id
    homes = {slug: _store(hub, session, slug, shops[slug], actors[slug], now) for slug in WHO}
    slots = {
        slug: placements.make(session, actors[slug], alliance.id, homes[slug],
                              name="Product page", slots=3,
                              choices=Choices(spot="product_page"), now=now).id
        for slug in WHO
    }
    cast = Cast(alliance, actors, seats, homes, slots)
    _agree(session, cast, now)
    for slug, host, code in (("wang", "li", "LI-LOVES-WANG"), ("li", "zhao", "ZHAO-BABY"),
                             ("li", "chen", CHENS_CODE)):
        shops[slug].coupons.make(code, percent=Rate.percent("5"), single_use=False, now=now)
        codes.give(session, actors[slug], homes[slug], seats[host], kind="coupon", code=code,
                   now=now)
    codes.give(session, actors["wang"], homes["wang"], seats["zhang"], kind="spoken",
               code=ZHANGS_CODE, now=now)
    return cast


def _merchant(session: Session, slug: str, who: tuple[str, str, str, str],
              now: datetime) -> Actor:
    name, category, person_name, locale = who
    merchant, person = people.sign_up(
        session, merchant_name=name, category=category, country="LV", name=person_name,
        email=f"{slug}@demo.example", password=PASSWORD, locale=locale, now=now)
    return Actor(MerchantId(merchant.id), PersonId(person.id))


def _seat(session: Session, alliance_id: str, actor: Actor) -> str:
    return members.place(session, actor, alliance_id)[1].id


def _store(hub: Hub, session: Session, slug: str, shop: Shop, actor: Actor, now: datetime) -> str:
    def drawn(what: str) -> bytes:
        # The story repeats from run to run; its shops are closed to the outside world.
        return sha256(hub.settings.secret_keys[0] + f"{slug}/{what}".encode()).digest()

    secret, token = drawn("secret").hex(), drawn("path").hex()
    store = connecting.connect(
        session, actor, connector="demo", address=f"{hub.settings.public_url}/shops/{slug}",
        name=WHO[slug][0], currency=EUR, secrets={"webhook_secret": secret}, seal=hub.seal,
        allow_http=True, path_token=token, salt=drawn("salt"), now=now)
    shop.calls.connect(f"{hub.settings.public_url}/stores/demo/calls/{token}", secret)
    return store.id


def _agree(session: Session, cast: Cast, now: datetime) -> None:
    club = Currency.credits(cast.alliance.id)
    gifts = Condition(Field.CATEGORY, Op.IN, ("gift-sets",))
    booked = Condition(Field.CATEGORY, Op.IN, ("sessions", "milestones"))
    swap = Clause("swap", Basis.BARTER, amount=Money(1, club), per=Per.CLICK, daily_limit=20)
    article = Clause("article", Basis.FLAT_FEE, amount=Money(6000, EUR))
    agreed: list[tuple[str, str, tuple[Clause, ...]]] = [
        ("wang", "li", (Clause("gifts", Basis.PERCENT_OF_SALE, rate=Rate.percent("5"),
                               conditions=(gifts,)), _share("sales", "10"))),
        ("li", "wang", (_share("sales", "10"), article)),
        ("zhang", "li", (Clause("clicks", Basis.PER_CLICK, amount=Money(20, EUR),
                                daily_limit=25),)),
        ("zhao", "li", (Clause("session", Basis.PER_REFERRAL, amount=Money(800, EUR),
                               conditions=(booked,)),)),
        ("zhang", "zhao", (swap,)),
        ("zhao", "zhang", (swap,)),
        ("li", "zhang", (_share("sales", "8"),)),
        ("li", "zhao", (_share("sales", "8"),)),
        ("wang", "zhao", (Clause("sales", Basis.PERCENT_OF_SALE, rate=Rate.percent("6"),
                                 caps=(Cap(CapPer.MONTH, Money(2500, EUR)),)),)),
        ("zhao", "wang", (Clause("session", Basis.PER_REFERRAL, amount=Money(800, EUR),
                                 conditions=(booked,)),)),
        ("zhang", "wang", (_share("sales", "12"),)),
        ("li", "chen", (_share("sales", "6"),)),
    ]
    for seller, host, clauses in agreed:
        version = contracts.draft(
            session, cast.actors[seller], cast.alliance.id, seller_member=cast.members[seller],
            host_member=cast.members[host], terms=terms(cast, seller, host, clauses, now), now=now)
        for slug in (seller, host):
            contracts.sign(session, cast.actors[slug], version.id, now=now)


def offer_the_last(session: Session, cast: Cast, *, now: datetime) -> None:
    """One contract still waits for a signature when the visitor comes: Zhang asks Wang."""
    version = contracts.draft(
        session, cast.actors["zhang"], cast.alliance.id, seller_member=cast.members["wang"],
        host_member=cast.members["zhang"],
        terms=terms(cast, "wang", "zhang", (_share("sales", "9"),), now), now=now)
    contracts.sign(session, cast.actors["zhang"], version.id, now=now)


def terms(cast: Cast, seller: str, host: str, clauses: tuple[Clause, ...],
          begin: datetime) -> Terms:
    """Terms of two members of the story from `begin` on."""
    return Terms(
        seller=cast.members[seller], host=cast.members[host], version=1, clauses=clauses,
        currency=EUR, effective_from=begin + timedelta(minutes=1), hold_days=14,
        bond_days=60 if (seller, host) == ("wang", "li") else None)


def _share(key: str, percent: str) -> Clause:
    return Clause(key, Basis.PERCENT_OF_SALE, rate=Rate.percent(percent))
