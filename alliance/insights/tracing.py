"""A pasted link or landing address followed step by step, without following it (B12).

Anybody may ask, so a step says only what anybody can see who follows the link: whether it leads
somewhere, and where. What belongs to the two shops, such as whether an order came, only they read.
Nothing is fetched, nothing is signed, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Member
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.merchants.model import Store
from alliance.referrals import links, short_codes
from alliance.referrals.leads import Target
from alliance.referrals.order_model import Decision, Order, OrderTouch
from alliance.referrals.tokens import LEEWAY, ClickToken, Signer, fresh

LONGEST = 4_000
"""Characters of a pasted text that are read: an address with everything shops hang onto it."""

PASSED, FAILED, TOLD, OPEN = "passed", "failed", "told", "open"
"""A step that holds, one that breaks the way, one that only says something, one not reached."""

_SIGNS = frozenset(short_codes.SIGNS)
_MARK = "alc"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way. `code` names its sentence, and `values` fill it."""

    part: str
    outcome: str
    code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted text is: `kind` is `short`, `widget`, `landing` or `unknown`."""

    kind: str
    text: str = ""
    token: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks the hub what: its keys, its links' life, the asker if signed in, the moment."""

    signer: Signer
    link_life: timedelta
    by: Actor | None
    now: datetime


PARTS = ("read", "sign", "known", "age", "page", "contract", "token", "same_visit", "another_day",
         "order", "decision")
"""The steps in their order; those of a kind that has no such step are left out."""

_PARTS_OF = {
    "short": ("read", "sign", "known", "age", "page", "contract", "token", "same_visit",
              "another_day", "order"),
    "widget": ("read", "token", "age", "page", "contract", "same_visit", "another_day", "order"),
    "landing": ("read", "known", "token", "age", "page", "contract", "same_visit", "another_day",
                "order", "decision"),
    "unknown": ("read",),
}


def trace(session: Session, text: str, asked: Asked) -> list[Step]:
    """Every step of the way of a pasted text, in order; those behind a failed one stand open."""
    pasted = read(text)
    walk = {"short": _short, "widget": _widget, "landing": _landing, "unknown": _unknown}
    found: list[Step] = []
    for step in walk[pasted.kind](session, pasted, asked):
        found.append(step)
        if step.outcome == FAILED:
            break
    reached = {step.part for step in found}
    return found + [Step(part, OPEN) for part in _PARTS_OF[pasted.kind] if part not in reached]


def read(text: str) -> Pasted:
    """What kind of text this is; nothing of it is looked up."""
    text = "".join(text.split())[:LONGEST]
    try:
        parts = urlsplit(text)
        marks = parse_qs(parts.query, max_num_fields=200).get(_MARK, [])
    except ValueError:
        return Pasted("unknown")
    folder, _, last = parts.path.rstrip("/").rpartition("/")
    if marks:
        return Pasted("landing", text, marks[-1], len(marks))
    if folder.endswith("/l") or folder == "l":
        return Pasted("short", last.partition(".")[0])
    if folder.endswith("/go") or folder == "go":
        return Pasted("widget", last, last)
    if len(text) == short_codes.LENGTH + 1 and set(text.lower()) <= _SIGNS | set("1ilou"):
        return Pasted("short", text)
    if parts.scheme in ("http", "https") and parts.netloc:
        return Pasted("landing", text)
    return Pasted("unknown")


def _unknown(_: Session, __: Pasted, ___: Asked) -> Iterator[Step]:
    yield Step("read", FAILED, "read.nothing")


def _short(session: Session, pasted: Pasted, asked: Asked) -> Iterator[Step]:
    yield Step("read", PASSED, "read.short")
    try:
        code = short_codes.check(pasted.text)
    except Invalid:
        yield Step("sign", FAILED, "sign.mistyped", {"typed": pasted.text[:60]})
        return
    yield Step("sign", PASSED, "sign.fits", {"sign": code[-1]})
    try:
        link = links.by_code(session, code)
    except NotFound:
        yield Step("known", FAILED, "known.nobody", {"typed": code})
        return
    yield Step("known", PASSED, "known.link")
    if not links.is_open(link, asked.now):
        yield Step("age", FAILED, "age.ended")
        return
    yield Step("age", PASSED, "age.runs")
    host = session.get(Member, link.host_member_id)
    for step, target in _leads(session, lambda: links.target_of(session, link, now=asked.now)):
        yield step
        if target is not None:
            yield Step("token", PASSED, "token.will_be", {"shop": _shop(session, target.store_id)})
            yield from _carried(session, target.store_id)
            yield _for_the_two(session, target, host, asked)


def _widget(session: Session, pasted: Pasted, asked: Asked) -> Iterator[Step]:
    yield Step("read", PASSED, "read.widget")
    try:
        token = asked.signer.read_link(pasted.token)
    except Invalid:
        yield Step("token", FAILED, "token.broken")
        return
    yield Step("token", PASSED, "token.ours")
    if not fresh(token.issued_at, asked.now, asked.link_life):
        yield Step("age", FAILED, "age.widget_over", {"at": token.issued_at + asked.link_life})
        return
    yield Step("age", PASSED, "age.widget_runs", {"at": token.issued_at + asked.link_life})
    host = session.get(Member, token.host)
    for step, target in _leads(session, lambda: links.target(
            session, token.host, token.product_id, now=asked.now)):
        yield step
        if target is not None:
            yield from _carried(session, target.store_id)
            yield _for_the_two(session, target, host, asked)


