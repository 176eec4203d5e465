"""An alliance with a row in every private table, and who may see and change those rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Contract, Signature, Span, TermsVersion
from alliance.catalogue.model import Product
from alliance.content import articles, assets
from alliance.content.articles import Words
from alliance.content.files import Files
from alliance.content.model import ArticleCard, ArticleVersion, Asset, AssetProduct, AssetUse
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.ledger import proofs
from alliance.ledger.model import Entry, Head, Leaf, PostingRow
from alliance.ledger.proofs import HeadKey
from alliance.merchants.joining_model import JoinCode, KeyLease, Pairing, StoreHealth
from alliance.merchants.model import Person, ShownVersion, SignedIn, Store
from alliance.promotions import codes, placements
from alliance.promotions.campaign_model import Campaign, Component, Consent, Coupon
from alliance.promotions.model import HostCode, Placement
from alliance.promotions.task_model import Task, TaskTaken
from alliance.referrals import links, publishing
from alliance.referrals.click_model import (
    Click,
    ClickCount,
    Impression,
    OwnVisitor,
    PlacementDay,
    PlacementVital,
    SpoolOffset,
)
from alliance.referrals.hint_model import Hint
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Decision, Hold, Order, OrderTouch
from alliance.settlement import cycles, payments
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation, Payment
from tests import gifts, make
from tests.make import BEFORE, NOW
from tests.world import World, order, world

ACTORS = ("seller", "host", "leader", "fellow", "stranger")
"""The bakery, which sells; the cafe, its host; who leads them; a member without a contract; and
who leads another alliance."""

EVERY_DATABASE = ["sqlite", "walled"]
"""For key stories: `walled` is PostgreSQL too, in the ordinary role, where its policies bind."""

OPEN = {"merchants", "alliances", "members", "invitations", "messages"}
"""Names and charters that merchants read to find each other, places kept open for whoever holds
the token, and the queue, whose rows hold ids alone."""

_PARTIES = {"seller", "host"}
_ALLIANCE = {"seller", "host", "leader", "fellow"}

SEES: dict[Any, set[str]] = {
    Person: {"seller"}, SignedIn: {"seller"}, Store: _PARTIES | {"leader"},
    Pairing: {"seller"}, StoreHealth: {"seller"}, JoinCode: {"seller"}, KeyLease: {"seller"},
    Contract: _ALLIANCE, TermsVersion: _ALLIANCE, Signature: _ALLIANCE, Span: _ALLIANCE,
    Product: set(ACTORS), Placement: {"host", "leader"}, HostCode: _PARTIES,
    PlacementDay: {"host"}, PlacementVital: {"host", "leader"},
    Link: {"host"}, Click: _PARTIES, OwnVisitor: {"host"}, Impression: _PARTIES,
    ClickCount: _PARTIES, Hold: _PARTIES | {"leader"},
    SpoolOffset: set(), Order: _PARTIES, OrderTouch: _PARTIES, Decision: _PARTIES,
    Hint: {"seller"},
    Commission: _PARTIES | {"leader"}, Cycle: _ALLIANCE, CycleLine: _ALLIANCE,
    Obligation: _ALLIANCE, Payment: _ALLIANCE,
    Entry: _ALLIANCE, PostingRow: _ALLIANCE, Leaf: _ALLIANCE, Head: _ALLIANCE,
    ShownVersion: _ALLIANCE,
    Campaign: _ALLIANCE, Component: _ALLIANCE, Consent: _ALLIANCE, Coupon: _PARTIES,
    Asset: _ALLIANCE, AssetProduct: _ALLIANCE, AssetUse: _ALLIANCE,
    ArticleVersion: _ALLIANCE, ArticleCard: _ALLIANCE,
    Task: _ALLIANCE, TaskTaken: _ALLIANCE,
}
"""Who sees the seller's rows, or the pair's; the book of this alliance is open."""

CHANGES: dict[Any, set[str]] = dict.fromkeys(SEES, set[str]()) | {
    Person: {"seller"}, SignedIn: {"seller"}, Store: {"seller"}, Product: {"seller"},
    Pairing: {"seller"}, StoreHealth: {"seller"}, JoinCode: {"seller"}, KeyLease: {"seller"},
    Contract: _ALLIANCE, TermsVersion: _ALLIANCE, Signature: {"seller"}, Span: _PARTIES,
    Placement: {"host"}, HostCode: _PARTIES, Link: {"host"}, OwnVisitor: {"host"},
    Hold: {"seller", "leader"}, Commission: {"seller"}, Obligation: _PARTIES, Payment: _PARTIES,
    Entry: _ALLIANCE, PostingRow: _ALLIANCE, ShownVersion: _ALLIANCE,
    Asset: {"host"}, AssetProduct: {"host"}, ArticleVersion: {"host"}, ArticleCard: {"host"},
    AssetUse: _ALLIANCE,
    Campaign: {"host", "leader"}, Component: _PARTIES, Consent: {"seller"},
    Task: {"seller"}, TaskTaken: {"host"},
}
"""Whose stories may write them; the rest is the hub's own work."""


