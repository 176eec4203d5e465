"""Debts become few payments, and nobody's position moves by a cent (law §8.2–8.5)."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from alliance.core.errors import Invalid
from alliance.core.money import LIMIT, Currency, Money
from alliance.rules.netting import (
    Debt,
    Mode,
    few_payments,
    net,
    positions,
    positions_of_columns,
    unwind,
)
from alliance.rules.setoff import least_kept
from tests.unit.rules.netting_laws import (
    CREDITS,
    EUR,
    JPY,
    check,
    fewest,
    graphs,
    standing,
    two_heap_length,
)

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "netting.md"


def debts(*lines: str) -> list[Debt]:
    """`cafe owes bakery 4.20 EUR` each."""
    found = []
    for line in lines:
        debtor, _, creditor, amount, unit = line.split()
        currency = CREDITS if unit == "credits" else Currency(unit)
        found.append(Debt(debtor, creditor, Money.parse(amount, currency)))
    return found


def said(some: tuple[Debt, ...]) -> list[str]:
    return [str(debt) for debt in some]


RING = ["li owes wang 120.00 EUR", "wang owes zhang 100.00 EUR", "zhang owes li 80.00 EUR"]


def test_each_pair_pays_its_difference_in_bilateral_mode() -> None:
    plan = net(debts("cafe owes bakery 4.20 EUR", "bakery owes cafe 1.00 EUR",
                     "cafe owes bakery 0.30 EUR", "florist owes cafe 9.00 EUR"), Mode.BILATERAL)

    assert said(plan.payments) == ["cafe owes bakery 3.50 EUR", "florist owes cafe 9.00 EUR"]


def test_a_pair_that_owes_each_other_the_same_pays_nothing() -> None:
    for mode in Mode:
        plan = net(debts("cafe owes bakery 4.20 EUR", "bakery owes cafe 4.20 EUR"), mode)
        assert said(plan.payments) == []
        assert str(plan.of(EUR).cleared) == "8.40 EUR"


def test_a_ring_of_debts_is_set_off_in_cycles_mode() -> None:
    plan = net(debts(*RING), Mode.CYCLES)

    assert said(plan.payments) == ["li owes wang 40.00 EUR", "wang owes zhang 20.00 EUR"]


def test_a_debt_that_closes_no_circle_stays_in_cycles_mode_and_nobody_pays_a_stranger() -> None:
    chain = ["cafe owes bakery 5.00 EUR", "bakery owes mill 5.00 EUR"]

    assert said(net(debts(*chain), Mode.CYCLES).payments) == sorted(chain)
    assert said(net(debts(*chain), Mode.MULTILATERAL).payments) == ["cafe owes mill 5.00 EUR"]


def test_cycles_mode_prefers_the_long_circle_to_the_short_one_when_a_debt_is_in_both() -> None:
    # Setting a and b off against each other clears 10; the way round by c, d and e clears 25.
    plan = net(debts("a owes b 5.00 EUR", "b owes a 5.00 EUR", "b owes c 5.00 EUR",
                     "c owes d 5.00 EUR", "d owes e 5.00 EUR", "e owes a 5.00 EUR"), Mode.CYCLES)

    assert said(plan.payments) == ["b owes a 5.00 EUR"]
    assert str(plan.of(EUR).cleared) == "25.00 EUR"


def test_cycles_mode_takes_back_a_short_way_that_stood_in_the_way_of_two() -> None:
    # The shortest way from s to t goes over a and b, but then the second unit finds none.
    plan = net(debts("s owes a 1.00 EUR", "a owes b 1.00 EUR", "b owes a 1.00 EUR",
                     "b owes t 1.00 EUR", "s owes c 1.00 EUR", "c owes d 1.00 EUR",
                     "d owes b 1.00 EUR", "a owes e 1.00 EUR", "e owes f 1.00 EUR",
                     "f owes t 1.00 EUR"), Mode.CYCLES)

    assert said(plan.payments) == [
        "a owes e 1.00 EUR", "b owes t 1.00 EUR", "c owes d 1.00 EUR", "d owes b 1.00 EUR",
        "e owes f 1.00 EUR", "f owes t 1.00 EUR", "s owes a 1.00 EUR", "s owes c 1.00 EUR"]


def test_multilateral_mode_pays_net_positions_only() -> None:
    plan = net(debts(*RING), Mode.MULTILATERAL)

    assert said(plan.payments) == ["li owes wang 20.00 EUR", "li owes zhang 20.00 EUR"]


def test_two_groups_that_settle_among_themselves_need_two_payments_less() -> None:
    balance = {"a": -5, "b": -7, "c": 12, "d": -8, "e": -6, "f": 14}

    assert sorted(few_payments(balance)) == [
        ("a", "c", 5), ("b", "c", 7), ("d", "f", 8), ("e", "f", 6)]


def test_the_true_minimum_is_found_for_sixteen_where_largest_first_needs_more() -> None:
    groups = [(-1009, -2003, 3012), (-1013, -2011, 3024), (-1019, -2017, 3036),
              (-1021, -2027, 3048), (-4001, -5003, -6007, 15011)]
    amounts = [amount for group in groups for amount in group]
    assert len(amounts) == 16

    payments = few_payments({f"m{place:02}": amount for place, amount in enumerate(amounts)})

    assert len(payments) == 16 - 5


def test_more_than_sixteen_are_settled_pairs_of_equals_first() -> None:
    balance = {f"m{place:02}": -place * place for place in range(1, 13)}
    balance |= {f"n{place:02}": place * place for place in range(1, 13)}
    balance |= {"x": -300, "y": 200, "z": 100}

    payments = few_payments(balance)

    assert [(payer[1:], payee[1:]) for payer, payee, _ in payments[:12]] == [
        (f"{place:02}", f"{place:02}") for place in range(1, 13)]
    assert sorted(payments[12:]) == [("x", "y", 200), ("x", "z", 100)]


def test_more_than_sixteen_never_need_more_than_largest_first_would() -> None:
    # Here paying equals first would spoil what largest-first happens to meet on its way: 20.
    balances = [31, -5, -25, 24, -4, -37, -3, 27, -33, -4, -33, -29, 7, 5, -26, 24, 17, -5, -36,
                -33, 30, -6, 114]
    assert sum(balances) == 0
    assert two_heap_length(balances) == 19

    payments = few_payments({f"m{place:02}": amount for place, amount in enumerate(balances)})

    assert len(payments) == 19


def test_balances_that_do_not_sum_to_zero_are_refused() -> None:
    with pytest.raises(Invalid, match="do not sum to zero"):
        few_payments({"cafe": -5, "bakery": 4})


def test_currencies_and_credits_never_mix() -> None:
    plan = net(debts("cafe owes bakery 5.00 EUR", "bakery owes cafe 500 JPY",
                     "cafe owes bakery 3 credits", "bakery owes cafe 1 credits"),
               Mode.MULTILATERAL)

    assert said(plan.payments) == ["cafe owes bakery 2 credits", "cafe owes bakery 5.00 EUR",
                                   "bakery owes cafe 500 JPY"]
    assert [totals.currency for totals in plan.totals] == [CREDITS, EUR, JPY]
    assert plan.gross_count == 4
    assert str(plan.of(CREDITS).cleared) == "2 credits"


def test_no_debts_make_an_empty_plan() -> None:
    for mode in Mode:
        plan = net([], mode)
        assert (plan.payments, plan.totals, plan.gross_count) == ((), (), 0)
        assert (plan.of(EUR).gross_count, str(plan.of(EUR).cleared)) == (0, "0.00 EUR")


def test_a_plan_says_how_many_debts_became_how_many_payments() -> None:
    plan = net(debts(*RING, "li owes wang 1.00 EUR"), Mode.CYCLES)

    totals = plan.of(EUR)
    assert (totals.gross_count, totals.count) == (4, 2)
    assert (str(totals.gross_total), str(totals.paid_total), str(totals.cleared)) == (
        "301.00 EUR", "61.00 EUR", "240.00 EUR")


def test_netting_a_plan_again_changes_nothing() -> None:
    for some in graphs(seed=3, count=40):
        for mode in Mode:
            payments = net(some, mode).payments
            assert net(payments, mode).payments == payments


@pytest.mark.parametrize(("line", "why"), [
    ("cafe owes bakery 0.00 EUR", "not above zero"),
    ("cafe owes bakery -1.00 EUR", "turn the debt around"),
    ("cafe owes cafe 1.00 EUR", "cannot owe itself"),
])
def test_a_debt_of_nothing_or_to_oneself_cannot_be_said(line: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        debts(line)


def test_a_mode_that_no_charter_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="novation"):
        net([], "novation")


def test_a_sum_that_no_ledger_would_book_is_refused() -> None:
    rows = [Debt("cafe", "bakery", Money(LIMIT, EUR)), Debt("cafe", "bakery", Money(1, EUR))]

    with pytest.raises(Invalid, match="beyond what the hub will book"):
        net(rows, Mode.MULTILATERAL)


def test_positions_name_everyone_and_sum_to_zero() -> None:
    assert positions(debts(*RING, "zhao owes li 20.00 EUR", "li owes zhao 20.00 EUR")) == {
        EUR: {"li": -4000, "wang": 2000, "zhang": 2000, "zhao": 0}}


def test_positions_of_columns_are_those_of_the_debts() -> None:
    for some in graphs(seed=5, count=40):
        rows = [debt for debt in some if debt.amount.currency == EUR]
        columns = positions_of_columns([int(debt.debtor[1:]) for debt in rows],
                                       [int(debt.creditor[1:]) for debt in rows],
                                       [debt.amount.minor for debt in rows], 25)
        assert {f"m{place:02}": minor for place, minor in enumerate(columns) if minor} == {
            member: minor for (_, member), minor in standing(rows).items()}


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        positions_of_columns([0, 1], [1, 0], [5], 2)


def test_a_defaulter_returns_to_gross_debts_and_the_others_are_netted_anew() -> None:
    unwound = unwind(debts(*RING, "zhang owes wang 30.00 EUR", "zhang owes li 1.00 EUR"),
                     "li", Mode.MULTILATERAL)

    assert said(unwound.gross) == ["li owes wang 120.00 EUR", "zhang owes li 81.00 EUR"]
    assert said(unwound.plan.payments) == ["wang owes zhang 70.00 EUR"]
    assert (unwound.plan.gross_count, str(unwound.plan.of(EUR).cleared)) == (2, "60.00 EUR")


def test_a_payment_already_made_lessens_what_its_payer_owes_that_payee() -> None:
    rows = debts("cafe owes bakery 5.00 EUR", "cafe owes bakery 4.00 EUR",
                 "mill owes cafe 1.00 EUR")

    unwound = unwind(rows, "mill", Mode.CYCLES, paid=debts("cafe owes bakery 8.00 EUR"))

    assert said(unwound.gross) == ["mill owes cafe 1.00 EUR"]
    assert said(unwound.plan.payments) == ["cafe owes bakery 1.00 EUR"]


def test_a_payment_in_full_closes_its_debt() -> None:
    rows = debts("cafe owes bakery 5.00 EUR", "mill owes cafe 1.00 EUR")

    unwound = unwind(rows, "mill", Mode.BILATERAL, paid=debts("cafe owes bakery 5.00 EUR"))

    assert (unwound.plan.payments, unwound.plan.totals) == ((), ())


def test_a_payment_already_made_to_a_stranger_is_owed_back_and_netted() -> None:
    # Under the plan the cafe paid the mill for the bakery; then the bakery defaults.
    chain = debts("cafe owes bakery 5.00 EUR", "bakery owes mill 5.00 EUR")
    (payment,) = net(chain, Mode.MULTILATERAL).payments
    assert str(payment) == "cafe owes mill 5.00 EUR"

    unwound = unwind(chain, "bakery", Mode.MULTILATERAL, paid=[payment])

    assert said(unwound.gross) == ["bakery owes mill 5.00 EUR", "cafe owes bakery 5.00 EUR"]
    assert said(unwound.plan.payments) == ["mill owes cafe 5.00 EUR"]


def test_a_payment_in_a_currency_without_debts_is_owed_back() -> None:
    unwound = unwind(debts("cafe owes mill 1.00 EUR"), "mill", Mode.CYCLES,
                     paid=debts("cafe owes bakery 500 JPY"))

    assert said(unwound.plan.payments) == ["bakery owes cafe 500 JPY"]


def test_unwinding_someone_without_debts_changes_nothing() -> None:
    unwound = unwind(debts(*RING), "zhao", Mode.CYCLES)

    assert unwound.gross == ()
    assert unwound.plan == net(debts(*RING), Mode.CYCLES)


def test_the_laws_of_netting_hold_for_three_hundred_random_alliances() -> None:
    chance = random.Random(1)
    for some in graphs(seed=1, count=300):
        check(some, chance)


def test_the_fewest_payments_are_found_for_every_way_six_small_balances_can_fall() -> None:
    chance = random.Random(2)
    for _ in range(400):
        balances = [chance.randint(-4, 4) for _ in range(chance.randint(1, 6))]
        balances.append(-sum(balances))
        payments = few_payments({f"m{place}": one for place, one in enumerate(balances)})
        assert len(payments) == fewest(balances)


def test_nothing_is_kept_of_debts_without_net_positions() -> None:
    assert least_kept(0, []) == []
    assert least_kept(3, [(0, 1, 7), (1, 2, 7), (2, 0, 7)]) == [0, 0, 0]


def test_the_figures_on_the_page_are_those_of_the_rule() -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = _sections(page)
    owed = debts(*sections["The debts"])
    assert f"Four shops, seven debts, {net(owed, Mode.CYCLES).of(EUR).gross_total} in all" in page

    for mode in Mode:
        plan = net(owed, mode)
        assert sections[f"`{mode}`"] == said(plan.payments)
        assert (f"7 debts become {len(plan.payments)} payments; "
                f"{plan.of(EUR).cleared} is cleared") in page
    unwound = unwind(owed, "zhao", Mode.MULTILATERAL)
    assert sections["When one does not pay"] == said((*unwound.gross, *unwound.plan.payments))


def _sections(page: str) -> dict[str, list[str]]:
    parts = re.split(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return {title: re.findall(r"^\w+ owes \w+ [0-9.]+ EUR$", text, flags=re.MULTILINE)
            for title, text in zip(parts[1::2], parts[2::2], strict=True)}
