"""From a landing address or a typed word to a credit, with nothing kept on a device (E7, A5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alliance_woocommerce.payloads import read_order
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.orders import OrderState, StoreOrder
from alliance.ledger.journal import State
from alliance.promotions import codes
from alliance.referrals.order_model import Decision
from alliance.settlement import cycles
from tests import make
from tests.contract.recorded_shop import SALT, order_body
from tests.proofs import prove
from tests.world import World, order, world

DAY = timedelta(days=1)
BLOCKS = "delivery-order-created-attribution-block-checkout.json"
ENTRY = "_wc_order_attribution_session_entry"


def recorded(meta: dict[str, Any], *, paid: datetime, coupons: Sequence[str] = ()) -> StoreOrder:
    """The recorded order of a block checkout with WooCommerce's own attribution, paid, and with
    these values in its meta keys."""
    raw = order_body(BLOCKS)
    kept = [each for each in raw["meta_data"] if each["key"] not in meta]
    assert len(kept) < len(raw["meta_data"]) or ENTRY not in meta
    raw = {**raw, "status": "processing", "date_paid_gmt": f"{paid:%Y-%m-%dT%H:%M:%S}",
           "date_created_gmt": f"{paid:%Y-%m-%dT%H:%M:%S}",
           "meta_data": [*kept, *({"id": n, "key": key, "value": value}
                                  for n, (key, value) in enumerate(meta.items()))],
           "coupon_lines": [{"id": n, "code": code} for n, code in enumerate(coupons)]}
    return read_order(raw, [], salt=SALT, version=0)


def decided(session: Session) -> list[tuple[str, str | None, str]]:
    return [(each.outcome, each.reason, each.kind) for each in session.scalars(select(Decision))]


def test_woocommerce_s_own_attribution_carries_the_click_into_the_order(
        session: Session, now: datetime) -> None:
    w = _selling_like(session, recorded({}, paid=now))
    address = f"https://store-a.example/?utm_source=cafe&utm_medium=link&alc={_token(w, now)}"
    w.sell(session, recorded({ENTRY: address}, paid=now), now=now)
    assert decided(session) == [("credited", None, "click")]


@pytest.mark.parametrize("value", [
    "https://store-a.example/?alc=" + "a" * 100_000, "https://[::1/?alc=x", "", None, ["?alc=x"],
    "https://store-a.example/?utm_source=cafe"])
def test_a_landing_address_without_our_word_decides_nothing(
        session: Session, now: datetime, value: Any) -> None:
    w = _selling_like(session, recorded({}, paid=now))
    w.sell(session, recorded({ENTRY: value}, paid=now), now=now)
    assert decided(session) == []


def test_a_plugin_s_meta_key_a_coupon_and_a_typed_code_are_evidence(
        session: Session, now: datetime) -> None:
    w = _selling_like(session, recorded({}, paid=now))
    for kind, code in (("coupon", "with-cafe"), ("spoken", "mia")):
        codes.give(session, w.actor(session, "bakery"), w.store.id, w.members["cafe"].id,
                   kind=kind, code=code, now=now - DAY)
    told = {"spoken": recorded({"_alliance_code": "Mia"}, paid=now),
            "click": recorded({"_alliance_click": [_token(w, now)]}, paid=now),
            "coupon": recorded({"_alliance_click": [_token(w, now)], "_alliance_code": "Mia"},
                               paid=now, coupons=["WITH-CAFE"])}
    for version, (kind, snapshot) in enumerate(told.items()):
        w.sell(session, replace(snapshot, version=version), now=now)
        assert decided(session) == [("credited", None, kind)]


def test_a_launch_at_twenty_per_cent_is_paid_once_the_trade_is_final(
        session: Session, now: datetime) -> None:
    """A posts a task at 20 %, B a video with the link, C buys: the example of A5.4."""
    w = world(session, hosts=("b",), rate="20%", hold_days=7, hold_from="completion")
    bought = order("1", now, "100.00", "50.00", tokens=[w.token("b", now - DAY)])
    w.sell(session, bought, now=now)
    assert w.owed(session, State.ACCRUED) == "bakery owes b 30.00 EUR"
    cycles.mature(session, w.alliance.id, now=now + 30 * DAY)
    assert w.owed(session, State.DUE) == ""
    back = replace(bought.lines[1], refunded=bought.lines[1].net)
    final = replace(bought, state=OrderState.COMPLETED, completed_at=now + DAY,
                    updated_at=now + DAY, lines=(bought.lines[0], back))
    w.sell(session, final, now=now + DAY)
    cycles.mature(session, w.alliance.id, now=now + 8 * DAY - timedelta(seconds=1))
    assert (w.owed(session, State.ACCRUED), w.owed(session, State.DUE)) == (
        "bakery owes b 20.00 EUR", "")
    cycles.mature(session, w.alliance.id, now=now + 8 * DAY)
    assert (w.owed(session, State.ACCRUED), w.owed(session, State.DUE)) == (
        "", "bakery owes b 20.00 EUR")
    prove(session, w, now=now + 8 * DAY)


def _selling_like(session: Session, like: StoreOrder) -> World:
    """A bakery that keeps its books in the currency of the recorded shop."""
    return world(session, currency=like.currency, charter={"currency": like.currency},
                 at_store={"currency": like.currency})


def _token(w: World, now: datetime) -> str:
    assert now > make.BEFORE
    return w.token("cafe", now - DAY)
