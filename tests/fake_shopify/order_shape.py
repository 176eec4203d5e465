"""The order of a webhook in the shape of the Admin API: the same facts under other names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.fake_shopify.values import Json, bag, bag_of, decimal, gid, money, scaled, summed, utc

_SAME = {"name": "name", "note": "note", "test": "test", "taxesIncluded": "taxes_included",
         "sourceName": "source_name", "currencyCode": "currency",
         "presentmentCurrencyCode": "presentment_currency", "number": "order_number",
         "confirmationNumber": "confirmation_number", "confirmed": "confirmed",
         "email": "email", "phone": "phone", "clientIp": "browser_ip",
         "customerLocale": "customer_locale", "taxExempt": "tax_exempt",
         "paymentGatewayNames": "payment_gateway_names", "statusPageUrl": "order_status_url"}
_MOMENTS = {"createdAt": "created_at", "updatedAt": "updated_at", "processedAt": "processed_at",
            "cancelledAt": "cancelled_at", "closedAt": "closed_at"}
_SUMS = {"subtotalPriceSet": "subtotal_price_set", "totalPriceSet": "total_price_set",
         "originalTotalPriceSet": "total_price_set", "totalTaxSet": "total_tax_set",
         "totalShippingPriceSet": "total_shipping_price_set",
         "totalDiscountsSet": "total_discounts_set",
         "currentSubtotalPriceSet": "current_subtotal_price_set",
         "currentTotalPriceSet": "current_total_price_set",
         "currentTotalTaxSet": "current_total_tax_set",
         "currentTotalDiscountsSet": "current_total_discounts_set",
         "currentShippingPriceSet": "current_shipping_price_set",
         "originalTotalDutiesSet": "original_total_duties_set",
         "currentTotalDutiesSet": "current_total_duties_set",
         "originalTotalAdditionalFeesSet": "original_total_additional_fees_set",
         "currentTotalAdditionalFeesSet": "current_total_additional_fees_set"}
_APPLICATIONS = {"discount_code": "DiscountCodeApplication", "manual": "ManualDiscountApplication",
                 "automatic": "AutomaticDiscountApplication",
                 "script": "ScriptDiscountApplication"}
_PAID = {"paid", "partially_paid", "partially_refunded", "refunded"}


def order_of(told: Json, linked: Json) -> Json:
    """The order `told` by a webhook; `linked` finds products and variants, and has the journey."""
    zero = bag(0, told["currency"])
    if told.get("total_price_set"):
        zero = scaled(told["total_price_set"], Decimal(0))
    order: Json = {"__typename": "Order", "id": gid("Order", told["id"]),
                   "legacyResourceId": str(told["id"])}
    order |= {name: told.get(was) for name, was in _SAME.items() if was in told}
    order |= {name: utc(told.get(was)) for name, was in _MOMENTS.items()}
    order["createdAt"] = order["createdAt"] or order["updatedAt"]
    order["processedAt"] = order["processedAt"] or order["createdAt"]
    order |= {name: bag_of(told[was]) for name, was in _SUMS.items() if told.get(was)}
    order["discountApplications"] = applications = [
        _application(each, index, told) for index, each in enumerate(_discounts(told))]
    lines = [_line(each, told, applications, linked) for each in told["line_items"]]
    by_id = {line["id"]: line for line in lines}
    refunds = [_refund(each, order, by_id, zero) for each in told.get("refunds") or _untold(told)]
    shipping = [_shipping(each, applications) for each in told.get("shipping_lines") or []]
    order |= _state(told, refunds) | _people(told) | {
        "lineItems": lines, "refunds": refunds,
        "customAttributes": [{"key": each["name"], "value": each["value"]}
                             for each in told.get("note_attributes") or []],
        "discountCodes": [each["code"] for each in told.get("discount_codes") or []],
        "discountCode": next((each["code"] for each in told.get("discount_codes") or []), None),
        "tags": [tag.strip() for tag in (told.get("tags") or "").split(",") if tag.strip()],
        "taxLines": [_tax(each) for each in told.get("tax_lines") or []],
        "shippingLines": lambda includeRemovals=False, **pages: [  # noqa: N803
            each for each in shipping if includeRemovals or not each["isRemoved"]],
        "shippingLine": next((each for each in shipping if not each["isRemoved"]), None),
        "disputes": [{"__typename": "OrderDisputeSummary", "id": gid("OrderDisputeSummary", place),
                      "initiatedAs": "CHARGEBACK", "status": status}
                     for place, status in enumerate(told.get("disputes") or (), 1)],
        "transactions": _transactions(told, refunds),
        "totalTipReceivedSet": bag(told.get("total_tip_received") or 0, told["currency"]),
        "totalRefundedSet": summed([each["totalRefundedSet"] for each in refunds], zero),
        "customerJourneySummary": linked["journey"]}
    return order


def _discounts(told: Json) -> list[Json]:
    """The discounts of an order; a body that was cut down may name their codes alone."""
    return told.get("discount_applications") or [
        {"type": "discount_code", "code": each["code"], "value": each["amount"],
         "value_type": "fixed_amount", "allocation_method": "across", "target_selection": "all",
         "target_type": "line_item"} for each in told.get("discount_codes") or []]


def _untold(told: Json) -> list[Json]:
    """The refund of an order whose webhook was written before it listed one."""
    gone = [line for line in told["line_items"]
            if line.get("current_quantity", line["quantity"]) < line["quantity"]]
    if told.get("financial_status") != "refunded" or not told.get("total_price_set") or not gone:
        return []
    paid = told["total_price_set"]["presentment_money"]
    at = told.get("cancelled_at") or told["updated_at"]
    money_back = {"id": told["id"], "kind": "refund", "status": "success", "test": told["test"],
                  "gateway": next(iter(told.get("payment_gateway_names") or []), None),
                  "amount": paid["amount"], "currency": paid["currency_code"],
                  "created_at": at, "processed_at": at}
    return [{"id": told["id"], "note": None, "created_at": at, "processed_at": at,
             "transactions": [money_back], "refund_line_items": [
                 {"id": line["id"], "line_item_id": line["id"], "restock_type": "cancel",
                  "quantity": line["quantity"] - line["current_quantity"],
                  "subtotal_set": line["price_set"], "total_tax_set": told["total_tax_set"]}
                 for line in gone]}]


def _state(told: Json, refunds: list[Json]) -> Json:
    financial = (told.get("financial_status") or "pending").upper()
    return {"displayFinancialStatus": financial,
            "displayFulfillmentStatus": {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED"}
            .get(told.get("fulfillment_status") or "", "UNFULFILLED"),
            "cancelReason": (told.get("cancel_reason") or "").upper() or None,
            "closed": told.get("closed_at") is not None, "fullyPaid": financial == "PAID",
            "unpaid": financial in ("PENDING", "AUTHORIZED", "VOIDED", "EXPIRED"),
            "refundable": financial in ("PAID", "PARTIALLY_REFUNDED") or not refunds}


def _people(told: Json) -> Json:
    """Who bought, and where they live: asked for by no document of ours."""
    buyer = told.get("customer")
    return {
        "customer": buyer and {
            "__typename": "Customer", "id": gid("Customer", buyer["id"]),
            "firstName": buyer.get("first_name"), "lastName": buyer.get("last_name"),
            "displayName": f"{buyer.get('first_name')} {buyer.get('last_name')}",
            "email": buyer.get("email"), "phone": buyer.get("phone")},
        **{name: _address(told.get(was)) for name, was in (
            ("billingAddress", "billing_address"), ("shippingAddress", "shipping_address"),
            ("displayAddress", "shipping_address"))}}


def _address(told: Json | None) -> Json | None:
    return told and {
        "firstName": told["first_name"], "lastName": told["last_name"], "name": told["name"],
        "address1": told["address1"], "address2": told["address2"], "city": told["city"],
        "zip": told["zip"], "phone": told["phone"], "country": told["country"],
        "countryCodeV2": told["country_code"]}


def _application(each: Json, index: int, told: Json) -> Json:
    percent = each["value_type"] == "percentage"
    value = {"__typename": "PricingPercentageValue", "percentage": float(each["value"])} \
        if percent else {"__typename": "MoneyV2", **money(each["value"], told["currency"])}
    return {"__typename": _APPLICATIONS[each["type"]], "index": index,
            "allocationMethod": each["allocation_method"].upper(),
            "targetSelection": each["target_selection"].upper(),
            "targetType": each["target_type"].upper(), "value": value,
            **{name: each[name] for name in ("code", "title", "description") if name in each}}


def _line(each: Json, order: Json, applications: list[Json], linked: Json) -> Json:
    price, quantity = each["price_set"], each["quantity"]
    zero = scaled(price, Decimal(0))
    allocations = _allocations(each, applications)
    off = summed([one["allocatedAmountSet"] for one in allocations], zero)
    own = summed([one["allocatedAmountSet"] for one in allocations if _is_lines_own(one)], zero)
    taxes = [_tax(one) for one in each["tax_lines"]]
    whole = scaled(price, Decimal(quantity))
    current = Decimal(each.get("current_quantity", quantity))
    after = _less(whole, off)
    net = _less(after, summed([one["priceSet"] for one in taxes], zero)) \
        if order.get("taxes_included") else after
    return {
        "__typename": "LineItem", "id": gid("LineItem", each["id"]), "name": each["name"],
        "title": each["title"], "variantTitle": each["variant_title"], "sku": each["sku"] or None,
        "vendor": each["vendor"], "quantity": quantity, "currentQuantity": int(current),
        "refundableQuantity": int(current), "taxable": each["taxable"],
        "requiresShipping": each["requires_shipping"], "isGiftCard": each["gift_card"],
        # As they are when they are asked for: None once they are deleted.
        "product": lambda: each["product_id"] and linked["product"](each["product_id"]),
        "variant": lambda: each["variant_id"] and linked["variant"](each["variant_id"]),
        "customAttributes": [{"key": one["name"], "value": one["value"]}
                             for one in each["properties"]],
        "originalUnitPriceSet": bag_of(price), "originalTotalSet": whole,
        "discountAllocations": allocations, "taxLines": taxes, "totalDiscountSet": own,
        # Documented: discounts of the order and of codes are in neither of these two.
        "discountedTotalSet": lambda withCodeDiscounts=False: _less(  # noqa: N803
            whole, off if withCodeDiscounts else own),
        "discountedUnitPriceSet": _shared(_less(whole, own), quantity),
        "discountedUnitPriceAfterAllDiscountsSet": _shared(after, quantity),
        "priceAfterAllDiscountsBeforeTaxesSet": _times(net, current / quantity)}


def _is_lines_own(allocation: Json) -> bool:
    """A discount of the line alone, and not of a code or of the whole order."""
    application = allocation["discountApplication"]
    return (application["__typename"] != "DiscountCodeApplication"
            and application["targetSelection"] != "ALL")


def _allocations(each: Json, applications: list[Json]) -> list[Json]:
    return [{"allocatedAmountSet": bag_of(one["amount_set"]),
             "discountApplication": applications[one["discount_application_index"]]}
            for one in each.get("discount_allocations") or []]


def _shipping(each: Json, applications: list[Json]) -> Json:
    return {"__typename": "ShippingLine", "id": gid("ShippingLine", each["id"]),
            "title": each["title"], "code": each["code"], "source": each.get("source"),
            "originalPriceSet": bag_of(each["price_set"]),
            "discountedPriceSet": bag_of(each["discounted_price_set"]),
            "currentDiscountedPriceSet": bag_of(
                each.get("current_discounted_price_set") or each["discounted_price_set"]),
            "discountAllocations": _allocations(each, applications),
            "taxLines": [_tax(one) for one in each["tax_lines"]],
            "isRemoved": bool(each.get("is_removed")), "custom": False}


def _tax(each: Json) -> Json:
    return {"title": each["title"], "rate": each["rate"], "ratePercentage": each["rate"] * 100,
            "priceSet": bag_of(each["price_set"]), "channelLiable": each.get("channel_liable")}


def _refund(each: Json, order: Json, lines: dict[str, Json], zero: Json) -> Json:
    paid = [_transaction(one, order) for one in each.get("transactions") or []]
    back = [one["amountSet"] for one in paid
            if one["kind"] == "REFUND" and one["status"] == "SUCCESS"]
    return {
        "__typename": "Refund", "id": gid("Refund", each["id"]), "order": order,
        "legacyResourceId": str(each["id"]), "note": each["note"],
        "createdAt": utc(each["created_at"]), "processedAt": utc(each["processed_at"]),
        "updatedAt": utc(each["processed_at"]), "totalRefundedSet": summed(back, zero),
        "transactions": paid,
        "refundLineItems": [_refunded_line(one, lines) for one in each["refund_line_items"]],
        "orderAdjustments": [_adjustment(one) for one in each.get("order_adjustments") or []],
        "refundShippingLines": [_refunded_shipping(one)
                                for one in each.get("refund_shipping_lines") or []]}


def _refunded_line(each: Json, lines: dict[str, Json]) -> Json:
    line = lines[gid("LineItem", each["line_item_id"])]
    return {"__typename": "RefundLineItem", "id": gid("RefundLineItem", each["id"]),
            "quantity": each["quantity"], "lineItem": line,
            "restockType": each["restock_type"].upper(),
            "restocked": each["restock_type"] not in ("no_restock",),
            "priceSet": line["discountedUnitPriceSet"],
            "subtotalSet": bag_of(each["subtotal_set"]),
            "totalTaxSet": bag_of(each["total_tax_set"])}


def _adjustment(each: Json) -> Json:
    return {"__typename": "OrderAdjustment", "id": gid("OrderAdjustment", each["id"]),
            "amountSet": bag_of(each["amount_set"]),
            "reason": each["kind"].upper() if each.get("kind") == "refund_discrepancy" else None,
            "taxAmountSet": bag_of(each["tax_amount_set"])}


def _refunded_shipping(each: Json) -> Json:
    return {"__typename": "RefundShippingLine", "id": gid("RefundShippingLine", each["id"]),
            "shippingLine": {"id": gid("ShippingLine", each["shipping_line"]["id"]),
                             "title": each["shipping_line"]["title"]},
            "subtotalAmountSet": bag_of(each["subtotal_amount_set"]),
            "taxAmountSet": bag_of(each["tax_amount_set"])}


def _transactions(told: Json, refunds: list[Json]) -> list[Json]:
    """Webhooks name those of refunds alone: the payment itself is made up from the order."""
    back = [one for each in refunds for one in each["transactions"]]
    financial = told.get("financial_status") or "pending"
    if financial not in _PAID | {"authorized", "voided"} or not told.get("total_price_set"):
        return back
    first: Json = {
        "__typename": "OrderTransaction", "id": gid("OrderTransaction", _paying(told)),
        "kind": "SALE" if financial in _PAID else "AUTHORIZATION", "status": "SUCCESS",
        "gateway": next(iter(told.get("payment_gateway_names") or []), None),
        "amountSet": bag_of(told["total_price_set"]), "test": bool(told.get("test")),
        "createdAt": utc(told["created_at"]),
        "processedAt": utc(told.get("processed_at") or told["created_at"])}
    return [first, *back]


def _paying(told: Json) -> Any:
    parents = [one.get("parent_id") for each in told.get("refunds") or []
               for one in each.get("transactions") or []]
    return next((each for each in parents if each), told["id"])


def _transaction(each: Json, order: Json) -> Json:
    amount = bag(each["amount"], each["currency"])
    if order.get("presentmentCurrencyCode", each["currency"]) != order["currencyCode"]:
        amount = _converted(each, order)
    return {"__typename": "OrderTransaction", "id": gid("OrderTransaction", each["id"]),
            "kind": each["kind"].upper(), "status": each["status"].upper(),
            "gateway": each["gateway"], "amountSet": amount, "test": each["test"],
            "createdAt": utc(each["created_at"]), "processedAt": utc(each["processed_at"])}


def _converted(each: Json, order: Json) -> Json:
    """A payment in the shopper's currency, in both, at the rate of the whole order."""
    whole = order["totalPriceSet"]
    rate = Decimal(whole["presentmentMoney"]["amount"]) / Decimal(whole["shopMoney"]["amount"])
    paid = Decimal(each["amount"])
    shop, shown = (paid, paid * rate) if each["currency"] == order["currencyCode"] else (
        paid / rate, paid)
    return {"shopMoney": money(shop.quantize(Decimal("0.01")), order["currencyCode"]),
            "presentmentMoney": money(shown.quantize(Decimal("0.01")),
                                      order["presentmentCurrencyCode"])}


def _less(whole: Json, off: Json) -> Json:
    return {name: money(Decimal(whole[name]["amount"]) - Decimal(off[name]["amount"]),
                        whole[name]["currencyCode"]) for name in whole}


def _times(whole: Json, by: Decimal) -> Json:
    return {name: {"amount": decimal((Decimal(each["amount"]) * by).quantize(Decimal("0.01"))),
                   "currencyCode": each["currencyCode"]} for name, each in whole.items()}


def _shared(whole: Json, among: int) -> Json:
    return _times(whole, Decimal(1) / among) if among else whole