@dataclass
class Kept:
    """The merchants by what they are, and the keys of the rows that the tables above speak of."""

    merchants: dict[str, str]
    rows: dict[Any, list[tuple[Any, ...]]]


def keep(database: Database) -> Kept:
    """Trade from a link to a payment, with every table filled."""
    with database.transaction() as session:
        made = world(session, charter={"hold_days": 0}, hold_days=0)
        merchants = _merchants(session, made)
        _show(session, made)
        _write(session, made)
        _settle(session, made)
        session.flush()
        mine = {Person: Person.merchant_id, Store: Store.merchant_id}
        rows = {model: _rows(session, model, *(
            [mine[model] == merchants["seller"]] if model in mine else [])) for model in SEES}
        rows[Signature] = _rows(session, Signature,
                                Signature.member_id == made.members["bakery"].id)
    return Kept(merchants, rows)


def as_ordinary_role(url: str) -> str:
    """The address of a database for the role that the hub works in."""
    return url.replace("//postgres@", "//hub@")


def _merchants(session: Session, made: World) -> dict[str, str]:
    others = {name: make.merchant(session, name, category="toys")
              for name in ("guild", "library", "stranger")}
    for name in ("guild", "library"):
        make.join(session, made.alliance.alliance, others[name])  # type: ignore[attr-defined]
    seat = members.member_for(session, made.alliance.id, others["guild"].id)
    assert seat is not None
    members.hand_over(session, made.actor(session, "bakery"), seat.id, now=BEFORE)
    make.alliance(session, others["stranger"], name="Elsewhere")
    person = make.actor(session, made.merchants["bakery"]).person_id
    assert person is not None
    session.add(SignedIn(token_hash="0" * 64, person_id=person, created_at=BEFORE,
                         seen_at=BEFORE, expires_at=NOW))
    session.add(Pairing(
        id=new_id("prg", BEFORE), state_hash="0" * 64, merchant_id=made.merchants["bakery"].id,
        connector="woocommerce", address="https://bakery.example", back="", created_at=BEFORE,
        expires_at=NOW))
    session.add(JoinCode(code_hash="0" * 64, merchant_id=made.merchants["bakery"].id,
                         person_id=person, connector="shopify", created_at=BEFORE,
                         expires_at=NOW))
    session.add(KeyLease(store_id=made.store.id, due_at=NOW))
    session.add(StoreHealth(store_id=made.store.id, looked_at=BEFORE, platform="A shop",
                            may_write=True, hooks={}, checks={}))
    return {"seller": made.merchants["bakery"].id, "host": made.merchants["cafe"].id,
            "leader": others["guild"].id, "fellow": others["library"].id,
            "stranger": others["stranger"].id}


