"""Which way a link leads, from memory: link tokens and short codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import dumps

from sqlalchemy.orm import Session

from alliance.core.errors import AllianceError, Conflict, Invalid
from alliance.referrals import addresses, leads, short_codes
from alliance.referrals.addresses import Stem
from alliance.referrals.leads import Followed, Way
from alliance.referrals.tokens import LEEWAY, ClickToken, LinkToken, Signer, click_tail, fresh
from alliance.web.hot.memory import Found, Generations, Home, Kept, Memory

LINK_LIFE = timedelta(days=30)
LOST_FOR = timedelta(minutes=1)
"""How long it is remembered that something leads nowhere: a contract may begin by the clock."""

_NO_CLICK = "clk_" + "0" * 26


@dataclass(frozen=True, slots=True)
class Lead:
    """A link that leads somewhere: all that is the same for everybody who follows it.

    `plain` is the address without a token, `said` the part of the spool's record that tells who is
    who, `tail` and `stamp` make the click token.
    """

    home: Home
    until: datetime
    before: str
    after: str
    plain: str
    shop: str
    said: str
    tail: bytes
    stamp: Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Lost:
    """A link that leads nowhere: the status, and what is said."""

    status: int
    said: str


FORGED = Lost(404, "This is not a link of this hub, or it was changed.")
OVER = Lost(410, "This link has run out.")
PARTED = Lost(410, "These two shops no longer recommend each other.")
GONE = Lost(404, "This product is no longer there.")


class Ways:
    """Where links lead, by token and by code."""

    def __init__(self, memory: Memory, signer: Signer) -> None:
        self._memory = memory
        self._signer = signer
        self.leads: Generations[Lead] = Generations()
        self._products: Generations[Kept[Way | Lost]] = Generations()
        self._codes: Generations[Kept[Followed | None]] = Generations()

    def of_token(self, text: str, now: datetime) -> Lead | Lost:
        """The way of a link token."""
        lead = self.leads.get(text)
        if lead is not None and lead.home.live and now < lead.until:
            return lead
        try:
            token = self._signer.read_link(text)
        except Invalid:
            return FORGED
        if not fresh(token.issued_at, now, LINK_LIFE):
            return OVER
        found = self._memory.read(self._products, (token.host, token.product_id), now,
                                  lambda session: _product(session, token, now))
        if isinstance(found.value, Lost):
            return found.value
        lead = self._by_token(token, found.value, found)
        self.leads.keep(text, lead)
        return lead

    def of_code(self, text: str, now: datetime) -> Lead | None:
        """The way of a short link; None when it is mistyped, unknown, over or leads nowhere."""
        lead = self.leads.get(text)
        if lead is not None and lead.home.live and now < lead.until:
            return lead
        try:
            code = short_codes.check(text)
        except Invalid:
            return None
        if code != text:
            # One code has thousands of spellings, with capitals and blanks: only one is kept.
            return self.of_code(code, now)
        found = self._memory.read(self._codes, code, now, lambda session: _code(session, code, now))
        if found.value is None:
            return None
        lead = self._by_code(found.value, found)
        self.leads.keep(text, lead)
        return lead

    def _by_token(self, token: LinkToken, way: Way, found: Kept[Way | Lost]) -> Lead:
        click = ClickToken(_NO_CLICK, token.host, token.product_id, token.placement_id,
                           terms=way.terms)
        ends = token.issued_at + LINK_LIFE
        return self._lead(way, click, addresses.stem(way.target.url, channel="widget"),
                          min(ends + LEEWAY, found.until), ends, found.home)

    def _by_code(self, followed: Followed, found: Kept[Followed | None]) -> Lead:
        way = followed.way
        click = ClickToken(_NO_CLICK, way.target.host, way.target.product_id, None,
                           followed.link_id, way.terms)
        stem = addresses.stem(way.target.url, channel=followed.channel, asset=followed.asset,
                              utm=followed.utm)
        return self._lead(way, click, stem, found.until, followed.expires_at, found.home)

    def _lead(self, way: Way, click: ClickToken, stem: Stem, until: datetime,
              expires: datetime | None, home: Home) -> Lead:
        target = way.target
        said = dumps({
            "alliance": target.alliance_id, "host": target.host, "seller": target.seller,
            "store": target.store_id, "product": target.product_id,
            "placement": click.placement_id, "link": click.link_id, "terms": way.terms,
            "expires": expires.isoformat() if expires else None}, separators=(",", ":"))
        return Lead(home, until, stem.before, stem.after, target.url, way.shop, said[1:-1],
                    click_tail(click), self._signer.stamp_of(target.store_id))


def _product(session: Session, token: LinkToken, now: datetime) -> Found[Way | Lost]:
    way = leads.to_product(session, token.host, token.product_id, now=now)
    if way is None:
        return Found(None, now + LOST_FOR, _why(session, token, now))
    return Found(way.target.alliance_id, way.until, way)


def _why(session: Session, token: LinkToken, now: datetime) -> Lost:
    # Few links lead nowhere, and to say why takes all that making a link takes.
    from alliance.referrals import links  # noqa: PLC0415

    try:
        links.target(session, token.host, token.product_id, now=now)
    except Conflict:
        return PARTED
    except AllianceError:
        return GONE
    raise AssertionError("a link leads somewhere and has no way")


def _code(session: Session, code: str, now: datetime) -> Found[Followed | None]:
    try:
        followed = leads.of_code(session, code, now=now)
    except AllianceError:
        followed = None
    if followed is None:
        return Found(None, now + LOST_FOR, None)
    ends = [at for at in (followed.way.until, followed.expires_at) if at is not None]
    return Found(followed.way.target.alliance_id, min(ends, default=None), followed)
