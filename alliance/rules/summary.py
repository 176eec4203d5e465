"""Terms in plain words, for the people who sign them (law §3)."""

from __future__ import annotations

from alliance.core.money import Money, Rate
from alliance.core.orders import Wanted
from alliance.rules.clauses import promises
from alliance.rules.sentences import Sentence, money_values, stamp
from alliance.rules.terms import Basis, Clause, Condition, Field, Op, Per, Terms


def summary(terms: Terms) -> tuple[Sentence, ...]:
    """What the terms say, sentence by sentence: parties, clauses in order, time, money, endings.

    Values are codes and numbers; pages translate by `code`, `english` gives the English.
    """
    clauses = tuple(sentence for clause in terms.clauses for sentence in _clause(clause, terms))
    return (*_parties(terms), *clauses, *_times(terms), *_money(terms), *_endings(terms))


def _parties(terms: Terms) -> tuple[Sentence, ...]:
    begins = {"from": stamp(terms.effective_from)}
    parties = Sentence("terms.parties", {"seller": terms.seller, "host": terms.host,
                                         "version": terms.version})
    if terms.effective_until is None:
        return (parties, Sentence("terms.from", begins))
    until = stamp(terms.effective_until)
    return (parties, Sentence("terms.from_until", {**begins, "until": until}))


def _clause(clause: Clause, terms: Terms) -> tuple[Sentence, ...]:
    name: dict[str, str | int] = {"clause": clause.key}
    said = [_pays(clause, name)]
    said += [condition_said(condition, terms, clause.key) for condition in clause.conditions]
    if clause.bonus:
        said.append(Sentence("clause.bonus", name))
    if clause.daily_limit is not None:
        said.append(Sentence("clause.daily_limit", {**name, "count": clause.daily_limit}))
    said += [Sentence(f"cap.{cap.per}", {**name, **money_values("amount", cap.amount)})
             for cap in clause.caps]
    return tuple(said)


def _pays(clause: Clause, name: dict[str, str | int]) -> Sentence:
    if not promises(clause):
        return Sentence("clause.nothing", name)
    if clause.rate is not None and clause.basis is Basis.PERCENT_OF_SALE:
        return Sentence("clause.percent_of_sale",
                        {**name, "rate": str(clause.rate), "rate_bp": clause.rate.bp})
    kind = clause.basis.value
    if clause.wanted is not Wanted.ORDER:
        kind = f"{kind}_{clause.wanted}"
    if clause.basis is Basis.BARTER:
        kind = f"barter_{clause.per or Per.ORDER}"
    amount = money_values("amount", clause.amount) if clause.amount is not None else {}
    return Sentence(f"clause.{kind}", {**name, **amount, "block": clause.block})


def condition_said(condition: Condition, terms: Terms, clause: str) -> Sentence:
    """One condition of a clause in words."""
    shown = list(condition.values)
    if condition.field is Field.ORDER_AMOUNT:
        shown = [str(Money(int(value), terms.currency)) for value in shown]
    field = condition.field.value.replace("_", " ")
    values: dict[str, str | int] = {"clause": clause, "field": field, "values": ", ".join(shown)}
    if condition.op is Op.BETWEEN:
        values |= {"low": shown[0], "high": shown[-1]}
    if condition.field is Field.ORDER_AMOUNT:
        for name, value in (("values", condition.values[0]), ("low", condition.values[0]),
                            ("high", condition.values[-1])):
            if name in values:
                values |= money_values(name, Money(int(value), terms.currency))
    return Sentence(f"condition.{condition.op}", values)


def _times(terms: Terms) -> tuple[Sentence, ...]:
    bond = Sentence("terms.no_bond")
    if terms.bond_days is not None:
        bond = Sentence("terms.bond", {"days": terms.bond_days})
    return (
        Sentence("terms.window", {"days": terms.window_days}),
        Sentence(f"terms.credit.{terms.credit}"),
        bond,
        *_renewals(terms),
        Sentence(f"terms.hold.{terms.hold_from}", {"days": terms.hold_days}),
        Sentence(f"terms.cycle.{terms.cycle}",
                 {"review": terms.review_days, "due": terms.due_days}),
    )


def _renewals(terms: Terms) -> tuple[Sentence, ...]:
    # Terms from before anybody could agree on renewals say nothing of them.
    if not terms.recurring_days:
        return ()
    return (Sentence("terms.recurring", {"days": terms.recurring_days}),)


def _money(terms: Terms) -> tuple[Sentence, ...]:
    switches = {"tax": terms.include_tax, "shipping": terms.include_shipping,
                "fees": terms.include_fees, "gift_cards": terms.include_gift_cards}
    said = [Sentence("terms.counts")]
    said += [Sentence(f"terms.{name}.{'in' if is_in else 'out'}")
             for name, is_in in switches.items()]
    said.append(Sentence("terms.coupon_cost", {
        "seller_share": str(Rate(terms.coupon_cost_seller_bp)),
        "host_share": str(Rate(10_000 - terms.coupon_cost_seller_bp)),
    }))
    said.append(Sentence(f"terms.mode.{terms.settlement_mode}"))
    if terms.settlement_currency is not None:
        said.append(Sentence("terms.settlement_currency",
                             {"currency": str(terms.settlement_currency)}))
    return tuple(said)


def _endings(terms: Terms) -> tuple[Sentence, ...]:
    said = [Sentence(f"terms.refund.{terms.refund_rule}"),
            Sentence(f"terms.exit.{terms.exit_rule}"),
            Sentence("terms.notice", {"days": terms.notice_days})]
    if terms.max_reversal_bp is not None:
        said.append(Sentence("terms.max_reversal", {"share": str(Rate(terms.max_reversal_bp))}))
    return tuple(said)
