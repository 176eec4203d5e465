"""What terms still lack before anybody should sign them (A2.6, law §3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alliance.core.errors import Invalid
from alliance.rules.agreement import MOST_DAYS, check_clause
from alliance.rules.conditions import MEANINGFUL
from alliance.rules.sentences import Sentence, english
from alliance.rules.terms import (
    CYCLES,
    EXIT_RULES,
    HOLDS_FROM,
    REFUND_RULES,
    SETTLEMENT_MODES,
    Basis,
    Cause,
    Clause,
    Per,
    Terms,
    cause,
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing or cannot work. `clause` is empty for the terms as a whole."""

    sentence: Sentence
    clause: str = ""

    @property
    def code(self) -> str:
        """What kind of gap it is, such as `no_rate`."""
        return self.sentence.code.removeprefix("gap.")

    @property
    def english(self) -> str:
        """The gap as an English sentence."""
        return english(self.sentence)


def gaps(terms: Terms) -> tuple[Gap, ...]:
    """All gaps, in the order in which a reader meets them; none means the terms can be signed."""
    found = [*_parties(terms), *_days(terms), *_rules(terms)]
    keys = [clause.key for clause in terms.clauses]
    found += [_of_clause("repeated_clause", key)
              for place, key in enumerate(keys) if key in keys[:place]]
    for place, clause in enumerate(terms.clauses):
        found += [*_clause(clause, terms), *_reach(clause, terms.clauses[:place])]
    return (*found, *_over_whole(terms))


def _gap(code: str, **values: str | int) -> Gap:
    return Gap(Sentence(f"gap.{code}", values))


def _of_clause(code: str, clause: str, **values: str | int) -> Gap:
    return Gap(Sentence(f"gap.{code}", {"clause": clause, **values}), clause)


def _parties(terms: Terms) -> Iterator[Gap]:
    if not terms.clauses:
        yield _gap("no_clauses")
    if terms.seller == terms.host:
        yield _gap("same_party")
    if terms.effective_until is not None and terms.effective_until <= terms.effective_from:
        yield _gap("dates_reversed")


def _days(terms: Terms) -> Iterator[Gap]:
    if terms.window_days < 1:
        yield _gap("no_window")
    for name in ("window_days", "hold_days", "review_days", "due_days", "notice_days",
                 "bond_days", "recurring_days"):
        days: int | None = getattr(terms, name)
        if days is not None and not 0 <= days <= MOST_DAYS:
            yield _gap("days_out_of_range", field=name, most=MOST_DAYS)


def _rules(terms: Terms) -> Iterator[Gap]:
    known = {"cycle": CYCLES, "settlement_mode": SETTLEMENT_MODES, "hold_from": HOLDS_FROM,
             "refund_rule": REFUND_RULES, "exit_rule": EXIT_RULES}
    for name, words in known.items():
        value: str = getattr(terms, name)
        if value not in words:
            yield _gap("unknown_rule", field=name, value=value or "empty", known=", ".join(words))
    for name in ("currency", "settlement_currency"):
        currency = getattr(terms, name)
        if currency is not None and currency.is_credits:
            yield _gap("credits_as_currency", field=name)
    for name in ("coupon_cost_seller_bp", "max_reversal_bp"):
        share: int | None = getattr(terms, name)
        if share is not None and not 0 <= share <= 10_000:
            yield _gap("share_out_of_range", field=name)


def _clause(clause: Clause, terms: Terms) -> Iterator[Gap]:
    is_percent = clause.basis is Basis.PERCENT_OF_SALE
    lacks = {
        "no_rate": is_percent and clause.rate is None,
        "no_amount": not is_percent and (clause.amount is None or clause.amount.minor <= 0),
        "no_per": clause.basis is Basis.BARTER and clause.per is None,
        "bad_block": clause.block < 1,
        "bad_daily_limit": clause.daily_limit is not None and clause.daily_limit < 1,
    }
    for code, is_lacking in lacks.items():
        if is_lacking:
            yield _of_clause(code, clause.key)
    if clause.daily_limit is not None and cause(clause) is not Cause.CLICKS:
        yield _of_clause("unused_field", clause.key, field="daily_limit")
    if clause.block != 1 and clause.per is not Per.IMPRESSIONS:
        yield _of_clause("unused_field", clause.key, field="block")
    try:
        check_clause(clause, terms.currency)
    except Invalid as refusal:
        yield _of_clause("bad_clause", clause.key, detail=refusal.detail)
    for condition in clause.conditions:
        if condition.field not in MEANINGFUL[cause(clause)]:
            yield _of_clause("meaningless_condition", clause.key,
                             field=condition.field.value.replace("_", " "))


def _reach(clause: Clause, above: tuple[Clause, ...]) -> Iterator[Gap]:
    # Whatever meets this clause's conditions meets a part of them as well.
    if clause.bonus or cause(clause) is Cause.ACCEPTANCE:
        return
    for other in above:
        takes_all = set(other.conditions) <= set(clause.conditions)
        if not other.bonus and cause(other) is cause(clause) and takes_all:
            yield _of_clause("never_matches", clause.key, above=other.key)
            return


def _over_whole(terms: Terms) -> Iterator[Gap]:
    rated = [(clause.bonus, clause.rate.bp) for clause in terms.clauses
             if clause.rate is not None and clause.basis is Basis.PERCENT_OF_SALE]
    highest = max((bp for bonus, bp in rated if not bonus), default=0)
    bp = highest + sum(bp for bonus, bp in rated if bonus)
    if bp > 10_000:
        yield _gap("over_whole", rate=f"{bp // 100}.{bp % 100:02d} %".replace(".00 ", " "))
