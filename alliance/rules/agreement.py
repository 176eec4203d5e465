"""Terms written down: canonical JSON, its hash, and the strict way back (law §3)."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from functools import lru_cache
from hashlib import sha256
from typing import Any

import rfc8785

from alliance.core.errors import Invalid
from alliance.core.money import LIMIT, Currency, Money, Rate
from alliance.core.orders import Wanted
from alliance.core.reading import Fields, money_json, time_json
from alliance.rules import conditions
from alliance.rules.terms import (
    CYCLES,
    EXIT_RULES,
    HOLDS_FROM,
    REFUND_RULES,
    SETTLEMENT_MODES,
    Basis,
    Cap,
    CapPer,
    Clause,
    Condition,
    CreditModel,
    Field,
    Op,
    Per,
    Terms,
)

MOST_DAYS = 3_660
"""Ten years: no window, hold or notice is longer."""

MOST = LIMIT // 1000
"""No single amount in terms is larger, so that sums of it stay within what can be booked."""

_LATER = ("recurring_days",)
"""What terms could not say at first, left out where it is not said."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


def canonical(terms: Terms) -> bytes:
    """The one written form of these terms: RFC 8785 JSON, what every party signs (law §3)."""
    value: Any = to_json(terms)
    return rfc8785.dumps(value)


@lru_cache(maxsize=4096)
def terms_hash(terms: Terms) -> str:
    """SHA-256 of the canonical form, hexadecimal: the name of these terms in every record."""
    return sha256(canonical(terms)).hexdigest()


def to_json(terms: Terms) -> dict[str, object]:
    """The terms as JSON values, so that a hash says everything.

    Every key is always there but those of `_LATER`: what is not said there keeps its old hash.
    """
    plain: dict[str, object] = {field.name: getattr(terms, field.name) for field in fields(terms)}
    for name in _LATER:
        if plain[name] is None:
            del plain[name]
    until, currency = terms.effective_until, terms.settlement_currency
    return {
        **plain,
        "clauses": [_clause_to_json(clause) for clause in terms.clauses],
        "currency": str(terms.currency),
        "effective_from": time_json(terms.effective_from),
        "effective_until": time_json(until) if until else None,
        "credit": terms.credit.value,
        "settlement_currency": str(currency) if currency else None,
    }


def from_json(value: object) -> Terms:
    """The terms of a JSON value; what has a default may be left out, nothing may be added.

    Raises `Invalid` for unknown keys, wrong types, rates out of range, negative amounts, mixed
    currencies, comparisons a field does not know, and ranges that hold nothing. What is merely
    not yet said (a clause without a rate) is left to `gaps`.
    """
    where = Fields(value, "terms")
    where.give(_DEFAULTS)
    terms = _read_terms(where)
    where.done()
    if terms.effective_until is not None and terms.effective_until <= terms.effective_from:
        raise Invalid("empty_range", "The terms end before they begin.", field="effective_until")
    keys = [clause.key for clause in terms.clauses]
    for key in keys:
        if keys.count(key) > 1:
            raise Invalid("repeated_clause", f"Two clauses are called {key}.", clause=key)
    return terms


def check_clause(clause: Clause, currency: Currency) -> None:
    """Refuse, as `Invalid`, a clause that contradicts itself or the currency of its terms."""
    if clause.amount is not None:
        _check_currency(clause, clause.amount, currency)
    for cap in clause.caps:
        _check_currency(clause, cap.amount, currency)
    wrong = (
        (clause.rate is not None and clause.basis is not Basis.PERCENT_OF_SALE)
        or (clause.amount is not None and clause.basis is Basis.PERCENT_OF_SALE)
        or (clause.per is not None and clause.basis is not Basis.BARTER)
        or (clause.wanted is not Wanted.ORDER and clause.basis is not Basis.PER_REFERRAL)
    )
    if wrong:
        raise Invalid("wrong_field", f"Clause {clause.key} has a value that {clause.basis} does "
                      "not use.", clause=clause.key)
    for condition in clause.conditions:
        conditions.check(condition)
    conditions.check_together(clause.conditions)


def _check_currency(clause: Clause, amount: Money, currency: Currency) -> None:
    if amount.minor < 0:
        raise Invalid("negative_amount", f"Clause {clause.key} has an amount below zero.",
                      clause=clause.key)
    barter = clause.basis is Basis.BARTER
    if amount.currency.is_credits != barter or (not barter and amount.currency != currency):
        raise Invalid("mixed_currencies", f"Clause {clause.key} counts in {amount.currency}.",
                      clause=clause.key)


def _defaults() -> dict[str, object]:
    return {field.name: getattr(field.default, "value", field.default)
            for field in fields(Terms) if field.default is not MISSING}


