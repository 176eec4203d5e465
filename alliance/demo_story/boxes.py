"""The four boxes of the story, made and filled: the same time gives the same shops."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from alliance.connect.demo.records import Profile
from alliance.connect.demo.shop import Shop
from alliance.core.money import Money, Rate
from alliance.demo_story.pictures import picture
from alliance.demo_story.profiles import ABOUT, EUR, PROFILES
from alliance.demo_story.shelf import SHELVES

STOCK = {"li": 400, "wang": 600, "zhang": None, "zhao": None}
"""Pieces of each article; Zhang makes to order and Zhao is booked, so theirs never run out."""

SERVICES = frozenset({"sessions", "milestones", "workshop"})
"""Shelves of what is booked and redeemed by a code instead of shipped."""


def stock(directory: Path, now: datetime) -> dict[str, Shop]:
    """Make the four shops in `directory` and fill their shelves as of `now`.

    Raises `Conflict` when one of them is there already. Its calls about the new products are
    dropped: whoever connects a shop reads its whole catalogue first.
    """
    return {profile.slug: _filled(directory, profile, now) for profile in PROFILES}


def reopen(directory: Path) -> dict[str, Shop]:
    """The four shops as they were left, or `NotFound`."""
    return {profile.slug: Shop.open(directory, profile.slug) for profile in PROFILES}


def _filled(directory: Path, profile: Profile, now: datetime) -> Shop:
    shop = Shop.create(directory, profile, seed=f"demo/{profile.slug}")
    with shop.batch():
        for number, article in enumerate(SHELVES[profile.slug], start=1):
            service = article.category in SERVICES
            shop.shelf.add(
                article.ref, sku=f"{profile.slug.upper()}-{number:03d}",
                titles={"en": article.en, "zh_Hans": article.zh}, about=ABOUT[article.category],
                price=Money(article.minor, EUR), category=article.category,
                stock=STOCK[profile.slug], kind="service" if service else "goods",
                picture=picture(article.kind, article.palette, article.sign, number), now=now)
        shop.coupons.make("WELCOME10", percent=Rate.percent("10"), single_use=False, now=now)
        shop.calls.forget()
    return shop
