"""What the members give together: Li's newborn pack, agreed by all who give or bear; and a task.

The pack is planned and started here. Who was given what, and used it, is told by the shoppers'
part of the story.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.core.money import Money, Rate
from alliance.demo_story.founding import Cast
from alliance.demo_story.profiles import EUR
from alliance.promotions import campaigns, tasks
from alliance.promotions.model import Campaign
from alliance.rules.campaigns import CampaignKind, Part, Plan
from alliance.rules.gifts import Kind, Trigger, TriggerKind

PACK = "新生礼包 Newborn pack"
BEFORE_THE_END = timedelta(days=27)
"""How long the pack has run when the visitor comes."""

GOES_ON = timedelta(days=14)
CLOTHES = ("bodysuits", "clothes", "small-things")


def give_the_pack(session: Session, cast: Cast, goods: Mapping[str, Sequence[Product]], *,
                  now: datetime) -> Campaign:
    """From 60.00 of clothes at Li's: a wash of Wang's, an hour at Zhang's, 20 off at Zhao's."""
    wash = next(each for each in goods["wang"] if each.ref == "oat-wash")
    parts = (
        _part(cast, "wang", Kind.SAMPLE, "燕麦洗发沐浴露 Oat wash & shampoo", wash.price.minor,
              {"wang": 1, "li": 1}, product=wash.id),
        _part(cast, "zhang", Kind.VOUCHER, "亲子早教体验 An hour at the toy bench", 1500,
              {"zhang": 1, "li": 1}),
        _part(cast, "zhao", Kind.AMOUNT, "上门拍摄立减 Off a photo session", 2000,
              {"zhao": 2, "li": 1}, minimum=8900),
    )
    plan = Plan(
        alliance=cast.alliance.id, host=cast.members["li"], store=cast.stores["li"],
        kind=CampaignKind.GIFT_PACK, name=PACK, currency=EUR, parts=parts, hold_days=14,
        trigger=Trigger(TriggerKind.CATEGORY, Money(6000, EUR), CLOTHES),
        starts_at=now, ends_at=now + BEFORE_THE_END + GOES_ON, budget=Money(60_000, EUR),
        claims_limit=200)
    made = campaigns.plan(session, cast.actors["li"], plan, now=now)
    for slug in ("wang", "zhang", "zhao"):
        campaigns.consent(session, cast.actors[slug], made.id, made.hash, now=now)
    return campaigns.start(session, cast.actors["li"], made.id, now=now)


def post_a_task(session: Session, cast: Cast, goods: Mapping[str, Sequence[Product]], *,
                now: datetime) -> None:
    """Zhang brings out a new train, and would pay more for it for a month."""
    train = next(each for each in goods["zhang"] if each.ref == "name-train")
    tasks.post(session, cast.actors["zhang"], cast.alliance.id, train.id,
               title="刻名小火车上新 A train with a name is new",
               text="A short video of a child who plays with it, in the first two weeks.",
               material="Pictures, a text in two languages, one train to try.",
               rate=Rate.percent("20"), until=now + timedelta(days=30), now=now)


def _part(cast: Cast, slug: str, kind: Kind, title: str, worth: int, shares: Mapping[str, int], *,
          minimum: int = 0, product: str | None = None) -> Part:
    amount = Money(worth, EUR)
    return Part(
        seller=cast.members[slug], store=cast.stores[slug], kind=kind, title=title, worth=amount,
        shares=tuple((cast.members[who], weight) for who, weight in shares.items()),
        minimum=Money(minimum, EUR), valid_days=60, stock=40, product=product,
        amount=amount if kind is Kind.AMOUNT else None)
