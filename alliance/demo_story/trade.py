"""Shoppers: who comes when, what they follow, buy and send back. Seeded, so it repeats.

Everything goes the way of real life: a click is a line in the spool, a purchase is made at the
shop's own checkout, and the hub hears of it from the store.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from alliance.catalogue.model import Product
from alliance.connect.demo.shop import Shop
from alliance.core.ids import new_id
from alliance.core.orders import OrderState
from alliance.demo_story.founding import Cast
from alliance.referrals.spool import Spool
from alliance.referrals.tokens import ClickToken, Signer

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

CLICKS_A_DAY = {
    ("li", "wang"): 5, ("li", "zhang"): 5, ("li", "zhao"): 3, ("wang", "li"): 5,
    ("wang", "zhang"): 3, ("wang", "zhao"): 2, ("zhang", "li"): 3, ("zhang", "zhao"): 4,
    ("zhao", "li"): 2, ("zhao", "wang"): 2, ("zhao", "zhang"): 4,
}
"""By (host, seller), on a day in the middle of the story."""

OWN_ORDERS_A_DAY = {"li": 2.2, "wang": 2.6, "zhang": 1.3, "zhao": 0.5}
BUYS_AFTER_CLICK = 0.075
READERS, GLANCES = 7, 6
"""How many see a card of an article, or a slate, for one who follows it."""


@dataclass
class Trade:
    """The shops' days. `run(until)` plays everything that happens before an instant."""

    cast: Cast
    shops: Mapping[str, Shop]
    goods: Mapping[str, list[Product]]
    signer: Signer
    spool: Spool
    start: datetime
    days: int
    pieces: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The links of articles and cards, by host and product: what they show is followed there."""
    cards: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The cards of articles among them: whoever follows one read the article before."""
    chance: random.Random = field(default_factory=lambda: random.Random("fine parenting"))
    browsers: random.Random = field(default_factory=lambda: random.Random("how heavy a slate is"))
    _ahead: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)
    _shoppers: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for day in range(self.days):
            self.later(self.start + timedelta(days=day), self._plan_day)

    def run(self, until: datetime) -> None:
        """Play, in order of time, what lies before `until`."""
        while self._ahead and self._ahead[0][0] < until:
            at, _, happen = heapq.heappop(self._ahead)
            happen(at)

    def later(self, at: datetime, happen: Callable[[datetime], None]) -> None:
        """Let something happen at an instant of the story."""
        heapq.heappush(self._ahead, (at, next(self._number), happen))

    def _plan_day(self, day: datetime) -> None:
        growth = 0.8 + 0.5 * (day - self.start).days / self.days
        for (host, seller), usual in CLICKS_A_DAY.items():
            for _ in range(self._some(usual * growth)):
                self.later(self._moment(day), partial(self._click, host, seller))
        for slug, expected in OWN_ORDERS_A_DAY.items():
            for _ in range(self._some(expected * growth)):
                self.later(self._moment(day), partial(self._buy, slug))
        for _ in range(self._some(3)):
            self.later(self._moment(day), self._robot)
        if day.weekday() == 2:
            self.later(self._moment(day), self._cheat)

    def _some(self, expected: float) -> int:
        """A number of independent events with this expectation."""
        whole = int(expected * 2)
        return sum(self.chance.random() < 0.5 for _ in range(whole)) + (
            self.chance.random() < expected - whole / 2)

    def _moment(self, day: datetime) -> datetime:
        return day + timedelta(seconds=self.chance.randrange(6 * 3600, 22 * 3600))

    def follow(self, host: str, seller: str, at: datetime, *, visitor: str = "",
               agent: str = BROWSER, product: Product | None = None) -> str:
        """Somebody follows a host's recommendation to a seller; the mark they carry along."""
        product = product or self.goods[seller][0]
        click_id = new_id("clk", at)
        link = self.pieces.get((host, product.id))
        placement = None if link else self.cast.placements[host]
        self._read(self.cards.get((host, product.id)), at)
        self._glance(host, placement, at)
        self.spool.write({
            "kind": "click", "id": click_id, "at": at.isoformat(),
            "alliance": self.cast.alliance.id, "host": self.cast.members[host],
            "seller": self.cast.members[seller], "store": self.cast.stores[seller],
            "product": product.id, "placement": placement, "link": link,
            "visitor": visitor or f"v{click_id[-15:]}", "agent": agent, "expires": None}, now=at)
        token = ClickToken(click_id, self.cast.members[host], product.id, placement, link)
        return self.signer.click(token, self.cast.stores[seller])

    def _read(self, card: str | None, at: datetime) -> None:
        for before in range(READERS if card else 0):
            self.spool.write({
                "kind": "viewed", "at": (at - timedelta(minutes=9 * before)).isoformat(),
                "alliance": self.cast.alliance.id, "asset": card}, now=at)

    def _glance(self, host: str, placement: str | None, at: datetime) -> None:
        """Others saw the slate as well; some of their browsers tell how heavy it was."""
        sellers = sorted(self.cast.members[to] for by, to in CLICKS_A_DAY if by == host)
        for before in range(GLANCES if placement else 0):
            when = (at - timedelta(minutes=7 * before)).isoformat()
            self.spool.write({"kind": "seen", "at": when, "sellers": sellers,
                              "placement": placement}, now=at)
            if self.browsers.random() < 0.05:
                self.spool.write({
                    "kind": "vital", "at": when, "placement": placement,
                    "load": int(self.browsers.lognormvariate(5.6, 0.5)),
                    "shift": 0 if self.browsers.random() < 0.9 else 20,
                    "work": self.browsers.randrange(4, 22),
                    "errors": int(self.browsers.random() < 0.004)}, now=at)

    def sits_at_home(self, slug: str, visitor: str, at: datetime) -> None:
        """Somebody signs in for a member with this browser: its clicks of the day are its own."""
        self.spool.write({"kind": "own", "at": at.isoformat(), "visitor": visitor,
                          "merchant": self.cast.actors[slug].merchant}, now=at)

    def _click(self, host: str, seller: str, at: datetime, *, agent: str = BROWSER,
               visitor: str | None = None) -> None:
        product = self.chance.choice(self.goods[seller])
        who = visitor or f"v{self.chance.getrandbits(60):015x}"
        alc = self.follow(host, seller, at, visitor=who, agent=agent, product=product)
        if agent == BROWSER and visitor is None:
            if self.chance.random() < 0.04:
                # Someone who clicks again at once: the same visitor on the same offer.
                self.later(at + timedelta(minutes=self.chance.randrange(1, 20)),
                         partial(self._click, host, seller, visitor=who))
            if self.chance.random() < BUYS_AFTER_CLICK * (0.6 if seller == "zhao" else 1):
                delay = timedelta(minutes=self.chance.choice((6, 9, 14, 25, 50, 300, 1500, 9000)))
                self.later(at + delay, partial(self._think, seller, product, (host,), (alc,)))

    def _think(self, seller: str, product: Product, hosts: tuple[str, ...],
               tokens: tuple[str, ...], at: datetime) -> None:
        """Buy, or come by another member's recommendation first: one in three does, some twice."""
        others = [host for host, to in CLICKS_A_DAY if to == seller and host != hosts[-1]]
        if len(hosts) > 3 or self.chance.random() > 0.34:
            self._buy(seller, at, tokens=tokens, wanted=product.ref)
            return
        host = self.chance.choice(others)
        alc = self.follow(host, seller, at, product=product)
        wait = timedelta(hours=self.chance.choice((1, 5, 26, 70)))
        self.later(at + wait, partial(self._think, seller, product, (*hosts, host),
                                      (*tokens, alc)))

    def _robot(self, at: datetime) -> None:
        host, seller = self.chance.choice(list(CLICKS_A_DAY))
        self._click(host, seller, at, agent=ROBOT, visitor="robot")

    def _cheat(self, at: datetime) -> None:
        # Li's own browser follows Li's own link to Zhang: a click that Zhang must not pay.
        self.sits_at_home("li", "li-at-home", at)
        self._click("li", "zhang", at, visitor="li-at-home")

    def _buy(self, slug: str, at: datetime, *, tokens: tuple[str, ...] = (),
             wanted: str | None = None) -> None:
        shop, chance = self.shops[slug], self.chance
        goods = self.goods[slug]
        refs = [wanted] if wanted else []
        refs += [chance.choice(goods).ref for _ in range(chance.choice((0, 1, 1, 2)))]
        picks = {ref: chance.choice((1, 1, 1, 2)) for ref in refs or [chance.choice(goods).ref]}
        coupon = None
        if slug == "wang" and not tokens and chance.random() < 0.06:
            coupon = "LI-LOVES-WANG"
        ref = shop.place(picks, email=self._shopper(slug), now=at, country="LV",
                         click_tokens=tokens, coupon=coupon)
        paid = at + timedelta(minutes=1)
        if chance.random() < 0.05:
            return
        self.later(paid, partial(shop.pay, ref))
        fate = chance.random()
        if fate < 0.02:
            self.later(paid + timedelta(hours=5), partial(shop.cancel, ref))
            return
        self.later(paid + timedelta(hours=chance.randrange(20, 60)),
                 partial(shop.ship, ref))
        if fate < 0.07:
            self.later(paid + timedelta(days=chance.randrange(4, 12)),
                     partial(self._send_back, shop, ref))

    def _send_back(self, shop: Shop, ref: str, at: datetime) -> None:
        order = shop.order(ref)
        goods = [line for line in order.lines if line.key != "ship"]
        if order.state is OrderState.COMPLETED and len(goods) > 1 and self.chance.random() < 0.6:
            shop.refund_lines(ref, {goods[0].key: 1}, at, "does not fit")
        else:
            shop.refund_all(ref, at, "sent back")

    def _shopper(self, slug: str) -> str:
        known = self._shoppers.setdefault(slug, [])
        if known and self.chance.random() < 0.22:
            return self.chance.choice(known)
        known.append(f"shopper{len(known) + 1}@families.example")
        return known[-1]
