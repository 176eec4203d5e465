"""Two members and one who looks on: what the tests of contracts start from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import contracts
from alliance.alliances.model import Contract, Signature, Span, TermsVersion
from alliance.core.actor import Actor
from alliance.db.queue import Message
from tests import make


class Pair:
    """Li sells, Wang hosts, Zhao looks on; each with the person who acts."""

    def __init__(self, session: Session, **charter: Any) -> None:
        self.session = session
        shops = [make.merchant(session, name) for name in ("Zhao", "Li", "Wang")]
        self.club = make.alliance(session, *shops, **charter)
        self.leader, self.li, self.wang = (make.actor(session, shop) for shop in shops)
        _, self.seller, self.host = (member.id for member in self.club.members)

    def draft(self, now: datetime, by: Actor | None = None, **terms: Any) -> TermsVersion:
        return contracts.draft(
            self.session, by or self.li, self.club.id, seller_member=self.seller,
            host_member=self.host, terms=make.terms(**({"effective_from": now} | terms)), now=now)

    def agree(self, now: datetime, **terms: Any) -> TermsVersion:
        version = self.draft(now, **terms)
        self.both_sign(version, now)
        return version

    def both_sign(self, version: TermsVersion, now: datetime) -> None:
        for by in (self.li, self.wang):
            contracts.sign(self.session, by, version.id, now=now)

    def at(self, when: datetime) -> int | None:
        found = contracts.terms_at(self.session, self.seller, self.host, when)
        return found and found.terms.version

    def kept(self) -> list[Any]:
        """Everything a refusal must leave as it was."""
        rows: list[Any] = []
        for model in (Contract, TermsVersion, Signature, Span, Message):
            columns = model.__table__.columns
            rows += sorted(map(repr, self.session.execute(select(*columns))))
        return rows
