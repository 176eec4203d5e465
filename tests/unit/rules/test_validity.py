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

from alliance.rules.validity import ClickFacts, Fault, judge
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
    assert faults(flood, rate_per_minute=2) == ["valid", "valid", "over_limit", "over_limit"]
    later = [*flood, clicked("8", 60 * SECOND, shopper_key=None),
             clicked("9", 60 * SECOND, shopper_key=None)]
    assert faults(later, rate_per_minute=2)[4:] == ["valid", "over_limit"]
    elsewhere = [*flood, clicked("9", 4 * SECOND, shopper_key=None, host=BAKERY)]
    assert faults(elsewhere, rate_per_minute=2)[4:] == ["valid"]


def test_clicks_before_the_first_are_remembered() -> None:
    before = [clicked("0", -29 * MINUTE)]
    assert faults([clicked("1")], before=before) == ["repeat"]
    flood = [clicked("0", -59 * SECOND, shopper_key="berta")]
    assert faults([clicked("1")], before=flood, rate_per_minute=1) == ["over_limit"]
    assert faults([clicked("0")], before=[clicked("0")]) == []


def test_the_first_fault_of_the_list_counts() -> None:
    worst = clicked("2", SECOND, user_agent=None, expires_at=T0)
    own = {CAFE: frozenset({"anna"})}
    assert faults([worst], own=own) == ["robot"]
    assert faults([replace(worst, user_agent=BROWSER)], own=own) == ["expired"]
    again = replace(worst, user_agent=BROWSER, expires_at=None)
    before = [clicked("1")]
    assert faults([again], own=own, before=before, rate_per_minute=1) == ["own"]
    assert faults([again], before=before, rate_per_minute=1) == ["repeat"]


def test_one_click_given_twice_is_judged_once() -> None:
    assert faults([clicked(), clicked()]) == ["valid"]


any_clicks = st.lists(st.builds(
    lambda seconds, who, offer, host, agent: (seconds, who, offer, host, agent),
    st.integers(0, 3 * 3600), st.sampled_from([None, "anna", "berta"]),
    st.sampled_from(["bib", "cup"]), st.sampled_from([CAFE, BAKERY]),
    st.sampled_from([BROWSER, BROWSER, "curl/8.5.0", None])), max_size=15).map(lambda rows: [
        clicked(str(place), seconds * SECOND, shopper_key=who, offer=offer, host=host,
                user_agent=agent)
        for place, (seconds, who, offer, host, agent) in enumerate(rows)])


@settings(max_examples=80, deadline=None, derandomize=True)
@given(any_clicks, st.integers(0, 3), st.data())
def test_any_arrival_gives_one_verdict_per_click_and_the_same(
        clicks: list[ClickFacts], limit: int, data: st.DataObject) -> None:
    verdicts = judge(clicks, {}, rate_per_minute=limit)
    assert sorted(each.click_id for each in verdicts) == sorted(each.id for each in clicks)
    again = data.draw(st.permutations(clicks))
    assert judge(again, {}, rate_per_minute=limit) == verdicts
    by_id = {each.id: each for each in clicks}
    valid = [by_id[each.click_id] for each in verdicts if each.is_valid]
    for click in valid:
        same = [other for other in valid if other.id != click.id and click.shopper_key
                and (other.shopper_key, other.offer) == (click.shopper_key, click.offer)]
        assert all(abs(other.at - click.at) >= 30 * MINUTE for other in same)
        minute = [other for other in valid if other.host == click.host
                  and timedelta(0) <= click.at - other.at < MINUTE]
        assert len(minute) <= max(1, limit) if limit else not minute