def _landing(session: Session, pasted: Pasted, asked: Asked) -> Iterator[Step]:
    if not pasted.tokens:
        yield Step("read", FAILED, "read.no_mark")
        return
    yield Step("read", PASSED, "read.landing")
    stores = _stores_at(session, pasted.text)
    if not stores:
        yield Step("known", FAILED, "known.no_shop")
        return
    yield Step("known", PASSED, "known.shop", {"shop": stores[0].name})
    proven = _proven(asked.signer, pasted.token, stores)
    if proven is None:
        yield Step("token", FAILED, "token.not_here", {"shop": stores[0].name})
        return
    token, store = proven
    yield Step("token", PASSED, "token.here", {"shop": store.name})
    if token.issued_at > asked.now + LEEWAY:
        yield Step("age", FAILED, "age.future")
        return
    yield Step("age", PASSED, "age.followed", {"at": token.issued_at})
    host = session.get(Member, token.host)
    seller = host and members.member_for(session, host.alliance_id, store.merchant_id)
    yield _product(session, token)
    bound = host and seller and agreed.terms_at(session, seller.id, host.id, token.issued_at)
    if host is None or seller is None or bound is None:
        yield Step("contract", FAILED, "contract.not_then")
        return
    yield Step("contract", PASSED, "contract.then")
    yield from _carried(session, store.id)
    if not _is_party(asked.by, host, seller):
        yield Step("order", TOLD, "order.sign_in")
        return
    yield from _ordered(session, token, host)


def _leads(session: Session, find: Any) -> Iterator[tuple[Step, Target | None]]:
    try:
        target: Target = find()
    except Conflict:
        yield Step("page", PASSED, "page.there"), None
        yield Step("contract", FAILED, "contract.none"), None
        return
    except AllianceError:
        yield Step("page", FAILED, "page.gone"), None
        return
    product = session.get(Product, target.product_id) if target.product_id else None
    values = {"title": product.title if product else "", "shop": _shop(session, target.store_id)}
    yield Step("page", PASSED, "page.product" if product else "page.page", values), None
    yield Step("contract", PASSED, "contract.now"), target


def _product(session: Session, token: ClickToken) -> Step:
    product = session.get(Product, token.product_id) if token.product_id else None
    if token.product_id and (product is None or product.withdrawn_at is not None):
        # What the shopper came for may be gone; what they buy instead counts all the same.
        return Step("page", TOLD, "page.withdrawn")
    title = product.title if product else ""
    return Step("page", PASSED, "page.came_for" if product else "page.any", {"title": title})


def _carried(session: Session, store_id: str) -> Iterator[Step]:
    """What brings the click into the order where the shop may set no cookie."""
    connector = session.get_one(Store, store_id).connector
    yield Step("same_visit", PASSED, f"same_visit.{connector}")
    yield Step("another_day", TOLD, "another_day")


def _for_the_two(session: Session, target: Target, host: Member | None, asked: Asked) -> Step:
    seller = session.get(Member, target.seller)
    if not _is_party(asked.by, host, seller):
        return Step("order", TOLD, "order.sign_in")
    store = session.get_one(Store, target.store_id)
    if store.state == "connected":
        return Step("order", PASSED, "order.listening", {"at": store.heard_at})
    return Step("order", FAILED, "order.deaf")


def _ordered(session: Session, token: ClickToken, host: Member) -> Iterator[Step]:
    rows = session.execute(
        select(Order, Decision).join(OrderTouch, OrderTouch.order_id == Order.id)
        .join(Decision, (Decision.order_id == Order.id) & (Decision.host_member_id == host.id))
        .where(OrderTouch.click_id == token.click_id).order_by(Order.placed_at, Order.id)).all()
    if not rows:
        yield Step("order", TOLD, "order.none")
        return
    for order, decision in rows:
        yield Step("order", PASSED, "order.came", {"number": order.number, "id": order.id,
                                                   "at": order.placed_at})
        outcome = FAILED if decision.reason else PASSED
        yield Step("decision", outcome, "decision", {"decision": decision, "order": order})


def _is_party(by: Actor | None, host: Member | None, seller: Member | None) -> bool:
    return by is not None and by.merchant in {
        each.merchant_id for each in (host, seller) if each is not None}


def _stores_at(session: Session, address: str) -> list[Store]:
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    found = session.scalars(
        # The whole host: the beginning of a name must not tell whose it could be.
        select(Store).where((Store.address == origin)
                            | Store.address.startswith(f"{origin}/", autoescape=True))
        .order_by(Store.connected_at, Store.id)).all()
    host = (parts.hostname or "").lower()
    if not found and host:
        found = [store for store in session.scalars(select(Store).order_by(Store.id))
                 if host in store.extra_hosts]
    path = parts.path.rstrip("/") + "/"
    return [store for store in found if path.startswith(
        urlsplit(store.address).path.rstrip("/") + "/") or host in store.extra_hosts]


def _proven(signer: Signer, text: str,
            stores: list[Store]) -> tuple[ClickToken, Store] | None:
    for store in stores:
        try:
            return signer.read_click(text, store.id), store
        except Invalid:
            continue
    return None


def _shop(session: Session, store_id: str) -> str:
    return session.get_one(Store, store_id).name
