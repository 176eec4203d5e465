"""Days and months of named zones are half-open, and every instant is in exactly one (law §7.1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.clock import Period, aware, day_of, now, start_of, zone
from alliance.core.errors import Invalid

ODD_ZONES = (
    "Europe/Riga", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Atlantic/Azores",
    "America/St_Johns", "America/Sao_Paulo", "America/Asuncion", "America/Santiago",
    "America/Havana", "America/New_York", "America/Los_Angeles", "America/Caracas",
    "America/Argentina/San_Luis", "America/Scoresbysund", "America/Godthab", "Africa/Cairo",
    "Africa/Casablanca", "Africa/Khartoum", "Asia/Amman", "Asia/Beirut", "Asia/Damascus",
    "Asia/Gaza", "Asia/Tehran", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang",
    "Asia/Shanghai", "Asia/Tokyo", "Asia/Dhaka", "Asia/Baku", "Antarctica/Troll",
    "Antarctica/Casey", "Australia/Lord_Howe", "Australia/Eucla", "Pacific/Apia",
    "Pacific/Chatham", "Pacific/Fakaofo", "Pacific/Kiritimati", "Pacific/Marquesas", "UTC",
)


def test_a_day_starts_at_local_midnight() -> None:
    assert start_of(date(2026, 3, 1), "Europe/Riga") == datetime(2026, 2, 28, 22, tzinfo=UTC)
    assert start_of(date(2026, 7, 1), "Europe/Riga") == datetime(2026, 6, 30, 21, tzinfo=UTC)


def test_a_day_whose_midnight_is_skipped_starts_behind_the_gap() -> None:
    # In Cairo 27 April 2023 was followed by 01:00 of 28 April.
    start = start_of(date(2023, 4, 28), "Africa/Cairo")
    assert start == datetime(2023, 4, 27, 22, tzinfo=UTC)
    assert start.astimezone(zone("Africa/Cairo")).isoformat() == "2023-04-28T01:00:00+03:00"


def test_a_gap_that_begins_before_midnight_ends_the_day_early() -> None:
    # Toronto went from 23:30 on 30 March 1919 straight to 00:30.
    day = Period.day(date(1919, 3, 30), "America/Toronto")
    assert day.end == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)
    assert day.end - day.start == timedelta(hours=23, minutes=30)
    assert day_of(day.end, "America/Toronto") == date(1919, 3, 31)


def test_an_hour_lived_twice_over_midnight_belongs_to_the_new_day() -> None:
    # St John's set its clocks back at 00:01 on 1 November 2009, to 23:01 of 31 October.
    first = start_of(date(2009, 11, 1), "America/St_Johns")
    again = first + timedelta(minutes=30)
    assert again.astimezone(zone("America/St_Johns")).date() == date(2009, 10, 31)
    assert day_of(again, "America/St_Johns") == date(2009, 11, 1)
    assert again in Period.month_of(again, "America/St_Johns")
    assert Period.month_of(again, "America/St_Johns") == Period.month(
        2009, 11, "America/St_Johns")


def test_a_day_that_was_left_out_is_empty() -> None:
    assert start_of(date(2011, 12, 30), "Pacific/Apia") == start_of(
        date(2011, 12, 31), "Pacific/Apia")
    with pytest.raises(Invalid) as refusal:
        Period.day(date(2011, 12, 30), "Pacific/Apia")
    assert refusal.value.code == "empty_period"


def test_the_odd_zones_exist() -> None:
    assert set(ODD_ZONES) <= available_timezones()


@pytest.mark.parametrize("zone_name", [
    zone if place % 3 == 0 else pytest.param(zone, marks=pytest.mark.long)
    for place, zone in enumerate(ODD_ZONES)])
def test_each_midnight_since_2000_belongs_to_exactly_one_day(zone_name: str) -> None:
    day, last = date(2000, 1, 1), date(2037, 12, 31)
    start = start_of(day, zone_name)
    while day <= last:
        end = start_of(day + timedelta(days=1), zone_name)
        if end == start:
            assert (zone_name, day) in {("Pacific/Apia", date(2011, 12, 30)),
                                        ("Pacific/Fakaofo", date(2011, 12, 30))}
        elif end - start != timedelta(days=1) or day.day == 1:
            assert start < end <= start + timedelta(hours=27)
            assert day_of(start, zone_name) == day
            assert day_of(end - timedelta(microseconds=1), zone_name) == day
        day, start = day + timedelta(days=1), end


@settings(max_examples=75, deadline=None, derandomize=True)
@given(st.sampled_from(ODD_ZONES),
       st.integers(86_400, 38 * 365 * 86_400).map(
           lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)))
def test_every_instant_is_in_its_own_day_week_and_month(zone_name: str, at: datetime) -> None:
    assert at in Period.day(day_of(at, zone_name), zone_name)
    assert at in Period.week_of(at, zone_name)
    assert at in Period.month_of(at, zone_name)


def test_months_meet_without_gap_or_overlap() -> None:
    for year, month in [(2026, 3), (2026, 10), (2026, 12)]:
        this = Period.month(year, month, "Europe/Riga")
        following = Period.month(year + month // 12, month % 12 + 1, "Europe/Riga")
        assert this.end == following.start
        assert this.end not in this
        assert this.end in following


def test_a_week_runs_from_monday_to_monday() -> None:
    week = Period.week_of(datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Riga")
    assert (day_of(week.start, "Europe/Riga"), day_of(week.end, "Europe/Riga")) == (
        date(2026, 3, 23), date(2026, 3, 30))
    assert week.end - week.start == timedelta(days=7, hours=-1)


def test_a_period_that_holds_nothing_is_refused() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(Invalid) as refusal:
        Period(at, at)
    assert refusal.value.code == "empty_period"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        aware(datetime(2026, 3, 1))  # noqa: DTZ001
    assert refusal.value.code == "naive_time"


def test_times_are_turned_into_utc() -> None:
    riga = datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert aware(riga).isoformat() == "2026-03-01T00:00:00+00:00"
    assert now().tzinfo is UTC


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "Europe", "a\x00b"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        zone(name)
    assert refusal.value.code == "unknown_zone"
