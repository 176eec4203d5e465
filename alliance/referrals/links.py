"""Links: a host's own addresses to a seller's product or page, each with a short code.

One link for each target, channel and asset: asking again gives the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Member
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.ids import new_id
from alliance.db.once import insert_once
from alliance.merchants import shown
from alliance.merchants.model import Store
from alliance.merchants.plain import one_line
from alliance.referrals import addresses, short_codes
from alliance.referrals.leads import Target
from alliance.referrals.link_model import RELS, Link

LONGEST_ASSET = 80
LONGEST_LABEL = 100
MOST_HOPS = 5
"""How many replacements of replacements are followed."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a host says about a link itself. `utm` by the names in `addresses.UTM`."""

    utm: Mapping[str, str] = field(default_factory=dict)
    rel: str = RELS[0]
    expires_at: datetime | None = None


def make(session: Session, by: Actor, alliance_id: str, product_id: str, *, channel: str,
         asset: str = "", details: Details | None = None, now: datetime) -> Link:
    """The actor's link to a product for one channel and asset; asking again gives the same link.

    It is opened again if it had ended, and takes the `details` if any are given. Raises `NotFound`
    for a product that the actor's alliance does not show, `Conflict` while no contract with its
    seller is in force.
    """
    host = _host(session, by, alliance_id)
    leads = target(session, host.id, product_id, now=now)
    return _made(session, host, leads, product_id, channel, asset, details, now)


def make_to_page(session: Session, by: Actor, alliance_id: str, address: str, *, channel: str,
                 asset: str = "", details: Details | None = None, now: datetime) -> Link:
    """The actor's link to any page of a seller's shop, as `make` for a product.

    Raises `Invalid` (see `addresses.page`), also when no seller with a contract in force has a
    shop there.
    """
    host = _host(session, by, alliance_id)
    leads = _page_target(session, host, address, now)
    return _made(session, host, leads, leads.url, channel, asset, details, now)


def sellers(session: Session, by: Actor, *, now: datetime) -> dict[str, str]:
    """The merchants whose goods the actor may link to now, each with the alliance it goes by."""
    found: dict[str, str] = {}
    for alliance in members.alliances_of(session, by):
        own_seat = members.member_for(session, alliance.id, by.merchant)
        seats = [each.terms.seller for each in agreed.in_force(session, alliance.id, now)
                 if own_seat is not None and each.terms.host == own_seat.id]
        for merchant_id in session.scalars(select(Member.merchant_id).where(Member.id.in_(seats))):
            found.setdefault(merchant_id, alliance.id)
    return found


def own(session: Session, by: Actor, link_id: str) -> Link:
    """A link of the actor's, or `NotFound`."""
    link = session.get(Link, link_id)
    host = None if link is None else session.get(Member, link.host_member_id)
    if link is None or host is None or host.merchant_id != by.merchant:
        raise NotFound("link", link_id)
    return link


def end(session: Session, by: Actor, link_id: str, *, replaced_by: str | None = None,
        now: datetime) -> Link:
    """Close a link; who follows it is shown the replacement, another link of the actor's.

    Raises `Conflict` (`replaced_in_circles`) when that would lead back to this link.
    """
    link = own(session, by, link_id)
    if replaced_by is not None:
        other = own(session, by, replaced_by)
        if link in (other, *_chain(session, other)):
            raise Conflict("replaced_in_circles", "That link leads back to this one.")
    link.replaced_by = replaced_by
    link.ended_at = link.ended_at or now
    _flush(session, link)
    return link


def open_again(session: Session, by: Actor, link_id: str, *, now: datetime) -> Link:
    """Open an ended or expired link again, where its target still stands."""
    link = own(session, by, link_id)
    target_of(session, link, now=now)
    link.ended_at = link.replaced_by = link.expires_at = None
    _flush(session, link)
    return link


