"""Which part each touch has in a sale, and what each credit model would give it (law §4.2)."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance.core.orders import OrderState, StoreOrder
from alliance.rules import paths
from alliance.rules.attribution import Evidence, Inputs, Standing, Touch, decide
from alliance.rules.paths import MODELS, Path, parts, path_of
from alliance.rules.terms import CreditModel
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    FLORIST,
    any_order,
    any_touch,
    order,
    terms,
    touch,
)

any_touches = st.integers(0, 5).flatmap(
    lambda count: st.tuples(*(any_touch(f"t{place}") for place in range(count))))
any_standing = st.builds(
    Standing, suspended=st.frozensets(st.sampled_from([BAKERY, FLORIST]), max_size=1),
    capped=st.frozensets(st.sampled_from([CAFE, BAKERY]), max_size=1))


def path(*touches: Touch, sold: StoreOrder | None = None, **standing: Any) -> Path | None:
    """The path that these touches make."""
    return path_of(Inputs(sold or order(), touches, Standing(**standing)))


def told(found: Path | None) -> dict[str, str]:
    """Each host's part as text: `opened, last 1/2, given 1/2`; shares of nothing are left out."""
    assert found is not None
    said = {}
    for host, part in parts([found], lambda touch: touch.host).items():
        roles = [word for word in ("opened", "closed", "helped") if getattr(part, word)]
        shares = [f"{model} {share}" for model, share in zip(MODELS, part.shares, strict=True)
                  if share]
        said[host[4:]] = ", ".join([*roles, *shares, f"given {part.given}"])
    return said


def test_three_hosts_open_help_and_close_one_sale() -> None:
    found = path(touch(BAKERY, "b", 9 * DAY), touch(CAFE, "c", 5 * DAY),
                 touch(FLORIST, "f", 2 * DAY))

    assert told(found) == {
        "bakery": "opened, first 1, linear 1/3, position 2/5, given 0",
        "cafe": "helped, linear 1/3, position 1/5, given 0",
        "florist": "closed, last 1, linear 1/3, position 2/5, given 1",
    }
    assert found is not None
    assert found.took == timedelta(days=9)


def test_one_touch_opens_and_closes_at_once() -> None:
    assert told(path(touch(CAFE))) == {
        "cafe": "opened, closed, last 1, first 1, linear 1, position 1, given 1"}


def test_what_the_contract_gave_is_what_its_own_model_gives() -> None:
    bound = {host: terms(host=host, credit=CreditModel.POSITION) for host in (BAKERY, CAFE)}
    found = path(touch(BAKERY, "b1", 9 * DAY, terms=bound[BAKERY]),
                 touch(CAFE, "c", 5 * DAY, terms=bound[CAFE]),
                 touch(BAKERY, "b2", 2 * DAY, terms=bound[BAKERY]))

    assert told(found) == {
        "bakery": "opened, closed, last 1, first 1, linear 2/3, position 4/5, given 4/5",
        "cafe": "helped, linear 1/3, position 1/5, given 1/5",
    }


def test_a_weaker_touch_lies_on_the_path_but_shares_in_no_model() -> None:
    found = path(touch(BAKERY, "b", 9 * DAY), touch(CAFE, "c", 0 * DAY, kind=Evidence.COUPON))

    assert told(found) == {
        "bakery": "opened, given 0",
        "cafe": "closed, last 1, first 1, linear 1, position 1, given 1",
    }


@pytest.mark.parametrize("wrong", [
    {"forged": True}, {"replayed": True}, {"invalid": "robot"}, {"kind": Evidence.VIEW},
    {"ago": 31 * DAY}, {"without_contract": True},
])
def test_what_something_speaks_against_lies_on_no_path(wrong: dict[str, Any]) -> None:
    assert path(touch(BAKERY, "b", **wrong)) is None
    assert list(told(path(touch(BAKERY, "b", **wrong), touch(CAFE, "c")))) == ["cafe"]


@pytest.mark.parametrize("sold", [
    order(is_test=True), order(state=OrderState.OPEN, paid_at=None),
    order(state=OrderState.CANCELLED),
])
def test_what_is_no_sale_has_no_path(sold: StoreOrder) -> None:
    assert path(touch(CAFE), sold=sold) is None


def test_an_order_that_renews_another_by_itself_has_no_path() -> None:
    bound = terms(recurring_days=365)
    renewal = touch(CAFE, "r", 30 * DAY, kind=Evidence.RENEWAL, terms=bound, weight=100)

    assert path(renewal, sold=order(renews="900")) is None


def test_a_link_that_an_order_carries_twice_is_one_touch() -> None:
    found = path(touch(CAFE, "c"), touch(CAFE, "c"))

    assert found is not None
    assert len(found.steps) == 1


def test_paths_add_up_and_touches_without_a_key_are_left_out() -> None:
    both = [path(touch(BAKERY, "b", 9 * DAY), touch(CAFE, "c", 5 * DAY)), path(touch(CAFE, "d"))]
    made = [each for each in both if each is not None]

    by_host = parts(made, lambda touch: touch.host)
    only_cafe = parts(made, lambda touch: touch.host if touch.host == CAFE else None)

    cafe = by_host[CAFE]
    assert (cafe.paths, cafe.touches, cafe.opened, cafe.closed, cafe.helped) == (2, 2, 1, 2, 0)
    assert cafe.shares == [Fraction(2), Fraction(1), Fraction(3, 2), Fraction(3, 2)]
    assert by_host[BAKERY].opened == 1
    assert only_cafe == {CAFE: cafe}


@pytest.mark.parametrize(("values", "middle"), [([], 0), ([7], 7), ([1, 9], 1), ([9, 1, 2], 2)])
def test_the_usual_value_is_the_middle_one(values: list[int], middle: int) -> None:
    assert paths.usual(values) == middle


@given(any_order(), any_touches, any_standing)
def test_on_any_path_all_is_shared_out_and_each_end_belongs_to_one(
        sold: StoreOrder, touches: tuple[Touch, ...], standing: Standing) -> None:
    found = path_of(Inputs(sold, touches, standing))
    decisions = decide(sold, touches, standing)
    if found is None:
        assert not any(each.weight for each in decisions if each.kind is not Evidence.RENEWAL)
        return
    by_host = parts([found], lambda touch: touch.host)

    assert [sum(part.shares[n] for part in by_host.values()) for n in range(len(MODELS))] == [1] * 4
    assert sum(part.opened for part in by_host.values()) == 1
    assert sum(part.closed for part in by_host.values()) == 1
    assert all(part.helped == (not part.opened and not part.closed) for part in by_host.values())
    assert sum(part.touches for part in by_host.values()) == len(found.steps)
    # The contract gave what the decisions say, host by host.
    assert {host: part.given for host, part in by_host.items() if part.given} == {
        each.host: Fraction(each.weight, each.weight_sum) for each in decisions if each.weight}


@given(st.lists(st.tuples(any_order(), any_touches), max_size=3), any_standing)
def test_parts_do_not_depend_on_the_order_of_the_paths(
        drawn: list[tuple[StoreOrder, tuple[Touch, ...]]], standing: Standing) -> None:
    made = [found for sold, touches in drawn
            if (found := path_of(Inputs(sold, touches, standing))) is not None]

    assert parts(made, lambda touch: touch.kind) == parts(made[::-1], lambda touch: touch.kind)