_DEFAULTS = _defaults()
_CLAUSE_DEFAULTS: dict[str, object] = {
    "rate_bp": None, "amount": None, "per": None, "block": 1, "daily_limit": None,
    "bonus": False, "wanted": Wanted.ORDER.value, "conditions": [], "caps": [],
}


def _read_terms(where: Fields) -> Terms:
    currency = where.currency("currency")
    return Terms(
        seller=where.text("seller"),
        host=where.text("host"),
        version=where.whole("version", 1, 10**6),
        clauses=tuple(_clause_from_json(inner, currency) for inner in where.objects("clauses")),
        currency=currency,
        effective_from=where.time("effective_from"),
        effective_until=where.maybe("effective_until", where.time),
        window_days=where.whole("window_days", 0, MOST_DAYS),
        credit=where.word("credit", CreditModel),
        hold_days=where.whole("hold_days", 0, MOST_DAYS),
        hold_from=where.choice("hold_from", HOLDS_FROM),
        review_days=where.whole("review_days", 0, MOST_DAYS),
        due_days=where.whole("due_days", 0, MOST_DAYS),
        notice_days=where.whole("notice_days", 0, MOST_DAYS),
        cycle=where.choice("cycle", CYCLES),
        settlement_mode=where.choice("settlement_mode", SETTLEMENT_MODES),
        settlement_currency=where.maybe("settlement_currency", where.currency),
        include_tax=where.flag("include_tax"),
        include_shipping=where.flag("include_shipping"),
        include_fees=where.flag("include_fees"),
        include_gift_cards=where.flag("include_gift_cards"),
        bond_days=where.maybe("bond_days", lambda name: where.whole(name, 0, MOST_DAYS)),
        refund_rule=where.choice("refund_rule", REFUND_RULES),
        exit_rule=where.choice("exit_rule", EXIT_RULES),
        coupon_cost_seller_bp=_rate(where, "coupon_cost_seller_bp").bp,
        max_reversal_bp=where.maybe("max_reversal_bp", lambda name: _rate(where, name).bp),
        recurring_days=where.maybe("recurring_days",
                                   lambda name: where.whole(name, 0, MOST_DAYS)),
    )


def _rate(where: Fields, name: str) -> Rate:
    return Rate(where.whole(name, -LIMIT, LIMIT))


def _clause_to_json(clause: Clause) -> dict[str, object]:
    return {
        "key": clause.key,
        "basis": clause.basis.value,
        "rate_bp": clause.rate.bp if clause.rate else None,
        "amount": money_json(clause.amount) if clause.amount is not None else None,
        "per": clause.per.value if clause.per else None,
        "block": clause.block,
        "daily_limit": clause.daily_limit,
        "bonus": clause.bonus,
        # Left out where it is an order, as it was before there was anything else to want.
        **({"wanted": clause.wanted.value} if clause.wanted is not Wanted.ORDER else {}),
        "conditions": [{"field": each.field.value, "op": each.op.value,
                        "values": list(each.values)} for each in clause.conditions],
        "caps": [{"per": cap.per.value, "amount": money_json(cap.amount)} for cap in clause.caps],
    }


def _clause_from_json(where: Fields, currency: Currency) -> Clause:
    where.give(_CLAUSE_DEFAULTS)
    clause = Clause(
        key=where.text("key"),
        basis=where.word("basis", Basis),
        rate=where.maybe("rate_bp", lambda name: _rate(where, name)),
        amount=where.maybe("amount", lambda name: _amount(where, name)),
        per=where.maybe("per", lambda name: where.word(name, Per)),
        block=where.whole("block", 1, 10**9),
        daily_limit=where.maybe("daily_limit", lambda name: where.whole(name, 1, 10**9)),
        bonus=where.flag("bonus"),
        wanted=where.word("wanted", Wanted),
        conditions=tuple(_condition(inner) for inner in where.objects("conditions")),
        caps=tuple(_cap(inner) for inner in where.objects("caps")),
    )
    where.done()
    if not _KEY.fullmatch(clause.key):
        raise Invalid("malformed_key", f"{clause.key[:40]!r} is not a clause key such as toys.")
    check_clause(clause, currency)
    return clause


def _condition(where: Fields) -> Condition:
    condition = Condition(where.word("field", Field), where.word("op", Op), where.texts("values"))
    where.done()
    return condition


def _cap(where: Fields) -> Cap:
    cap = Cap(where.word("per", CapPer), _amount(where, "amount"))
    where.done()
    return cap


def _amount(where: Fields, name: str) -> Money:
    amount = where.money(name)
    if amount.minor > MOST:
        raise Invalid("amount_too_large", f"{amount} is beyond what terms can promise.")
    return amount
