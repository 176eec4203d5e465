"""Seats: who is who in the alliances of a lot's sellers, and what bound each pair when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from alliance.alliances import agreed
from alliance.alliances.agreed import TermsInForce
from alliance.alliances.model import Alliance, Member
from alliance.core.customers import customer_key
from alliance.db.lots import among, ask
from alliance.db.sealed import Seal
from alliance.merchants import stores
from alliance.merchants.model import Person

_OWN = aliased(Member)
_SEATS: Any = (
    select(Member.id, Member.alliance_id, Member.merchant_id, Member.suspended_at, Alliance.zone)
    .join(Alliance, Alliance.id == Member.alliance_id)
    .where(Member.alliance_id.in_(
        select(_OWN.alliance_id).where(among(_OWN.merchant_id, "merchants")))))
_MAILS = select(Person.merchant_id, Person.email).where(among(Person.merchant_id, "merchants"))


class Seats:
    """The members of every alliance in which these merchants sell, and their contracts."""

    def __init__(self, session: Session, merchant_ids: set[str], seal: Seal) -> None:
        self._session, self._seal = session, seal
        rows: Sequence[Row[Any]] = ask(
                session, _SEATS, {"merchants": sorted(merchant_ids)}).all()
        self._members = {row.id: row for row in rows}
        self._sellers: dict[tuple[str, str], str] = {
            (row.merchant_id, row.alliance_id): row.id for row in rows
            if row.merchant_id in merchant_ids}
        self._spans: dict[tuple[str, str], list[TermsInForce]] = defaultdict(list)
        self._by_hash: dict[str, str] = {}
        self._by_id: dict[str, TermsInForce] = {}
        for each in agreed.ever_owed(session, sorted(self._sellers.values())):
            self._spans[each.terms.seller, each.terms.host].append(each)
            self._by_hash[each.hash] = each.terms_id
            self._by_id[each.terms_id] = each
        self._mails: dict[str, list[str]] = {}
        self._people: dict[tuple[str, str], frozenset[str]] = {}
        self._salts: dict[str, bytes] = {}

    def member(self, host: str) -> Row[Any]:
        """A seat: its `id`, `alliance_id`, `merchant_id`, `suspended_at` and the `zone` of days."""
        return self._members[host]

    def seller(self, merchant_id: str, alliance_id: str) -> str:
        """The seat of an order's own merchant in an alliance."""
        return self._sellers[merchant_id, alliance_id]

    def seller_for(self, merchant_id: str, host: str) -> str | None:
        """The merchant's seat beside this host; None where they share no alliance."""
        member = self._members.get(host)
        return self._sellers.get((merchant_id, member.alliance_id)) if member else None

    def terms(self, seller: str, host: str, at: datetime) -> TermsInForce | None:
        """What bound these two at an instant, or was the nearest to it."""
        spans = self._spans.get((seller, host), [])
        begun = [each for each in spans if each.terms.effective_from <= at]
        # Where nothing bound at the time, the nearest version says so: `not_in_force`.
        nearest = begun[-1:] or spans[:1]
        return nearest[0] if nearest else None

    def version(self, terms_id: str | None) -> TermsInForce | None:
        """One version by its id."""
        return self._by_id.get(terms_id or "")

    def terms_id(self, terms_hash: str) -> str | None:
        """The version that has this hash."""
        return self._by_hash.get(terms_hash)

    def expect(self, hosts: Iterable[str]) -> None:
        """Read the people of these hosts at once, whose keys will be asked for."""
        merchants = {self._members[host].merchant_id for host in hosts if host in self._members}
        if wanted := sorted(merchants - set(self._mails)):
            self._mails |= {merchant_id: [] for merchant_id in wanted}
            for merchant_id, mail in ask(self._session, _MAILS, {"merchants": wanted}):
                self._mails[merchant_id].append(mail)

    def people_keys(self, store_id: str, host: str) -> frozenset[str]:
        """Customer keys, in this store, of the host's own people (law §7.3)."""
        merchant_id = self._members[host].merchant_id
        if (store_id, merchant_id) not in self._people:
            self.expect([host])
            if store_id not in self._salts:
                self._salts[store_id] = stores.salt_of(self._session, store_id, self._seal)
            keys = (customer_key(mail, self._salts[store_id]) for mail in self._mails[merchant_id])
            self._people[store_id, merchant_id] = frozenset(key for key in keys if key is not None)
        return self._people[store_id, merchant_id]
