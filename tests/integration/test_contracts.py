"""Contracts: both sign, nothing binds backwards, and notice holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from alliance.alliances import agreed, contracts
from alliance.alliances.model import Alliance, Contract, Signature
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.money import Currency, Money, Rate
from alliance.db.base import iso
from alliance.db.queue import Message
from alliance.rules.agreement import terms_hash
from alliance.rules.terms import Basis, Clause, Per
from tests import make
from tests.pair import Pair

DAY = timedelta(days=1)


@pytest.fixture
def pair(session: Session) -> Pair:
    return Pair(session)


def test_nothing_binds_before_both_have_signed(pair: Pair, session: Session,
                                               now: datetime) -> None:
    version = pair.draft(now, rate="10%")
    contract = session.get_one(Contract, version.contract_id)
    states = [contract.state]

    contracts.sign(session, pair.li, version.id, now=now + DAY)
    states.append(contract.state)
    offered = pair.at(now + DAY)
    contracts.sign(session, pair.wang, version.id, now=now + 2 * DAY)
    states.append(contract.state)

    assert states == ["draft", "offered", "in_force"]
    assert (offered, pair.at(now + 2 * DAY - timedelta(microseconds=1))) == (None, None)
    found = contracts.terms_at(session, pair.seller, pair.host, now + 2 * DAY)
    assert found is not None
    assert (found.terms_id, found.hash, found.contract_id) == (
        version.id, version.hash, version.contract_id)
    assert (found.terms.effective_from, found.terms.effective_until) == (now + 2 * DAY, None)
    assert found.terms.clauses[0].rate == Rate(1000)
    assert contracts.terms_at(session, pair.host, pair.seller, now + 2 * DAY) is None


def test_terms_agreed_for_later_bind_from_their_day_on(pair: Pair, now: datetime) -> None:
    pair.agree(now, effective_from=now + 10 * DAY, effective_until=now + 20 * DAY)

    bound = [pair.at(now + days * DAY) for days in (0, 9, 10, 19, 20)]

    assert bound == [None, None, 1, 1, None]
    assert pair.session.get_one(Alliance, pair.club.id).live_at == now + 10 * DAY


def test_what_was_signed_keeps_its_hash_and_says_what_the_charter_fixes(
        session: Session, now: datetime) -> None:
    pair = Pair(session, review_days=5, due_days=21, netting_mode="bilateral")

    version = pair.agree(now, review_days=99, settlement_mode="cycles", version=44)

    terms = contracts.terms_of(session, version.id)
    assert (terms.seller, terms.host, terms.version) == (pair.seller, pair.host, 1)
    assert (terms.review_days, terms.due_days, terms.settlement_mode) == (5, 21, "bilateral")
    assert terms_hash(terms) == version.hash
    signatures = session.scalars(select(Signature).order_by(Signature.person_id)).all()
    assert {each.hash for each in signatures} == {
        sha256(f"{version.hash}\n{each.member_id}\n{each.person_id}\n{iso(now)}".encode())
        .hexdigest() for each in signatures}
    assert {each.member_id for each in signatures} == {pair.seller, pair.host}


def test_slates_are_told_when_terms_take_effect_and_when_they_end(
        pair: Pair, session: Session, now: datetime) -> None:
    version = pair.agree(now, effective_from=now + DAY, effective_until=now + 9 * DAY)

    rows = session.execute(select(Message.key, Message.name, Message.scope, Message.not_before,
                                  Message.body).order_by(Message.not_before)).all()

    body = {"contract_id": version.contract_id}
    assert [tuple(row) for row in rows] == [
        (f"in_force:{version.id}", "TermsInForce", pair.club.id, now + DAY, body),
        (f"over:{version.id}", "TermsInForce", pair.club.id, now + 9 * DAY, body)]


def test_a_draft_may_begin_a_day_ago_but_binds_from_the_signatures(
        pair: Pair, session: Session, now: datetime) -> None:
    before = pair.kept()
    with pytest.raises(Invalid) as refusal, session.begin_nested():
        pair.draft(now, effective_from=now - DAY - timedelta(microseconds=1))
    assert refusal.value.code == "begins_in_past"
    assert pair.kept() == before

    pair.agree(now, effective_from=now - DAY)

    assert (pair.at(now - timedelta(microseconds=1)), pair.at(now)) == (None, 1)


@pytest.mark.parametrize("gap", [{"window_days": 0}, {"clauses": ()}])
def test_terms_with_gaps_can_be_drafted_but_not_offered(
        pair: Pair, session: Session, now: datetime, gap: dict[str, Any]) -> None:
    version = contracts.draft(
        session, pair.li, pair.club.id, seller_member=pair.seller, host_member=pair.host,
        terms=replace(make.terms(effective_from=now), **gap), now=now)
    before = pair.kept()

    with pytest.raises(Invalid) as refusal:
        contracts.sign(session, pair.li, version.id, now=now)

    assert (refusal.value.code, refusal.value.facts["gaps"]) == ("terms_incomplete", 1)
    assert pair.kept() == before


def test_credits_of_another_alliance_are_refused(pair: Pair, now: datetime) -> None:
    def barter(alliance_id: str) -> Clause:
        amount = Money(5, Currency.credits(alliance_id))
        return Clause("swap", Basis.BARTER, amount=amount, per=Per.ORDER)

    before = pair.kept()
    with pytest.raises(Invalid) as refusal, pair.session.begin_nested():
        contracts.draft(pair.session, pair.li, pair.club.id, seller_member=pair.seller,
                        host_member=pair.host, now=now,
                        terms=make.terms(barter("alc_" + "0" * 26), effective_from=now))
    assert refusal.value.code == "foreign_credits"
    assert pair.kept() == before

    agreed_terms = make.contract(pair.session, pair.club.members[1], pair.club.members[2],
                                 barter(pair.club.id), now=now)
    assert agreed_terms.terms.clauses[0].amount == Money(5, Currency.credits(pair.club.id))


def test_an_amendment_leaves_the_notice_days_and_takes_over_at_its_day(
        pair: Pair, session: Session, now: datetime) -> None:
    first = pair.agree(now, notice_days=14)
    before = pair.kept()
    with pytest.raises(Invalid) as refusal:
        contracts.amend(session, pair.wang, first.contract_id,
                        make.terms(effective_from=now + 14 * DAY - timedelta(seconds=1)), now=now)
    assert (refusal.value.code, refusal.value.facts["earliest"]) == (
        "notice_too_short", iso(now + 14 * DAY))
    assert pair.kept() == before

    second = contracts.amend(session, pair.wang, first.contract_id,
                             make.terms(rate="5%", effective_from=now + 14 * DAY), now=now)
    waiting = [pair.at(now + 13 * DAY), pair.at(now + 15 * DAY)]
    pair.both_sign(second, now + 2 * DAY)

    assert (waiting, second.version) == ([1, 1], 2)
    assert [pair.at(now + days * DAY) for days in (0, 13, 14, 500)] == [1, 1, 2, 2]
    assert session.get_one(Contract, first.contract_id).state == "in_force"


def test_an_amendment_signed_late_binds_from_the_last_signature(
        pair: Pair, session: Session, now: datetime) -> None:
    first = pair.agree(now)
    second = contracts.amend(session, pair.li, first.contract_id,
                             make.terms(effective_from=now + 14 * DAY), now=now)

    pair.both_sign(second, now + 30 * DAY)

    assert [pair.at(now + days * DAY) for days in (14, 29, 30)] == [1, 1, 2]


def test_only_the_newest_version_can_be_signed(pair: Pair, session: Session,
                                               now: datetime) -> None:
    first = pair.draft(now, rate="10%")
    contracts.sign(session, pair.li, first.id, now=now)
    second = contracts.amend(session, pair.wang, first.contract_id,
                             make.terms(rate="12%", effective_from=now), now=now)
    before = pair.kept()

    with pytest.raises(Conflict) as refusal:
        contracts.sign(session, pair.wang, first.id, now=now)

    assert refusal.value.code == "overtaken"
    assert pair.kept() == before
    assert session.get_one(Contract, first.contract_id).state == "draft"
    pair.both_sign(second, now)
    assert pair.at(now) == 2


def test_a_version_that_had_not_begun_gives_way_to_the_next(pair: Pair, session: Session,
                                                            now: datetime) -> None:
    first = pair.agree(now)
    second = contracts.amend(session, pair.li, first.contract_id,
                             make.terms(effective_from=now + 60 * DAY), now=now)
    pair.both_sign(second, now)
    before = pair.kept()
    with pytest.raises(Invalid) as refusal:
        contracts.amend(session, pair.li, first.contract_id,
                        make.terms(effective_from=now + 59 * DAY), now=now)
    assert refusal.value.code == "notice_too_short"
    assert pair.kept() == before

    third = contracts.amend(session, pair.li, first.contract_id,
                            make.terms(effective_from=now + 60 * DAY), now=now)
    pair.both_sign(third, now)

    assert [pair.at(now + days * DAY) for days in (59, 60, 61)] == [1, 3, 3]
    with pytest.raises(NotFound):
        agreed.terms_bound(session, second.id)


def test_signing_twice_changes_nothing(pair: Pair, session: Session, now: datetime) -> None:
    version = pair.draft(now)
    contracts.sign(session, pair.li, version.id, now=now)
    before = pair.kept()

    with pytest.raises(Conflict) as refusal:
        contracts.sign(session, pair.li, version.id, now=now + DAY)

    assert refusal.value.code == "already_signed"
    assert pair.kept() == before


def test_terms_that_ended_before_both_signed_never_bind(pair: Pair, session: Session,
                                                        now: datetime) -> None:
    version = pair.draft(now, effective_until=now + 5 * DAY)
    contracts.sign(session, pair.li, version.id, now=now)
    before = pair.kept()

    with pytest.raises(Conflict) as refusal, session.begin_nested():
        contracts.sign(session, pair.wang, version.id, now=now + 5 * DAY)

    assert refusal.value.code == "terms_over"
    assert pair.kept() == before


def test_terms_altered_in_the_database_are_not_signed(session: Session, now: datetime) -> None:
    pair = Pair(session)
    version = pair.draft(now)
    contracts.sign(session, pair.li, version.id, now=now)
    before = pair.kept()
    # As if someone had written past the triggers: the row that is read is not the one signed.
    set_committed_value(version, "body", version.body | {"window_days": 90})

    with pytest.raises(Conflict) as refusal:
        contracts.sign(session, pair.wang, version.id, now=now)

    assert refusal.value.code == "terms_altered"
    assert pair.kept() == before


def test_ending_leaves_the_notice_days(pair: Pair, session: Session, now: datetime) -> None:
    version = pair.agree(now, notice_days=30)

    contract = contracts.end(session, pair.wang, version.contract_id, now=now + DAY)

    assert contract.state == "ended"
    assert [pair.at(now + days * DAY) for days in (30, 31)] == [1, None]
    keys = session.scalars(select(Message.key).where(Message.not_before == now + 31 * DAY)).all()
    assert keys == [f"ended:{contract.id}:{iso(now + 31 * DAY)}"]


def test_ending_never_makes_agreed_terms_longer_nor_starts_what_had_not_begun(
        pair: Pair, session: Session, now: datetime) -> None:
    first = pair.agree(now, effective_until=now + 3 * DAY)
    contracts.end(session, pair.li, first.contract_id, now=now)
    assert [pair.at(now + days * DAY) for days in (2, 3)] == [1, None]

    later = pair.draft(now + 4 * DAY, effective_from=now + 40 * DAY)
    pair.both_sign(later, now + 4 * DAY)
    contracts.end(session, pair.li, first.contract_id, now=now + 5 * DAY)

    assert pair.at(now + 41 * DAY) is None


def test_an_ended_contract_is_drafted_anew_behind_its_notice(
        pair: Pair, session: Session, now: datetime) -> None:
    first = pair.agree(now)
    contracts.end(session, pair.li, first.contract_id, now=now)
    before = pair.kept()
    with pytest.raises(Invalid) as refusal, session.begin_nested():
        pair.draft(now, effective_from=now + 13 * DAY)
    assert refusal.value.code == "notice_too_short"
    session.expire_all()
    assert pair.kept() == before

    again = pair.draft(now, by=pair.wang, effective_from=now + 14 * DAY)
    pair.both_sign(again, now)

    assert (again.contract_id, again.version) == (first.contract_id, 2)
    assert [pair.at(now + days * DAY) for days in (13, 14)] == [1, 2]


def test_one_pair_has_one_contract_each_way(pair: Pair, session: Session, now: datetime) -> None:
    pair.draft(now)
    before = pair.kept()
    with pytest.raises(Conflict) as refusal:
        pair.draft(now, by=pair.wang)
    assert refusal.value.code == "contract_exists"
    with pytest.raises(Invalid) as alone:
        contracts.draft(session, pair.li, pair.club.id, seller_member=pair.seller,
                        host_member=pair.seller, terms=make.terms(effective_from=now), now=now)
    assert alone.value.code == "same_member"
    assert pair.kept() == before

    back = contracts.draft(session, pair.li, pair.club.id, seller_member=pair.host,
                           host_member=pair.seller, terms=make.terms(effective_from=now), now=now)
    assert back.version == 1


@pytest.mark.parametrize("was", sorted(contracts.MOVES))
@pytest.mark.parametrize("to", sorted(contracts.MOVES))
def test_a_contract_moves_only_as_its_table_says(
        pair: Pair, session: Session, now: datetime, was: str, to: str) -> None:
    version = pair.draft(now)
    if was in ("offered", "in_force"):
        contracts.sign(session, pair.li, version.id, now=now)
    if was == "in_force":
        contracts.sign(session, pair.wang, version.id, now=now)
    contract = session.get_one(Contract, version.contract_id)
    if was == "ended":
        contracts.end(session, pair.li, contract.id, now=now)
    hand = pair.wang if was in ("offered", "in_force") else pair.li
    ways = {"draft": lambda: pair.draft(now) if was == "ended" else contracts.amend(
                session, pair.li, contract.id, make.terms(effective_from=now), now=now),
            "offered": lambda: contracts.sign(session, pair.li, version.id, now=now),
            "in_force": lambda: contracts.sign(session, hand, version.id, now=now),
            "ended": lambda: contracts.end(session, pair.li, contract.id, now=now)}
    before = pair.kept()

    if to in contracts.MOVES[was]:
        ways[to]()
        assert contract.state == to
    elif (was, to) == ("draft", "in_force"):
        ways[to]()
        assert contract.state == "offered"
    else:
        with pytest.raises((Conflict, Invalid)):
            ways[to]()
        assert contract.state == was
        assert pair.kept() == before


def test_an_ended_contract_is_neither_signed_nor_amended(pair: Pair, session: Session,
                                                         now: datetime) -> None:
    version = pair.draft(now)
    contracts.end(session, pair.wang, version.contract_id, now=now)
    before = pair.kept()

    for story in (lambda: contracts.sign(session, pair.li, version.id, now=now),
                  lambda: contracts.amend(session, pair.li, version.contract_id,
                                          make.terms(effective_from=now), now=now)):
        with pytest.raises(Conflict) as refusal:
            story()
        assert refusal.value.code == "contract_ended"

    assert pair.kept() == before


@pytest.mark.parametrize("rule", [
    {"settlement_currency": Currency("USD")}, {"exit_rule": "due_at_exit"},
    {"coupon_cost_seller_bp": 5_000}, {"max_reversal_bp": 2_000},
])
def test_what_the_hub_would_not_carry_out_cannot_be_signed(
        pair: Pair, session: Session, now: datetime, rule: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        pair.draft(now, rate="10%", **rule)

    assert (refusal.value.code, refusal.value.facts["rule"]) == ("promise_not_kept", *rule)
    assert pair.at(now + DAY) is None
