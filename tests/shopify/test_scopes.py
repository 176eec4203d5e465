"""What a shop has allowed, compared by what a scope implies."""

from __future__ import annotations

import pytest
from alliance_shopify.app import OPTIONAL_SCOPES, SCOPES
from alliance_shopify.scopes import implied, missing

WHOLE = "read_customer_events,read_orders,read_products,write_discounts,write_pixels"


@pytest.mark.parametrize(("granted", "wanted", "lacks"), [
    ("write_discounts", ("read_discounts", "write_discounts"), ()),
    ("read_discounts", ("read_discounts", "write_discounts"), ("write_discounts",)),
    ("write_orders", ("read_products",), ("read_products",)),
    ("read_orders, read_products", ("read_products", "read_orders"), ()),
    ("", ("read_orders", "read_products"), ("read_orders", "read_products")),
    (",,", ("read_orders",), ("read_orders",)),
    ("write_orders_x", ("read_orders",), ("read_orders",)),
    ("READ_ORDERS", ("read_orders",), ("read_orders",)),
    ("customer_write_orders", ("customer_read_orders", "read_orders"), ("read_orders",)),
    ("unauthenticated_write_checkouts", ("unauthenticated_read_checkouts",), ()),
    ("overwrite_orders", ("read_orders", "overread_orders"), ("read_orders", "overread_orders")),
])
def test_writing_implies_reading_and_nothing_else(
        granted: str, wanted: tuple[str, ...], lacks: tuple[str, ...]) -> None:
    assert missing(granted, wanted) == lacks


def test_a_shop_that_allowed_all_lacks_what_it_may_leave_out() -> None:
    assert missing(WHOLE, SCOPES) == ()
    assert missing(WHOLE, OPTIONAL_SCOPES) == ("write_draft_orders",)
    assert missing(f"{WHOLE},write_draft_orders", OPTIONAL_SCOPES) == ()


def test_what_is_implied_keeps_what_was_said() -> None:
    assert implied(["write_pixels", "read_orders"]) == {"write_pixels", "read_pixels",
                                                        "read_orders"}
