"""Time: aware UTC instants, and half-open periods whose edges lie in a named zone (law §7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import time_ns
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alliance.core.errors import Invalid


def now() -> datetime:
    """The current instant. Only edges ask; everything below takes `now` as an argument."""
    return datetime.now(UTC)


def milliseconds() -> int:
    """The current instant in whole milliseconds since 1970, where even `now` takes too long."""
    return time_ns() // 1_000_000


def aware(at: datetime) -> datetime:
    """`at` in UTC; a naive value is refused, since nobody can say which instant it means."""
    if at.tzinfo is None:
        raise Invalid("naive_time", f"{at.isoformat()} has no time zone.")
    return at.astimezone(UTC)


def zone(name: str) -> ZoneInfo:
    """The named IANA zone, or `Invalid`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("unknown_zone", f"There is no time zone called {name!r}.") from None


def start_of(day: date, zone_name: str) -> datetime:
    """The first instant of `day` in the zone, as UTC.

    Where the clocks jump over midnight, the first instant is the end of the gap; where midnight
    happens twice it is the earlier one: so each instant belongs to exactly one day. A day that a
    zone left out (Samoa, 30 December 2011) starts with the next one and holds nothing.
    """
    tz = zone(zone_name)
    local = datetime.combine(day, time.min, tzinfo=tz)
    latest = local.astimezone(UTC)
    if latest.astimezone(tz).replace(tzinfo=None) == local.replace(tzinfo=None):
        return latest
    # Midnight was skipped: the jump lies between the two readings of it, on a whole second.
    earliest = local.replace(fold=1).astimezone(UTC)
    after = latest.astimezone(tz).utcoffset()
    while latest - earliest > timedelta(seconds=1):
        middle = earliest + (latest - earliest) // timedelta(seconds=2) * timedelta(seconds=1)
        if middle.astimezone(tz).utcoffset() == after:
            latest = middle
        else:
            earliest = middle
    return latest


def day_of(at: datetime, zone_name: str) -> date:
    """The calendar day that holds an instant in the zone, as `start_of` parts the days.

    Where the clocks go back over midnight, the hour that is lived again belongs to the new day.
    """
    day = aware(at).astimezone(zone(zone_name)).date()
    return day + timedelta(days=1) if start_of(day + timedelta(days=1), zone_name) <= at else day


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open span of time `[start, end)`, both aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", aware(self.start))
        object.__setattr__(self, "end", aware(self.end))
        if self.end <= self.start:
            raise Invalid("empty_period", f"A period cannot end ({self.end}) before it starts.")

    def __contains__(self, at: datetime) -> bool:
        return self.start <= aware(at) < self.end

    @classmethod
    def month(cls, year: int, month: int, zone_name: str) -> Period:
        """A calendar month in the zone: `[1st 00:00, next 1st 00:00)`."""
        following = date(year + month // 12, month % 12 + 1, 1)
        return cls(start_of(date(year, month, 1), zone_name), start_of(following, zone_name))

    @classmethod
    def month_of(cls, at: datetime, zone_name: str) -> Period:
        """The calendar month that holds an instant."""
        day = day_of(at, zone_name)
        return cls.month(day.year, day.month, zone_name)

    @classmethod
    def week_of(cls, at: datetime, zone_name: str) -> Period:
        """The week, Monday to Monday, that holds an instant."""
        monday = day_of(at, zone_name)
        monday -= timedelta(days=monday.weekday())
        return cls(start_of(monday, zone_name), start_of(monday + timedelta(days=7), zone_name))

    @classmethod
    def day(cls, day: date, zone_name: str) -> Period:
        """One calendar day in the zone."""
        return cls(start_of(day, zone_name), start_of(day + timedelta(days=1), zone_name))
