"""The tables of docs/explanation/attribution.md are what the code computes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from alliance.rules.attribution import NEARNESS, Decision, Evidence, Standing, decide
from alliance.rules.commission import expected
from alliance.rules.terms import CreditModel
from tests.unit.rules.law import credit, line, order, percent, terms, touch

PAGE = Path(__file__).parents[3] / "docs/explanation/attribution.md"


def rows(first: str) -> Iterator[list[str]]:
    """The rows of the table whose first heading is this."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"| {first} |")
    for text in rest.split("\n\n")[0].splitlines()[2:]:
        yield [cell.strip() for cell in text.strip("|").split("|")]


def test_the_tests_of_a_touch_stand_in_the_order_of_the_code() -> None:
    assert [reason.strip("`") for _, reason in rows("test")] == list(NEARNESS)


def test_the_table_of_winners_is_what_is_decided() -> None:
    table = list(rows("touches"))
    assert len(table) == 10
    for touches, model, decisions in table:
        made = []
        for place, text in enumerate(touches.split(", ")):
            host, kind, days = text.split()
            made.append(touch(
                f"mem_{host}", f"t{place}", timedelta(days=int(days)), kind=Evidence(kind),
                terms=terms(host=f"mem_{host}", credit=CreditModel(model))))
        assert [said(each) for each in decide(order(), made, Standing())] == decisions.split(", ")


def said(decision: Decision) -> str:
    share = f" {decision.weight}/{decision.weight_sum}" if decision.weight else ""
    return f"{decision.host[4:]} {decision.reason or decision.outcome}{share}"


def test_the_table_of_commissions_is_what_is_expected() -> None:
    table = list(rows("line"))
    assert len(table) == 8
    for net, refunded, rates, weights, amounts in table:
        hosts = [credit(terms(percent(rate), host=f"mem_{place}"), int(weight))
                 for place, (rate, weight) in enumerate(
                     zip(rates.split(", "), weights.split(", "), strict=True))]
        paid = {each.host: str(each.amount).removesuffix(" EUR")
                for each in expected(order(line(net, refunded=refunded)), hosts)}
        told = [paid.get(each.host, "nothing") for each in hosts]
        assert told == amounts.split(", ")
