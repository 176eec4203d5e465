"""A discount as GraphQL tells it, and what Shopify finds wrong with one that is asked for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fake_shopify.values import Json, decimal, gid, money, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.catalogue import Catalogue
    from tests.fake_shopify.discounts import Code, Discount


def mistakes(kind: str, name: str, asked: Json) -> list[Json]:
    """The `userErrors` of a discount that the schema lets through and the platform does not."""
    errors = [_error(name, each, "BLANK", f"{each} can't be blank")
              for each in ("title", "code", "startsAt") if not asked.get(each)]
    ends = asked.get("endsAt")
    if ends and asked.get("startsAt") and datetime.fromisoformat(ends) <= (
            datetime.fromisoformat(asked["startsAt"])):
        errors.append(_error(name, "endsAt", "END_DATE_BEFORE_START_DATE",
                             "Ends at needs to be after starts_at"))
    if not asked.get("context") and not asked.get("customerSelection"):
        errors.append(_error(name, "context", "BLANK", "Context can't be blank"))
    if len(asked.get("code") or "") > 255:
        errors.append(_error(name, "code", "TOO_LONG", "Code is too long"))
    if kind == "FreeShipping":
        if (asked.get("combinesWith") or {}).get("shippingDiscounts"):
            errors.append(_error(name, "combinesWith", "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS",
                                 "The combinesWith settings are not valid for the discount class."))
        return errors
    gets = asked.get("customerGets") or {}
    if not gets.get("value") or not _items(gets):
        errors.append(_error(name, "customerGets", "BLANK", "Customer gets can't be blank"))
        return errors
    return errors + _about_value(kind, name, asked, gets["value"])


def _about_value(kind: str, name: str, asked: Json, value: Json) -> list[Json]:
    percent, amount = value.get("percentage"), value.get("discountAmount")
    on_quantity = value.get("discountOnQuantity")
    if kind == "Bxgy":
        buys = asked.get("customerBuys") or {}
        if not on_quantity or not buys.get("value") or not _items(buys):
            return [_error(name, "customerGets", "INVALID", "Value must be on a quantity")]
        return []
    if on_quantity:
        return [_error(name, "customerGets", "INVALID",
                       "discountOnQuantity field is only permitted with bxgy discounts.")]
    if percent is not None and not 0 < percent <= 1:
        return [_error(name, "customerGets", "VALUE_OUTSIDE_RANGE",
                       "Value must be between 0.0 and 1.0")]
    if amount is not None and Decimal(str(amount.get("amount") or "0")) <= 0:
        return [_error(name, "customerGets", "GREATER_THAN", "Value must be greater than 0")]
    return []


def node_of(discount: Discount, now: datetime, currency: str, home: str,
            catalogue: Catalogue) -> Json:
    """The `DiscountCodeNode`."""
    asked = discount.asked
    is_over = discount.ends is not None and now >= discount.ends
    told: Json = {
        "__typename": f"DiscountCode{discount.kind}", "title": asked["title"],
        "status": "EXPIRED" if is_over else "SCHEDULED" if now < discount.starts else "ACTIVE",
        "startsAt": stamp(discount.starts), "endsAt": discount.ends and stamp(discount.ends),
        "createdAt": stamp(discount.made), "updatedAt": stamp(discount.made),
        "usageLimit": asked.get("usageLimit"), "tags": asked.get("tags") or [],
        "appliesOncePerCustomer": bool(asked.get("appliesOncePerCustomer")),
        "asyncUsageCount": sum(each.uses for each in discount.codes),
        "codes": lambda **args: [_code(each) for each in discount.codes
                                 if (args.get("query") or "").removeprefix("code:").strip("'\"")
                                 .lower() in each.text.lower()],
        "codesCount": {"count": len(discount.codes), "precision": "EXACT"},
        "combinesWith": {name: bool((asked.get("combinesWith") or {}).get(name)) for name in (
            "orderDiscounts", "productDiscounts", "shippingDiscounts")},
        "context": {"__typename": "DiscountBuyerSelectionAll", "all": "ALL"},
        "discountClasses": [_class(discount)], "summary": asked["title"],
        "shortSummary": asked["title"],
        "shareableUrls": [{"title": asked["title"], "targetType": "HOME",
                           "url": f"{home}/discount/{quote(each.text)}"}
                          for each in discount.codes],
        "minimumRequirement": _minimum(asked.get("minimumRequirement"), currency)}
    if discount.kind == "FreeShipping":
        told |= {"maximumShippingPrice": None, "destinationSelection": {
            "__typename": "DiscountCountryAll", "allCountries": True}}
    for name, part in (("customerGets", asked.get("customerGets")),
                       ("customerBuys", asked.get("customerBuys"))):
        if part:
            told[name] = {"items": _items_told(part["items"], catalogue),
                          "value": _value(part["value"], currency),
                          "appliesOnOneTimePurchase": True, "appliesOnSubscription": False}
    return {"__typename": "DiscountCodeNode", "codeDiscount": told,
            "id": gid("DiscountCodeNode", discount.number)}


def _code(each: Code) -> Json:
    return {"id": gid("DiscountRedeemCode", each.number), "code": each.text,
            "asyncUsageCount": each.uses}


def _class(discount: Discount) -> str:
    if discount.kind == "FreeShipping":
        return "SHIPPING"
    items = discount.asked["customerGets"]["items"]
    return "ORDER" if items.get("all") and discount.kind == "Basic" else "PRODUCT"


def _items(part: Json) -> bool:
    items = part.get("items") or {}
    products = items.get("products") or {}
    return bool(items.get("all") or products.get("productsToAdd")
                or products.get("productVariantsToAdd") or items.get("collections"))


def _items_told(items: Json, catalogue: Catalogue) -> Json:
    if items.get("all"):
        return {"__typename": "AllDiscountItems", "allItems": True}
    products = items.get("products") or {}
    return {"__typename": "DiscountProducts",
            "products": _there(catalogue.product, products.get("productsToAdd")),
            "productVariants": _there(catalogue.variant, products.get("productVariantsToAdd"))}


def _there(find: Any, ids: list[str] | None) -> list[Json]:
    return [found for found in (find(each) for each in ids or []) if found is not None]


def _minimum(asked: Json | None, currency: str) -> Json | None:
    subtotal = ((asked or {}).get("subtotal") or {}).get("greaterThanOrEqualToSubtotal")
    quantity = ((asked or {}).get("quantity") or {}).get("greaterThanOrEqualToQuantity")
    if subtotal is not None:
        return {"__typename": "DiscountMinimumSubtotal",
                "greaterThanOrEqualToSubtotal": money(str(subtotal), currency)}
    return quantity and {"__typename": "DiscountMinimumQuantity",
                         "greaterThanOrEqualToQuantity": str(quantity)}


def _value(asked: Json, currency: str) -> Json:
    """A value of either side: a percentage, a sum, or pieces with an effect."""
    if asked.get("percentage") is not None:
        return {"__typename": "DiscountPercentage", "percentage": asked["percentage"]}
    if asked.get("discountAmount"):
        one = asked["discountAmount"]
        return {"__typename": "DiscountAmount", "amount": money(str(one["amount"]), currency),
                "appliesOnEachItem": bool(one.get("appliesOnEachItem"))}
    if asked.get("discountOnQuantity"):
        one = asked["discountOnQuantity"]
        effect = {"percentage": one["effect"].get("percentage")}
        if one["effect"].get("amount") is not None:
            effect = {"discountAmount": {"amount": one["effect"]["amount"]}}
        return {"__typename": "DiscountOnQuantity", "effect": _value(effect, currency),
                "quantity": {"quantity": str(one["quantity"])}}
    if asked.get("amount") is not None:
        return {"__typename": "DiscountPurchaseAmount", "amount": decimal(str(asked["amount"]))}
    return {"__typename": "DiscountQuantity", "quantity": str(asked["quantity"])}


def _error(name: str, part: str, code: str, message: str) -> Json:
    return {"field": [name, part], "code": code, "message": message, "extraInfo": None}
