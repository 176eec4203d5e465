"""Coupons of the fake shop: the recorded coupons, behind their REST address."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.contract.recorded_coupons import RecordedCoupons
from tests.fake_woo.told import Asked, Told, page, recorded, refusal

_SUMS = ("amount", "minimum_amount", "maximum_amount")


class Coupons(RecordedCoupons):
    """Sums are kept as they were written and told with two decimals, whatever the currency."""

    def __init__(self) -> None:
        super().__init__(recorded("coupon-create"))

    def rest(self, asked: Asked, path: str) -> Told:
        """`/coupons…`, as the REST interface has it."""
        if path == "/coupons/batch":
            if sum(len(rows) for rows in asked.body.values()) > 100:
                return refusal("error-413-batch-over-100")
            return Told(200, {what: [_told(row) for row in rows]
                              for what, rows in self.batch(asked.body).items()})
        if path == "/coupons" and asked.method == "POST":
            return self._make(asked.body)
        if path == "/coupons":
            code = asked.query.get("code")
            rows = [*self.by_code.values()] if code is None else self.listed(code)
            return page([_told(row) for row in rows], asked)
        return refusal("error-404-route")

    def _make(self, body: dict[str, Any]) -> Told:
        if not body.get("code"):
            return refusal("error-400-coupon-no-code")
        if body.get("discount_type") == "percent" and Decimal(body.get("amount", "0")) > 100:
            return refusal("error-400-coupon-amount-over-100")
        if body["code"].lower() in self.by_code:
            return refusal("error-400-duplicate-coupon")
        return Told(201, _told(self.batch({"create": [body]})["create"][0]))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: str(Decimal(row[name]).quantize(Decimal("0.01"), ROUND_HALF_UP))
                  for name in _SUMS if re.fullmatch(r"[0-9]+(\.[0-9]+)?", str(row.get(name)))}
