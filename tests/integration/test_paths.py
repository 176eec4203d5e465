"""Paths to purchase over a period: a seller reads whole paths, a host its own part in them."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import update

from alliance.core.clock import Period
from alliance.db.session import Database
from alliance.insights import paths
from alliance.insights.paths import Report
from alliance.merchants.model import Merchant
from tests import pages
from tests.pages import Visitor
from tests.world import World, order, world

DAY = timedelta(days=1)
HOSTS = ("cafe", "florist", "kiosk")


@pytest.fixture
def lived(database: Database, now: datetime) -> World:
    """Three hosts send the bakery four orders in ten days; an older order lies before them.

    1: cafe, florist, kiosk · 2: cafe alone · 3: florist, cafe · 4: kiosk, not paid.
    """
    with database.transaction() as session:
        made = world(session, hosts=HOSTS)
        session.execute(update(Merchant).where(Merchant.name == "florist").values(
            category="home"))

        def sell(ref: str, ago: int, *touches: tuple[str, int], paid: bool = True) -> None:
            placed = now - ago * DAY
            tokens = [made.token(host, placed - before * DAY) for host, before in touches]
            made.sell(session, order(ref, placed, "40.00", tokens=tokens, paid=paid), now=now)

        sell("900", 20, ("kiosk", 1))
        sell("901", 9, ("cafe", 9), ("florist", 4), ("kiosk", 1))
        sell("902", 8, ("cafe", 0))
        sell("903", 7, ("florist", 3), ("cafe", 2))
        sell("904", 6, ("kiosk", 1), paid=False)
    return made


def read(database: Database, lived: World, name: str, box: str, now: datetime,
         days: int = 10, **chosen: str) -> Report:
    """The report as this merchant reads it, behind the walls."""
    merchant = lived.merchants[name]
    with database.reading(merchant_id=merchant.id) as session:
        return paths.report(session, lived.actor(session, name), box,
                            Period(now - days * DAY, now), **chosen)


def told(report: Report, lived: World | None = None) -> list[str]:
    """Rows as text: `cafe 3: opened 2, closed 2, helped 0, given 2`."""
    names = {} if lived is None else {each.id: name for name, each in lived.members.items()}
    return [f"{names.get(row.key, row.key)} {row.part.paths}: opened {row.part.opened}, "
            f"closed {row.part.closed}, helped {row.part.helped}, given {row.part.given}"
            for row in report.rows]


def test_a_seller_reads_who_opened_helped_and_closed(
        database: Database, lived: World, now: datetime) -> None:
    found = read(database, lived, "bakery", paths.IN, now)

    assert told(found, lived) == [
        "cafe 3: opened 2, closed 2, helped 0, given 2",
        "florist 2: opened 1, closed 0, helped 1, given 0",
        "kiosk 1: opened 0, closed 1, helped 0, given 1",
    ]
    assert (found.paths, found.length, found.days) == (3, 2, 3)


def test_every_model_shares_out_every_order(
        database: Database, lived: World, now: datetime) -> None:
    found = read(database, lived, "bakery", paths.IN, now)
    by_name = {row.key: row.part.shares for row in found.rows}
    shares = {name: by_name[seat.id] for name, seat in lived.members.items() if name != "bakery"}

    assert shares == {
        # last, first, linear, position
        "cafe": [2, 2, Fraction(11, 6), Fraction(19, 10)],
        "florist": [0, 1, Fraction(5, 6), Fraction(7, 10)],
        "kiosk": [1, 0, Fraction(1, 3), Fraction(2, 5)],
    }
    assert [sum(each[n] for each in shares.values()) for n in range(4)] == [3, 3, 3, 3]


def test_a_period_holds_the_orders_placed_in_it(
        database: Database, lived: World, now: datetime) -> None:
    assert read(database, lived, "bakery", paths.IN, now, days=30).paths == 4
    assert read(database, lived, "bakery", paths.IN, now, days=8).paths == 2
    assert read(database, lived, "bakery", paths.IN, now, days=1).rows == ()


def test_rows_can_be_kinds_of_business_or_ways(
        database: Database, lived: World, now: datetime) -> None:
    by_kind = read(database, lived, "bakery", paths.IN, now, group=paths.KIND)
    by_way = read(database, lived, "bakery", paths.IN, now, group=paths.WAY)

    assert told(by_kind) == [
        "books 3: opened 2, closed 3, helped 0, given 3",
        "home 2: opened 1, closed 0, helped 1, given 0",
    ]
    assert told(by_way) == ["link 3: opened 3, closed 3, helped 0, given 3"]


def test_what_is_left_out_moves_no_end_of_a_path(
        database: Database, lived: World, now: datetime) -> None:
    florists = read(database, lived, "bakery", paths.IN, now, kind="home")
    widgets = read(database, lived, "bakery", paths.IN, now, way="widget")

    assert told(florists, lived) == ["florist 2: opened 1, closed 0, helped 1, given 0"]
    assert (florists.paths, widgets.paths, widgets.rows) == (3, 3, ())


def test_of_more_orders_than_are_read_the_newest_count_and_the_report_says_so(
        database: Database, lived: World, now: datetime) -> None:
    merchant = lived.merchants["bakery"]
    with database.reading(merchant_id=merchant.id) as session:
        cut, whole = (paths.report(session, lived.actor(session, "bakery"), paths.IN,
                                   Period(now - 10 * DAY, now), most=most) for most in (2, 4))

    # The newest of the two is not paid, so it has no path.
    assert (cut.paths, cut.is_cut, told(cut, lived)) == (1, True, [
        "florist 1: opened 1, closed 0, helped 0, given 0",
        "cafe 1: opened 0, closed 1, helped 0, given 1"])
    assert (whole.paths, whole.is_cut) == (3, False)


def test_a_host_reads_its_own_part_and_nobody_elses(
        database: Database, lived: World, now: datetime) -> None:
    found = read(database, lived, "florist", paths.OUT, now)

    assert told(found, lived) == ["bakery 2: opened 1, closed 0, helped 1, given 0"]
    assert (found.paths, found.length) == (2, 2)
    assert read(database, lived, "bakery", paths.OUT, now) == Report(0, 0, 0, ())
    for group in paths.BY[paths.OUT]:
        for row in read(database, lived, "florist", paths.OUT, now, group=group).rows:
            assert row.key in {lived.members["bakery"].id, "food", "link"}


def test_the_page_says_it_in_a_sentence(
        database: Database, lived: World, now: datetime, tmp_path: Path) -> None:
    app = pages.built(pages.hub_on(database, tmp_path, now))
    visitor = Visitor(app)
    visitor.sign_in(lived.merchants["bakery"])
    came = visitor.see("/paths").text
    other = Visitor(app)
    other.sign_in(lived.merchants["florist"])
    sent = other.see("/paths?box=out").text

    assert ("<strong>cafe</strong> opened <strong>50 %</strong> of the paths that ended at you, "
            "closed <strong>50 %</strong>, helped in <strong>0 %</strong>.") in _spaced(came)
    assert "4 paths. Usually 1 touch lies on one." in _spaced(came)
    assert ("Of your paths to <strong>bakery</strong> you opened <strong>50 %</strong>, "
            "closed <strong>0 %</strong>, helped in <strong>50 %</strong>.") in _spaced(sent)
    assert "kiosk" not in sent
    assert "cafe" not in sent


def test_a_page_asked_for_what_it_does_not_know_shows_what_comes_first(
        database: Database, lived: World, now: datetime, tmp_path: Path) -> None:
    visitor = Visitor(pages.built(pages.hub_on(database, tmp_path, now)))
    visitor.sign_in(lived.merchants["bakery"])

    odd = visitor.see("/paths?box=x&days=1e9&by=place&kind='--&way=%00x")
    assert odd.status_code == 400
    assert visitor.see("/paths?box=x&days=1e9&by=place&kind='--&way=wings").text.count(
        "<strong>cafe</strong> opened") == 1


def test_the_file_holds_the_same_rows_and_no_formula(
        database: Database, lived: World, now: datetime, tmp_path: Path) -> None:
    with database.transaction() as session:
        session.execute(update(Merchant).where(Merchant.name == "cafe").values(
            name='=HYPERLINK("https://evil.example")'))
    visitor = Visitor(pages.built(pages.hub_on(database, tmp_path, now)))
    visitor.sign_in(lived.merchants["bakery"])

    answer = visitor.see("/paths.csv?days=30")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="paths-in-30-days.csv"'
    assert rows == [
        ["Name", "Paths", "Touches", "Opened", "Closed", "Helped", "The last touch earns",
         "The first touch earns", "All touches earn equal shares",
         "First and last earn 40 % each, those between share 20 %", "The contract gave"],
        ["'=HYPERLINK(\"https://evil.example\")", "3", "3", "2", "2", "0",
         "2.0000", "2.0000", "1.8333", "1.9000", "2.0000"],
        ["florist", "2", "2", "1", "0", "1", "0.0000", "1.0000", "0.8333", "0.7000", "0.0000"],
        ["kiosk", "2", "2", "1", "2", "0", "2.0000", "1.0000", "1.3333", "1.4000", "2.0000"],
    ]


def _spaced(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())
