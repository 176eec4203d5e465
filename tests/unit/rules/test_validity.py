"""Which clicks are real: each fault, each edge, and no order of arrival matters (law §4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.rules import validity
from alliance.rules.validity import ASKED, UNASKED, ClickFacts, Fault, Limits, judge
from tests.unit.rules.law import BAKERY, CAFE, SHOP, T0

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def clicked(id: str = "1", after: timedelta = timedelta(0), **more: Any) -> ClickFacts:
    return ClickFacts(**{"id": id, "at": T0 + after, "host": CAFE, "seller": SHOP,
                         "offer": "bib", "shopper_key": "anna", "user_agent": BROWSER, **more})


def faults(clicks: Sequence[ClickFacts], **more: Any) -> list[str]:
    return [each.fault or "valid" for each in judge(clicks, more.pop("own", {}), **more)]


def test_a_plain_click_is_valid() -> None:
    [verdict] = judge([clicked()], {})
    assert (verdict.click_id, verdict.fault, verdict.is_valid) == ("1", None, True)


@pytest.mark.parametrize("agent", [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0", "python-requests/2.32", None, "", "   "])
def test_a_robot_or_a_caller_without_a_name_is_not_a_shopper(agent: str | None) -> None:
    [verdict] = judge([clicked(user_agent=agent)], {})
    assert (verdict.fault, verdict.is_valid) == (Fault.ROBOT, False)


def test_every_robot_that_the_list_gives_as_an_example_is_one() -> None:
    examples = [agent for each in CRAWLER_USER_AGENTS_DATA for agent in each["instances"][:1]]
    clicks = [clicked(f"{place:05}", shopper_key=None, user_agent=agent)
              for place, agent in enumerate(examples)]
    assert set(faults(clicks)) == {"robot"}


def test_a_link_stops_at_its_last_instant() -> None:
    assert faults([clicked(expires_at=T0 + SECOND)]) == ["valid"]
    assert faults([clicked(expires_at=T0)]) == ["expired"]


@pytest.mark.parametrize("member", [CAFE, SHOP])
def test_the_hosts_and_the_sellers_own_clicks_do_not_count(member: str) -> None:
    assert faults([clicked()], own={member: frozenset({"anna"})}) == ["own"]
    assert faults([clicked()], own={BAKERY: frozenset({"anna"})}) == ["valid"]
    assert faults([clicked(shopper_key=None)], own={member: frozenset({"anna"})}) == ["valid"]


def test_a_repeat_within_half_an_hour_does_not_count() -> None:
    clicks = [clicked("1"), clicked("2", 30 * MINUTE - SECOND), clicked("3", 30 * MINUTE)]
    assert faults(clicks) == ["valid", "repeat", "valid"]


def test_repeats_do_not_prolong_the_half_hour() -> None:
    clicks = [clicked(str(step), step * 20 * MINUTE) for step in range(5)]
    assert faults(clicks) == ["valid", "repeat", "valid", "repeat", "valid"]


def test_another_shopper_or_another_offer_is_no_repeat() -> None:
    others = [clicked("2", SECOND, shopper_key="berta"), clicked("3", SECOND, offer="cup"),
              clicked("4", SECOND, shopper_key=None), clicked("5", SECOND, shopper_key=None)]
    assert faults([clicked("1"), *others]) == ["valid"] * 5


def test_a_click_that_did_not_count_starts_no_half_hour() -> None:
    robot = clicked("1", user_agent="curl/8.5.0")
    assert faults([robot, clicked("2", MINUTE)]) == ["robot", "valid"]


def test_a_host_has_so_many_clicks_a_minute() -> None:
    flood = [clicked(str(step), step * SECOND, shopper_key=None) for step in range(4)]
    assert faults(flood, limits=Limits(host_minute=2)) == [
        "valid", "valid", "over_limit", "over_limit"]
    later = [*flood, clicked("8", 60 * SECOND, shopper_key=None),
             clicked("9", 60 * SECOND, shopper_key=None)]
    assert faults(later, limits=Limits(host_minute=2))[4:] == ["valid", "over_limit"]
    elsewhere = [*flood, clicked("9", 4 * SECOND, shopper_key=None, host=BAKERY)]
    assert faults(elsewhere, limits=Limits(host_minute=2))[4:] == ["valid"]


def test_clicks_before_the_first_are_remembered() -> None:
    before = [clicked("0", -29 * MINUTE)]
    assert faults([clicked("1")], before=before) == ["repeat"]
    flood = [clicked("0", -59 * SECOND, shopper_key="berta")]
    assert faults([clicked("1")], before=flood, limits=Limits(host_minute=1)) == ["over_limit"]
    assert faults([clicked("0")], before=[clicked("0")]) == []


def test_the_first_fault_of_the_list_counts() -> None:
    worst = clicked("2", SECOND, user_agent=None, expires_at=T0)
    own = {CAFE: frozenset({"anna"})}
    assert faults([worst], own=own) == ["robot"]
    assert faults([replace(worst, user_agent=BROWSER)], own=own) == ["expired"]
    again = replace(worst, user_agent=BROWSER, expires_at=None)
    before = [clicked("1")]
    assert faults([again], own=own, before=before, limits=Limits(host_minute=1)) == ["own"]
    assert faults([again], before=before, limits=Limits(host_minute=1)) == ["repeat"]


def near(count: int, *, first: int = 0, every: timedelta = SECOND, **more: Any) -> list[ClickFacts]:
    """Clicks of one network by ever new browsers."""
    return [clicked(f"{first + n:04}", n * every, **{
        "shopper_key": f"browser {first + n}", "network": "net", "manner": ASKED, **more})
        for n in range(count)]


def many_offers(count: int, **more: Any) -> list[ClickFacts]:
    return [replace(each, offer=f"offer {n}") for n, each in enumerate(near(count, **more))]


def test_one_network_counts_so_often_on_one_offer_within_an_hour() -> None:
    assert faults(near(22)) == ["valid"] * 20 + ["over_network"] * 2
    [later] = near(1, first=90)
    assert faults([*near(22), replace(later, at=T0 + 59 * MINUTE)])[-1] == "over_network"
    assert faults([*near(22), replace(later, at=T0 + 61 * MINUTE)])[-1] == "valid"
    assert faults(near(22, network=None)) == ["valid"] * 22
    assert faults([*near(22), *near(1, first=50, network="other")]).count("valid") == 21


def test_a_network_that_floods_on_stays_refused() -> None:
    assert faults(near(100, every=4 * MINUTE)) == ["valid"] * 100
    assert faults(near(1200, every=30 * SECOND)).count("valid") == 20


def test_one_network_counts_so_often_on_all_offers_of_a_host() -> None:
    offers = many_offers(62, every=2 * SECOND)
    assert faults(offers) == ["valid"] * 60 + ["over_network"] * 2
    elsewhere = near(1, first=70, host=BAKERY)
    assert faults([*offers, *elsewhere]).count("valid") == 61


def test_a_browser_that_says_nothing_is_trusted_a_quarter() -> None:
    assert faults(near(7, manner="unsaid")) == ["valid"] * 5 + ["over_network"] * 2
    assert faults(many_offers(17, manner="unsaid")) == ["valid"] * 15 + ["over_network"] * 2
    [asked] = near(1, first=9)
    assert faults([*near(5, manner="unsaid"), replace(asked, at=T0 + MINUTE)]) == ["valid"] * 6


def test_what_nobody_asked_for_does_not_count() -> None:
    assert faults([clicked(manner=UNASKED)]) == ["unasked"]
    assert faults([clicked(manner=UNASKED, user_agent=None, expires_at=T0)]) == ["robot"]
    assert faults([clicked(manner=UNASKED, expires_at=T0)]) == ["unasked"]


def test_what_was_found_out_about_an_agent_is_not_asked_again() -> None:
    assert faults([clicked(robot=True)]) == ["robot"]
    assert faults([clicked(user_agent="curl/8.5.0", robot=False)]) == ["valid"]


def test_a_fault_of_number_is_none_of_the_shoppers() -> None:
    assert {fault for fault in Fault if not validity.voids(fault)} == {
        Fault.REPEAT, Fault.OVER_NETWORK, Fault.OVER_LIMIT}
    assert not validity.voids(None)
    assert not validity.voids("valid")


def test_one_click_given_twice_is_judged_once() -> None:
    assert faults([clicked(), clicked()]) == ["valid"]


any_clicks = st.lists(st.builds(
    lambda seconds, who, offer, host, agent, network, manner: (
        seconds, who, offer, host, agent, network, manner),
    st.integers(0, 3 * 3600), st.sampled_from([None, "anna", "berta"]),
    st.sampled_from(["bib", "cup"]), st.sampled_from([CAFE, BAKERY]),
    st.sampled_from([BROWSER, BROWSER, "curl/8.5.0", None]), st.sampled_from([None, "n", "m"]),
    st.sampled_from([ASKED, "unsaid", UNASKED])), max_size=20).map(lambda rows: [
        clicked(f"{place:02}", seconds * SECOND, shopper_key=who, offer=offer, host=host,
                user_agent=agent, network=network, manner=manner)
        for place, (seconds, who, offer, host, agent, network, manner) in enumerate(rows)])
any_limits = st.builds(Limits, st.integers(0, 3), st.integers(0, 4), st.integers(0, 2),
                       st.integers(0, 3), st.integers(0, 3))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(any_clicks, any_limits, st.data())
def test_any_arrival_gives_one_verdict_per_click_and_the_same(
        clicks: list[ClickFacts], limits: Limits, data: st.DataObject) -> None:
    verdicts = judge(clicks, {}, limits=limits)
    assert sorted(each.click_id for each in verdicts) == sorted(each.id for each in clicks)
    again = data.draw(st.permutations(clicks))
    assert judge(again, {}, limits=limits) == verdicts
    by_id = {each.id: each for each in clicks}
    valid = [by_id[each.click_id] for each in verdicts if each.is_valid]
    tried = [by_id[each.click_id] for each in verdicts if not validity.voids(each.fault)]
    for click in valid:
        assert click.manner != UNASKED
        sent = [other for other in tried if (other.at, other.id) < (click.at, click.id)]
        earlier = [other for other in valid if (other.at, other.id) < (click.at, click.id)]
        same = [other for other in earlier if click.shopper_key
                and (other.shopper_key, other.offer) == (click.shopper_key, click.offer)]
        assert all(click.at - other.at >= 30 * MINUTE for other in same)
        assert _within(earlier, click, MINUTE, "host") < limits.host_minute
        if click.network:
            is_asked = click.manner == ASKED
            offer, host = ((limits.network_offer_hour, limits.network_host_hour) if is_asked
                           else (limits.unsaid_offer_hour, limits.unsaid_host_hour))
            assert _within(sent, click, 60 * MINUTE, "network", "offer") < offer
            assert _within(sent, click, 60 * MINUTE, "network", "host") < host


@settings(max_examples=120, deadline=None, derandomize=True)
@given(any_clicks, any_limits, st.integers(0, 3 * 3600))
def test_judging_on_from_any_instant_gives_what_judging_all_gives(
        clicks: list[ClickFacts], limits: Limits, cut: int) -> None:
    whole = {each.click_id: each for each in judge(clicks, {}, limits=limits)}
    start = T0 + cut * SECOND
    near_by = [each for each in clicks if start - validity.REACH <= each.at < start]
    before = [each for each in near_by if whole[each.id].is_valid]
    tried = [each for each in near_by if whole[each.id].fault in validity.UNCOUNTED]
    rest = [each for each in clicks if each.at >= start]
    for verdict in judge(rest, {}, limits=limits, before=before, tried=tried):
        assert verdict == whole[verdict.click_id]


def _within(earlier: Sequence[ClickFacts], click: ClickFacts, span: timedelta,
            *alike: str) -> int:
    return sum(click.at - other.at < span and all(
        getattr(other, name) == getattr(click, name) for name in alike) for other in earlier)
