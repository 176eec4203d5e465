"""The coupons of the recorded shop: what was recorded of them, played for any code.

From recordings: a batch answers 200 and each entry has its own error; codes come back in lower
case; a list is asked by `code`; sums are told with two decimals. From WooCommerce's own source: a
time without a zone is the shop's, and `date_expires_gmt` is told and not taken.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

TAKEN = {"code": "woocommerce_rest_coupon_code_already_exists",
         "message": "The coupon code already exists", "data": {"status": 400}}
LOCAL = timedelta(hours=1)
"""How far the shop's own time is ahead of GMT."""


class RecordedCoupons:
    """Every coupon by code; `lies` changes what a coupon becomes, as a plugin might."""

    def __init__(self, example: dict[str, Any]) -> None:
        self._example = example
        self.by_code: dict[str, dict[str, Any]] = {}
        self.lies: dict[str, Any] = {}

    def listed(self, code: str) -> list[dict[str, Any]]:
        """`GET /coupons?code=…`."""
        found = self.by_code.get(code.lower())
        return [found] if found else []

    def batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        """`POST /coupons/batch`."""
        answer: dict[str, Any] = {}
        if "create" in asked:
            answer["create"] = [self._create(each) for each in asked["create"]]
        if "update" in asked:
            answer["update"] = [self._update(each) for each in asked["update"]]
        return answer

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        code = asked["code"].lower()
        if code in self.by_code:
            return {"id": 0, "error": TAKEN}
        made = deepcopy(self._example) | {
            "id": 1000 + len(self.by_code), "code": code, "usage_count": 0, "used_by": [],
            "usage_limit": None, "usage_limit_per_user": None, "exclude_sale_items": False,
            "description": "", "minimum_amount": "0.00", "meta_data": []}
        self.by_code[code] = made
        self._write(made, {**asked, **self.lies, "code": code})
        return made

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        for each in self.by_code.values():
            if each["id"] == asked["id"]:
                self._write(each, asked)
                return each
        return {"id": asked["id"], "error": {"code": "woocommerce_rest_shop_coupon_invalid_id"}}

    def _write(self, coupon: dict[str, Any], asked: dict[str, Any]) -> None:
        for name, value in asked.items():
            if name == "date_expires":
                at = datetime.fromisoformat(value)
                gmt = at.astimezone(UTC) if at.tzinfo else at - LOCAL
                coupon["date_expires_gmt"] = f"{gmt:%Y-%m-%dT%H:%M:%S}"
                coupon["date_expires"] = f"{gmt + LOCAL:%Y-%m-%dT%H:%M:%S}"
            elif name == "meta_data":
                coupon[name] = [{"id": 500 + place, **each} for place, each in enumerate(value)]
            elif name != "date_expires_gmt":
                coupon[name] = value