def describe(session: Session, by: Actor, link_id: str, details: Details, *,
             now: datetime) -> Link:
    """Change what the host says of a link itself; its code and where it leads stay."""
    link = own(session, by, link_id)
    _describe(link, details, now)
    _flush(session, link)
    return link


def take_move(session: Session, by: Actor, link_id: str, *, now: datetime) -> Link:
    """Lead a link to the address its page moved to, within the same shop.

    Raises `Conflict`: `not_moved`, or `link_exists` when another link of the channel and asset
    leads there already; `Invalid` as `make_to_page`.
    """
    link = own(session, by, link_id)
    if link.product_id is not None or link.health != "moved" or link.moved_to is None:
        raise Conflict("not_moved", "The page of this link has not moved.")
    leads = _page_target(session, session.get_one(Member, link.host_member_id), link.moved_to, now)
    taken = session.scalars(select(Link.id).where(
        Link.host_member_id == link.host_member_id, Link.target == leads.url,
        Link.channel == link.channel, Link.asset == link.asset, Link.id != link.id)).first()
    if taken is not None:
        raise Conflict("link_exists", "You already have a link there for this channel.")
    link.target, link.store_id = leads.url, leads.store_id
    link.health = link.health_since = link.health_at = link.moved_to = None
    link.look_at = now
    _flush(session, link)
    return link


def by_code(session: Session, code: str) -> Link:
    """The link of a short code. A slip of the pen is `Invalid`; a code unknown is `NotFound`.

    Whether it `is_open` depends on the time, so it is asked when the link is followed.
    """
    code = short_codes.check(code)
    link = session.scalars(select(Link).where(Link.code == code)).one_or_none()
    if link is None:
        raise NotFound("link", code)
    return link


def is_open(link: Link, now: datetime) -> bool:
    """Whether a link leads anywhere at this time: neither ended nor run out."""
    return link.ended_at is None and (link.expires_at is None or now < link.expires_at)


def target_of(session: Session, link: Link, *, now: datetime) -> Target:
    """Where a link leads now; raises as `target` does, for a page also when the shop is gone."""
    if link.product_id is not None:
        return target(session, link.host_member_id, link.product_id, now=now)
    host = session.get(Member, link.host_member_id)
    store = session.get(Store, link.store_id)
    if host is None or store is None or store.state == "disconnected":
        raise NotFound("page", link.target)
    seller = _seller(session, host, store.merchant_id, "page", link.target, now)
    try:
        url = addresses.page(link.target, homes_of(store))
    except Invalid:
        # The shop is no longer there, or the address is one that is refused by now.
        raise NotFound("page", link.target) from None
    return Target(host.alliance_id, host.id, seller.id, None, store.id, url)


def target(session: Session, host_member_id: str, product_id: str, *, now: datetime) -> Target:
    """Where a host's link to a product leads now. The address comes from the catalogue only (T18).

    Raises `NotFound` when the product or its shop is gone or of another alliance, `Conflict` when
    no contract is in force.
    """
    product = session.get(Product, product_id)
    host = session.get(Member, host_member_id)
    if product is None or product.withdrawn_at is not None or host is None:
        raise NotFound("product", product_id)
    store = session.get(Store, product.store_id)
    if store is not None and store.state == "disconnected":
        # Nobody hears of its orders, and its name may be another's by now.
        raise NotFound("product", product_id)
    seller = _seller(session, host, product.merchant_id, "product", product_id, now)
    return Target(host.alliance_id, host.id, seller.id, product.id, product.store_id, product.url)


def homes_of(store: Store) -> list[str]:
    """Where a store's own pages lie: its address, and the further hosts proved to be its own."""
    return addresses.homes(store.address, store.extra_hosts)


def _host(session: Session, by: Actor, alliance_id: str) -> Member:
    host = members.member_for(session, alliance_id, by.merchant)
    if host is None:
        raise NotFound("alliance", alliance_id)
    return host


