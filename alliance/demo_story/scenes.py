"""Sixteen little scenes, one for each reason why an order earns a host nothing (law §4.3).

Each has a cause of real life: an address that a program rewrote, a code that is used after the
contract ended, somebody's own purchase. They are played in the last weeks of the story, so that a
visitor finds them among the newest orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from alliance.core.marks import HOLD_OUT
from alliance.demo_story.founding import CHENS_CODE, ZHANGS_CODE
from alliance.demo_story.trade import Trade

AT_HOME = "li-at-home"
"""Li's own browser, as the hub sees it on any day."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """The scenes of one story, which ends at `until`."""

    trade: Trade
    until: datetime

    def plan(self) -> None:
        """Put every scene into the days of the story."""
        ago = self._ago
        for at, scene in (
            (max(self.trade.start + timedelta(hours=7), ago(33, -6)), self.remembered_too_late),
            (ago(12, 9), self.saw_only_the_widget), (ago(12, 15), self.rewrote_the_address),
            (ago(11, 10), self.used_the_address_twice), (ago(11, 16), self.bought_for_himself),
            (ago(10, 11), self.sent_by_the_shop_itself),
            (ago(10, 17), self.code_before_a_contract),
            (ago(9, 9), self.a_nursery_buys), (ago(9, 14), self.above_the_cap),
            (ago(8, 10), self.followed_her_own_link), (ago(8, 18), self.tried_the_checkout),
            (ago(7, 12), self.was_shown_nothing), (ago(7, 19), self.followed_two),
            (ago(6, 13), self.only_clicks_are_paid), (ago(5, 11), self.never_paid),
            (ago(13, 6), self.while_suspended), (ago(8, 12), self.read_her_notes),
            (ago(3, 10), self.after_the_contract),
        ):
            self.trade.later(at, scene)

    def remembered_too_late(self, at: datetime) -> None:
        """A father follows Zhang's link, and buys when the window is over."""
        token = self.trade.follow("zhang", "li", at)
        self._buy("li", [token], self.until - timedelta(hours=6))

    def saw_only_the_widget(self, at: datetime) -> None:
        """A mother sees Wang's cream at Zhao's and comes by herself: being seen earns nothing."""
        self._buy("wang", [self.trade.cast.placements["zhao"]], at)

    def rewrote_the_address(self, at: datetime) -> None:
        """A browser's extension changes one sign of the mark on the way."""
        token = self.trade.follow("zhao", "li", at)
        changed = "A" if token[-8] != "A" else "B"
        self._buy("li", [token[:-8] + changed + token[-7:]], at + timedelta(minutes=20))

    def used_the_address_twice(self, at: datetime) -> None:
        """A grandmother keeps the whole address and buys through it again two days later."""
        token = self.trade.follow("zhao", "li", at)
        self._buy("li", [token], at + timedelta(minutes=15))
        self._buy("li", [token], at + timedelta(days=2))

    def bought_for_himself(self, at: datetime) -> None:
        """Zhang buys at Li's through his own link."""
        token = self.trade.follow("zhang", "li", at)
        self._buy("li", [token], at + timedelta(minutes=5), email="zhang@demo.example")

    def sent_by_the_shop_itself(self, at: datetime) -> None:
        """A couple comes by a link of Zhao's own to Zhao, and books: nobody owes himself."""
        token = self.trade.follow("zhao", "zhao", at)
        self._buy("zhao", [token], at + timedelta(minutes=6))

    def code_before_a_contract(self, at: datetime) -> None:
        """Wang gave Zhang a code to read out, while their contract still waits for a signature."""
        self._buy("wang", [], at, spoken=ZHANGS_CODE)

    def a_nursery_buys(self, at: datetime) -> None:
        """A nursery fills the cap of Zhao's contract with Wang for this month in one order."""
        token = self.trade.follow("zhao", "wang", at)
        self._buy("wang", [token], at + timedelta(minutes=30), pieces=15)

    def above_the_cap(self, at: datetime) -> None:
        """What comes through Zhao on the same day waits for Wang."""
        token = self.trade.follow("zhao", "wang", at)
        self._buy("wang", [token], at + timedelta(minutes=10))

    def followed_her_own_link(self, at: datetime) -> None:
        """Li shows a friend how it works, from her own browser, and the friend buys."""
        self.trade.sits_at_home("li", AT_HOME, at)
        token = self.trade.follow("li", "wang", at, visitor=AT_HOME)
        self._buy("wang", [token], at + timedelta(minutes=8))

    def tried_the_checkout(self, at: datetime) -> None:
        """Li tries her checkout with a link of Zhao's, as a test."""
        token = self.trade.follow("zhao", "li", at)
        self._buy("li", [token], at + timedelta(minutes=3), is_test=True)

    def was_shown_nothing(self, at: datetime) -> None:
        """A shopper of the small group that is shown no recommendations, so as to compare."""
        self._buy("li", [self.trade.cast.placements["zhao"], HOLD_OUT], at)

    def followed_two(self, at: datetime) -> None:
        """An aunt comes through Zhang, later through Zhao, and buys: the last touch earns."""
        first = self.trade.follow("zhang", "li", at)

        def come_back(now: datetime) -> None:
            last = self.trade.follow("zhao", "li", now)
            self._buy("li", [first, last], now + timedelta(hours=1))

        self.trade.later(at + timedelta(hours=2), come_back)

    def only_clicks_are_paid(self, at: datetime) -> None:
        """Zhang pays Li for clicks, so an order through Li's link earns nothing more."""
        token = self.trade.follow("li", "zhang", at)
        self._buy("zhang", [token], at + timedelta(minutes=12))

    def never_paid(self, at: datetime) -> None:
        """A basket that is ordered through Zhang's link, and never paid."""
        token = self.trade.follow("zhang", "li", at)
        self._buy("li", [token], at + timedelta(minutes=40), paid=False)

    def while_suspended(self, at: datetime) -> None:
        """A reader uses Chen's code while Chen's place is suspended."""
        self._buy("li", [], at, coupon=CHENS_CODE)

    def read_her_notes(self, at: datetime) -> None:
        """Another one uses it when all is well again: credited, though notice is given."""
        self._buy("li", [], at, coupon=CHENS_CODE)

    def after_the_contract(self, at: datetime) -> None:
        """A third one finds the code when the notice has run out."""
        self._buy("li", [], at, coupon=CHENS_CODE)

    def _ago(self, days: int, hour: int) -> datetime:
        return self.until - timedelta(days=days) + timedelta(hours=hour)

    def _buy(self, slug: str, words: Sequence[str], at: datetime, *, email: str = "",
             coupon: str | None = None, spoken: str | None = None, pieces: int = 1,
             is_test: bool = False, paid: bool = True) -> None:
        """One product at a shop, with what its pages wrote onto the order; paid a minute later."""
        shop, goods = self.trade.shops[slug], self.trade.goods[slug]
        dearest = max(goods, key=lambda each: (each.price.minor, each.ref))
        picked = dearest if pieces > 1 else goods[0]

        def place(now: datetime) -> None:
            ref = shop.place(
                {picked.ref: pieces}, email=email or f"scene{now:%d%H%M}@families.example",
                now=now, country="LV", click_tokens=words, coupon=coupon, spoken_code=spoken,
                is_test=is_test)
            if paid:
                self.trade.later(now + timedelta(minutes=1), partial(shop.pay, ref))

        self.trade.later(at, place)


Act = Callable[[], None]


@dataclass
class Acts:
    """What members do to each other meanwhile, each once, when its moment has come."""

    ahead: list[tuple[datetime, Act]]

    def play(self, until: datetime) -> None:
        """Do what lies at or before this instant, in order."""
        while self.ahead and self.ahead[0][0] <= until:
            self.ahead.pop(0)[1]()