def _show(session: Session, made: World) -> None:
    cafe, seats = made.actor(session, "cafe"), made.members
    store = make.store(session, made.merchants["cafe"])
    placement = placements.make(session, cafe, made.alliance.id, store.id, name="below", now=BEFORE)
    links.make(session, cafe, made.alliance.id, made.product_id, channel="blog", now=BEFORE)
    pack = gifts.campaign(session, made, home=store)
    gifts.coupon(session, gifts.component(session, made, pack))
    gifts.consent(session, made, pack, "bakery")
    _post_a_task(session, made)
    codes.give(session, made.actor(session, "bakery"), made.store.id, seats["cafe"].id,
               kind="coupon", code="CAFE5", now=BEFORE)
    session.add_all([
        Hint(store_id=made.store.id, order_ref="1", click_id=new_id("clk", BEFORE),
             host_member_id=seats["cafe"].id, heard_at=BEFORE),
        Click(id=new_id("clk", BEFORE), alliance_id=made.alliance.id,
              host_member_id=seats["cafe"].id, seller_member_id=seats["bakery"].id,
              store_id=made.store.id, product_id=made.product_id, at=BEFORE, visitor="f" * 32,
              user_agent="Firefox", verdict="valid"),
        ClickCount(alliance_id=made.alliance.id, starts_at=BEFORE, day="2026-02-01",
                   host_member_id=seats["cafe"].id, seller_member_id=seats["bakery"].id,
                   asset=placement.id, verdict="valid", number=1, clicks_gone=False),
        Hold(id=new_id("hld", BEFORE), alliance_id=made.alliance.id, state="open",
             host_member_id=seats["cafe"].id, seller_member_id=seats["bakery"].id,
             numbers={"count": 9, "out_of": 10, "others_count": 1, "others_out_of": 90},
             reason="many_orders", starts_at=BEFORE - timedelta(days=30),
             ends_at=BEFORE - timedelta(days=29), opened_at=BEFORE),
        Impression(placement_id=placement.id, seller_member_id=seats["bakery"].id,
                   day="2026-02-01", seen=3),
        PlacementDay(placement_id=placement.id, day="2026-02-01", group_name="held", shoppers=4),
        PlacementVital(placement_id=placement.id, day="2026-02-01", metric="load", up_to=300,
                       number=5),
        OwnVisitor(merchant_id=made.merchants["cafe"].id, visitor="e" * 32, at=BEFORE),
        SpoolOffset(file="spool-1", bytes_done=10)])


def _write(session: Session, made: World) -> None:
    cafe, place = made.actor(session, "cafe"), made.alliance.id
    text = assets.give(session, cafe, place, assets.Told(
        "text", "ogc", "Bread", "en", words="Fresh.", product_ids=[made.product_id]), None,
        Files(Path("nowhere")), now=BEFORE)
    assets.take(session, cafe, text.id, now=BEFORE)
    article = articles.begin(session, cafe, place, Words(
        "Breakfast", "en", f"[card: {made.product_id}]"), now=BEFORE)
    publishing.publish(session, cafe, article.id, now=BEFORE)
def _post_a_task(session: Session, made: World) -> None:
    task = Task(id=new_id("tsk", BEFORE), alliance_id=made.alliance.id, product_id=made.product_id,
                seller_member_id=made.members["bakery"].id, title="New bread", text="",
                material="", rate_bp=2000, created_at=BEFORE, until=NOW)
    session.add(task)
    session.flush()
    session.add(TaskTaken(task_id=task.id, host_member_id=made.members["cafe"].id, at=BEFORE,
                          terms_id=session.scalars(select(TermsVersion.id)).first()))


def _settle(session: Session, made: World) -> None:
    placed = BEFORE + timedelta(days=5)
    token = made.token("cafe", placed - timedelta(days=3))
    made.sell(session, order("900", placed, "42.00", tokens=[token]), now=placed)
    cycle = cycles.propose(session, made.alliance.id, now=NOW)
    assert cycle is not None
    cycles.finalise(session, cycle.id, now=NOW + timedelta(days=8))
    owed = payments.of_cycle(session, cycle.id)[0]
    payments.record(session, made.actor(session, "bakery"), owed.id, amount=owed.amount,
                    way="bank", reference="R1", now=NOW)
    proofs.seal(session, made.alliance.id, HeadKey(b"\x02" * 32), now=NOW)


def _rows(session: Session, model: Any, *where: Any) -> list[tuple[Any, ...]]:
    key = [getattr(model, column.key) for column in inspect(model).primary_key]
    return [tuple(row) for row in session.execute(select(*key).where(*where))]