def _page_target(session: Session, host: Member, address: str, now: datetime) -> Target:
    stores = {store: session.get_one(Member, each.terms.seller)
              for each in agreed.in_force(session, host.alliance_id, now)
              if each.terms.host == host.id for store in _stores_of(session, each.terms.seller)}
    url = addresses.page(address, [home for store in stores for home in homes_of(store)])
    for store, seller in stores.items():
        try:
            addresses.page(url, homes_of(store))
        except Invalid:
            continue
        return Target(host.alliance_id, host.id, seller.id, None, store.id, url)
    raise AssertionError("a page in one of the shops is in none of them")


def _stores_of(session: Session, seller_member_id: str) -> list[Store]:
    seller = session.get_one(Member, seller_member_id)
    return list(session.scalars(
        select(Store).where(Store.merchant_id == seller.merchant_id,
                            Store.state != "disconnected").order_by(Store.id)))


def _made(session: Session, host: Member, leads: Target, key: str, channel: str, asset: str,
          details: Details | None, now: datetime) -> Link:
    channel, asset = _channel(channel), _asset(asset)
    row: dict[str, Any] = {
        "id": new_id("lnk", now), "alliance_id": host.alliance_id, "host_member_id": host.id,
        "store_id": leads.store_id, "product_id": leads.product_id, "target": key,
        "channel": channel, "asset": asset, "code": short_codes.draw(), "rel": RELS[0], "utm": {},
        "created_at": now, "look_at": now}
    unique = ["host_member_id", "target", "channel", "asset"]
    mine = select(Link).where(*(getattr(Link, name) == row[name] for name in unique))
    # Looked for first only so that an id and a code are not drawn in vain: the key decides.
    if session.scalars(mine).one_or_none() is None:
        insert_once(session, Link, [row], unique)
    link = session.scalars(mine).one()
    link.ended_at = link.replaced_by = None
    if details is not None or not is_open(link, now):
        _describe(link, details or Details(link.utm, link.rel), now)
    _flush(session, link)
    return link


def _flush(session: Session, link: Link) -> None:
    session.flush()
    shown.changed(session, link.alliance_id)


def _describe(link: Link, details: Details, now: datetime) -> None:
    if details.rel not in RELS:
        raise Invalid("unknown_rel", f"{details.rel[:40]!r} is not one of {', '.join(RELS)}.")
    if details.expires_at is not None and details.expires_at <= now:
        raise Invalid("expiry_past", "The day on which the link ends is over already.")
    unknown = set(details.utm) - set(addresses.UTM)
    if unknown:
        raise Invalid("unknown_label", f"{min(unknown)[:40]!r} is not a label of a link.")
    utm = {name: one_line(value, f"utm_{name}", longest=LONGEST_LABEL)
           for name, value in details.utm.items() if value.strip()}
    link.rel, link.expires_at, link.utm = details.rel, details.expires_at, utm


def _channel(text: str) -> str:
    if not text or len(text) > 40 or not text.replace("-", "").replace("_", "").isalnum():
        raise Invalid("malformed_channel", "A channel is a short word such as blog or wechat.")
    return text


def _asset(text: str) -> str:
    return one_line(text, "asset", longest=LONGEST_ASSET) if text.strip() else ""


def _seller(session: Session, host: Member, merchant_id: str, what: str, ref: str,
            now: datetime) -> Member:
    seller = members.member_for(session, host.alliance_id, merchant_id)
    if seller is None or seller.id == host.id:
        raise NotFound(what, ref)
    if agreed.terms_at(session, seller.id, host.id, now) is None:
        raise Conflict("not_in_force", "No contract between these two shops is in force.")
    return seller


def _chain(session: Session, link: Link) -> list[Link]:
    found: list[Link] = []
    while link.replaced_by is not None and len(found) < MOST_HOPS:
        link = session.get_one(Link, link.replaced_by)
        found.append(link)
    return found
