"""Contracts: who may sign and end, what others may read, and that strangers find nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts, members
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, NotAllowed, NotFound
from alliance.core.ids import MerchantId, PersonId
from alliance.core.money import Rate
from alliance.merchants.model import Merchant
from tests import make
from tests.pair import Pair

DAY = timedelta(days=1)


@pytest.fixture
def pair(session: Session) -> Pair:
    return Pair(session)


def test_only_an_owner_of_a_party_signs_and_ends(pair: Pair, session: Session,
                                                 now: datetime) -> None:
    version = pair.draft(now)
    li = session.get_one(Merchant, pair.li.merchant)
    staff = make.person(session, li, name="Mei", role="staff")
    others = [Actor(pair.li.merchant_id, PersonId(staff.id)), Actor(pair.li.merchant_id),
              Actor(pair.li.merchant_id, pair.wang.person_id)]
    before = pair.kept()

    for by in others:
        for story in (lambda by=by: contracts.sign(session, by, version.id, now=now),
                      lambda by=by: contracts.end(session, by, version.contract_id, now=now)):
            with pytest.raises(NotAllowed) as refusal:
                story()
            assert refusal.value.code == "owner_needed"

    assert pair.kept() == before


def test_a_member_that_is_no_party_may_not_draft_sign_amend_or_end(
        pair: Pair, session: Session, now: datetime) -> None:
    version = pair.agree(now)
    before = pair.kept()
    stories = [
        lambda: pair.draft(now, by=pair.leader),
        lambda: contracts.sign(session, pair.leader, version.id, now=now),
        lambda: contracts.amend(session, pair.leader, version.contract_id,
                                make.terms(effective_from=now + 20 * DAY), now=now),
        lambda: contracts.end(session, pair.leader, version.contract_id, now=now),
    ]

    for story in stories:
        with pytest.raises(NotAllowed) as refusal:
            story()
        assert refusal.value.code == "not_a_party"

    assert pair.kept() == before


def test_a_foreign_merchant_finds_nothing_in_any_story(pair: Pair, session: Session,
                                                       now: datetime) -> None:
    version = pair.agree(now)
    stranger = make.merchant(session, "Stranger")
    own = make.alliance(session, stranger, make.merchant(session, "Friend"), name="Other")
    by = make.actor(session, stranger)
    terms = make.terms(effective_from=now + 20 * DAY)
    before = pair.kept()
    stories = [
        lambda: contracts.draft(session, by, pair.club.id, seller_member=pair.seller,
                                host_member=pair.host, terms=terms, now=now),
        lambda: contracts.draft(session, by, own.id, seller_member=own.members[0].id,
                                host_member=pair.host, terms=terms, now=now),
        lambda: contracts.draft(session, by, own.id, seller_member=pair.seller,
                                host_member=own.members[0].id, terms=terms, now=now),
        lambda: contracts.sign(session, by, version.id, now=now),
        lambda: contracts.amend(session, by, version.contract_id, terms, now=now),
        lambda: contracts.end(session, by, version.contract_id, now=now),
        lambda: contracts.contracts_of(session, by, pair.club.id),
        lambda: contracts.history(session, by, version.contract_id),
        lambda: contracts.sign(session, by, "trm_none", now=now),
        lambda: contracts.end(session, by, "con_none", now=now),
        lambda: contracts.history(session, by, "con_none"),
        lambda: contracts.terms_of(session, "trm_none"),
        lambda: agreed.terms_bound(session, "trm_none"),
    ]

    said = []
    for story in stories:
        with pytest.raises(NotFound) as refusal:
            story()
        said.append(refusal.value.facts["what"])

    assert said == ["alliance", "member", "member", "terms", "contract", "contract", "alliance",
                    "contract", "terms", "contract", "contract", "terms", "terms"]
    assert pair.kept() == before


def test_a_suspended_member_signs_nothing_and_is_left_out_of_slates(
        pair: Pair, session: Session, now: datetime) -> None:
    version = pair.agree(now)
    second = contracts.amend(session, pair.li, version.contract_id,
                             make.terms(effective_from=now + 14 * DAY), now=now)
    assert [each.terms_id for each in agreed.in_force(session, pair.club.id, now)] == [version.id]

    members.suspend(session, pair.leader, pair.host, now=now)
    before = pair.kept()
    with pytest.raises(Conflict) as refusal:
        contracts.sign(session, pair.li, second.id, now=now)

    assert refusal.value.code == "member_state"
    assert pair.kept() == before
    assert agreed.in_force(session, pair.club.id, now) == []
    assert pair.at(now) == 1
    assert [each.terms_id for each in agreed.ever_in_force(session, pair.club.id)] == [version.id]


def test_an_open_book_shows_members_what_binds_and_not_what_is_negotiated(
        pair: Pair, session: Session, now: datetime) -> None:
    version = pair.draft(now)
    negotiated = contracts.contracts_of(session, pair.leader, pair.club.id)
    with pytest.raises(NotFound):
        contracts.history(session, pair.leader, version.contract_id)
    with pytest.raises(NotFound):
        contracts.sign(session, pair.leader, version.id, now=now)
    mine = contracts.contracts_of(session, pair.wang, pair.club.id)
    pair.both_sign(version, now)
    second = contracts.amend(session, pair.li, version.contract_id,
                             make.terms(rate="3%", effective_from=now + 14 * DAY), now=now)

    seen, = contracts.contracts_of(session, pair.leader, pair.club.id)
    party, = contracts.contracts_of(session, pair.wang, pair.club.id)

    assert (negotiated, [each.version for each in mine]) == ([], [version])
    assert (seen.is_party, seen.version, party.is_party, party.version) == (
        False, version, True, second)
    assert seen.span is not None
    assert [each.version.version for each in
            contracts.history(session, pair.leader, version.contract_id)] == [1]
    read = contracts.history(session, pair.li, version.contract_id)
    assert [(each.version.version, len(each.signatures), each.span is None) for each in read] == [
        (2, 0, True), (1, 2, False)]
    assert read[0].terms.clauses[0].rate == Rate(300)


def test_a_private_charter_shows_the_leader_that_a_contract_exists_and_no_more(
        session: Session, now: datetime) -> None:
    pair = Pair(session, charter_kind="private")
    version = pair.agree(now)
    other = make.actor(session, make.join(
        session, pair.club.alliance, make.merchant(session, "Onlooker")))

    seen, = contracts.contracts_of(session, pair.leader, pair.club.id)

    assert (seen.contract.id, seen.is_party, seen.version, seen.span) == (
        version.contract_id, False, None, None)
    with pytest.raises(NotAllowed) as refusal:
        contracts.history(session, pair.leader, version.contract_id)
    assert refusal.value.code == "private_charter"
    assert contracts.contracts_of(session, other, pair.club.id) == []
    with pytest.raises(NotFound):
        contracts.history(session, other, version.contract_id)
    with pytest.raises(NotFound):
        contracts.end(session, other, version.contract_id, now=now)
    assert len(contracts.history(session, pair.wang, version.contract_id)) == 1


def test_an_actor_of_no_such_merchant_finds_nothing(pair: Pair, session: Session,
                                                    now: datetime) -> None:
    version = pair.agree(now)

    with pytest.raises(NotFound):
        contracts.history(session, Actor(MerchantId("mer_none")), version.contract_id)
