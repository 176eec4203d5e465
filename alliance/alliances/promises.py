"""Promises: terms may say only what this hub carries out exactly (A2.7).

The law knows more than the hub does so far; what it does not do it refuses to have signed.
"""

from __future__ import annotations

from alliance.core.errors import Invalid
from alliance.rules.terms import Terms


def check_kept(terms: Terms) -> None:
    """Raises `Invalid` (`promise_not_kept`) for a rule that nothing here would carry out."""
    said = {
        "settlement_currency": terms.settlement_currency not in (None, terms.currency),
        "exit_rule": terms.exit_rule != "settle_open_holds",
        "coupon_cost_seller_bp": terms.coupon_cost_seller_bp != 10_000,
        "max_reversal_bp": terms.max_reversal_bp is not None,
    }
    for rule, is_said in said.items():
        if is_said:
            raise Invalid("promise_not_kept", "This hub would not carry out this rule; leave it "
                          "out, so that nobody signs what does not happen.", rule=rule)
