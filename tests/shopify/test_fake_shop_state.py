"""What the fake shop keeps: products, drafts, metafields, the pixel, subscriptions."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.fake_shopify import FakeShop
from tests.fake_shopify.recorded import fixture
from tests.shopify.asking import ask, operations, run, told

GUJI, KETTLE = "8000000000001", "8000000000002"


def products(shop: FakeShop, query: str | None = None) -> Any:
    return told(shop, "query($q: String) { products(first: 5, query: $q) { nodes { id title status "
                "onlineStoreUrl publishedAt totalInventory updatedAt variants(first: 5) { nodes { "
                "id sku price availableForSale inventoryQuantity selectedOptions { name value } } "
                "} } } }", q=query)["products"]["nodes"]


def test_the_product_of_a_webhook_is_the_product_of_the_api(shop: FakeShop) -> None:
    payload = fixture("webhooks/products_update.json")
    shop.load_product(payload)

    assert products(shop) == [{
        "id": payload["admin_graphql_api_id"], "title": "Ethiopia Guji", "status": "ACTIVE",
        "onlineStoreUrl": "https://brasa-coffee.example/products/ethiopia-guji",
        "publishedAt": "2026-09-01T08:00:00Z", "totalInventory": 18,
        "updatedAt": "2026-11-12T07:00:00Z", "variants": {"nodes": [
            {"id": "gid://shopify/ProductVariant/46000000000001", "sku": "BR-GUJI-250",
             "price": "14.50", "availableForSale": True, "inventoryQuantity": 18,
             "selectedOptions": [{"name": "Size", "value": "250 g"}]},
            {"id": "gid://shopify/ProductVariant/46000000000003", "sku": "BR-GUJI-1000",
             "price": "49.00", "availableForSale": False, "inventoryQuantity": 0,
             "selectedOptions": [{"name": "Size", "value": "1000 g"}]}]}}]


def test_an_unpublished_product_has_no_page_and_a_deleted_one_is_gone(shop: FakeShop) -> None:
    shop.load_product(fixture("webhooks/products_update.json"))
    shop.load_product(fixture("webhooks/products_update_unpublished.json"))
    [row] = products(shop)
    assert (row["publishedAt"], row["onlineStoreUrl"]) == (None, None)

    shop.catalogue.remove(str(fixture("webhooks/products_delete.json")["id"]))
    assert products(shop) == []
    assert run(shop, "Inventory", id="gid://shopify/InventoryItem/1") is None


def test_what_changed_is_found_by_its_moment(shop: FakeShop) -> None:
    old = shop.catalogue.stock("Old", "5.00")
    shop.platform.later(hours=1)
    shop.catalogue.sold_out(shop.catalogue.stock("New", "5.00"))

    found = products(shop, "updated_at:>='2026-11-20T13:00:00Z' status:active")
    assert [(row["title"], row["totalInventory"]) for row in found] == [("New", 0)]
    shop.catalogue.unpublish(old)
    assert [row["title"] for row in products(shop, "published_status:published")] == ["New"]
    assert told(shop, '{ productsCount(query: "status:active") { count precision } }') == {
        "productsCount": {"count": 2, "precision": "EXACT"}}


def test_a_draft_is_found_by_its_tag_and_paid_by_its_link(shop: FakeShop) -> None:
    wanted = {"lineItems": [{"title": "Commission 2026-10", "quantity": 1, "taxable": False,
                             "requiresShipping": False, "originalUnitPriceWithCurrency": {
                                 "amount": "128.40", "currencyCode": "EUR"}}],
              "tags": ["alliance-7"], "customAttributes": [{"key": "alliance", "value": "7"}]}
    draft = run(shop, "DraftCreate", input=wanted)["draftOrder"]
    find = ("{ draftOrders(first: 5, query: \"tag:'alliance-7'\") { nodes { id status invoiceUrl "
            "order { totalRefundedSet { shopMoney { amount } } customAttributes { key value } } "
            "} } }")
    before = told(shop, find)["draftOrders"]["nodes"]
    shop.drafts.pay(draft["id"].rpartition("/")[2])
    [after] = told(shop, find)["draftOrders"]["nodes"]

    assert draft["totalPriceSet"]["shopMoney"] == {"amount": "128.4", "currencyCode": "EUR"}
    assert before == [{"id": draft["id"], "status": "OPEN", "invoiceUrl": draft["invoiceUrl"],
                       "order": None}]
    assert (after["status"], after["order"]["customAttributes"]) == (
        "COMPLETED", [{"key": "alliance", "value": "7"}])
    assert told(shop, '{ draftOrders(first: 5, query: "tag:other") { nodes { id } } }') == {
        "draftOrders": {"nodes": []}}


def test_a_draft_has_the_fields_of_the_rest_reference(shop: FakeShop) -> None:
    reference = fixture("rest_reference/draft_order_2026-07.json")["draft_order"]
    lines = [{"title": each["title"], "quantity": each["quantity"],
              "originalUnitPriceWithCurrency": {"amount": each["price"],
                                                "currencyCode": reference["currency"]}}
             for each in reference["line_items"]]
    shop.currency, shop.taxes_included = reference["currency"], reference["taxes_included"]
    draft = run(shop, "DraftCreate", input={"lineItems": lines, "taxExempt": True})["draftOrder"]
    paid = told(shop, "mutation($id: ID!) { draftOrderComplete(id: $id) { draftOrder { status } "
                "userErrors { message } } }", id=draft["id"])["draftOrderComplete"]["draftOrder"]

    assert paid["status"].lower() == reference["status"]
    assert Decimal(draft["totalPriceSet"]["shopMoney"]["amount"]) == Decimal(
        reference["subtotal_price"])
    assert draft["invoiceUrl"].split("/")[-2] == reference["invoice_url"].split("/")[-2]


@pytest.mark.parametrize("wanted", [
    {"lineItems": []}, {"lineItems": [{"quantity": 1}]},
    {"lineItems": [{"quantity": 1, "variantId": "gid://shopify/ProductVariant/9"}]},
    {"lineItems": [{"title": "x", "quantity": 1, "originalUnitPriceWithCurrency": {
        "amount": "1", "currencyCode": "USD"}}]},
    {"lineItems": [{"title": "x", "quantity": 1}], "tags": ["x" * 41]}])
def test_a_draft_that_cannot_be_is_refused(shop: FakeShop, wanted: dict[str, Any]) -> None:
    made = run(shop, "DraftCreate", input=wanted)

    assert made["draftOrder"] is None
    assert len(made["userErrors"]) == 1


def test_a_draft_that_forgets_its_tax_is_dearer(shop: FakeShop) -> None:
    shop.taxes_included = False
    line = {"title": "x", "quantity": 2, "originalUnitPriceWithCurrency": {
        "amount": "10.00", "currencyCode": "EUR"}}
    sums = [run(shop, "DraftCreate", input={"lineItems": [line | {"taxable": taxable}]})[
        "draftOrder"]["totalPriceSet"]["shopMoney"]["amount"] for taxable in (True, False)]

    assert sums == ["24.2", "20.0"]


def test_metafields_of_the_app_are_set_all_or_none_and_deleted(shop: FakeShop) -> None:
    owner = run(shop, "GrantedScopes")["id"]
    good = {"ownerId": owner, "namespace": "alliance", "key": "places", "type": "json",
            "value": '[{"id": "plc_1"}]'}
    for bad in (good | {"value": "{"}, good | {"ownerId": "gid://shopify/Shop/1"},
                good | {"key": "x"}, good | {"key": "other", "type": None}):
        assert len(run(shop, "Metafields", m=[good | {"key": "fine"}, bad])["userErrors"]) == 1
    assert shop.installation.kept == {}
    assert len(run(shop, "Metafields", m=[good] * 26)["userErrors"]) == 1

    assert run(shop, "Metafields", m=[good])["userErrors"] == []
    assert shop.installation.value("alliance", "places") == [{"id": "plc_1"}]
    gone = told(shop, "mutation($m: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: "
                "$m) { deletedMetafields { key } userErrors { message } } }", m=[
                    {"ownerId": owner, "namespace": "alliance", "key": key}
                    for key in ("places", "never")])["metafieldsDelete"]
    assert gone == {"deletedMetafields": [{"key": "places"}, None], "userErrors": []}
    assert shop.installation.value("alliance", "places") is None


def test_an_app_has_one_pixel_with_the_settings_of_its_extension(shop: FakeShop) -> None:
    shop.pixels.fields = frozenset({"hub"})
    settings = json.dumps({"hub": "https://hub.example"})

    def codes(**variables: Any) -> list[str]:
        return [each["code"] for each in run(shop, "Pixel", **variables)["userErrors"]]

    assert codes(p={"settings": "nonsense"}) == ["INVALID_CONFIGURATION_JSON"]
    assert codes(p={"settings": "{}"}) == ["INVALID_SETTINGS"]
    assert codes(p={"settings": settings}) == []
    assert codes(p={"settings": settings}) == ["TAKEN"]
    pixel = told(shop, "{ webPixel { id settings } }")["webPixel"]
    assert json.loads(pixel["settings"]) == {"hub": "https://hub.example"}
    assert run(shop, "PixelDelete", id=pixel["id"])["deletedWebPixelId"] == pixel["id"]
    gone = ask(shop, "{ webPixel { id } }")
    assert (gone["data"], gone["errors"][0]["extensions"]) == (
        {"webPixel": None}, {"code": "RESOURCE_NOT_FOUND"})


def test_a_pixel_needs_both_of_its_scopes(shop: FakeShop) -> None:
    shop.tokens.install(("write_pixels",))
    body = ask(shop, operations()["Pixel"], p={"settings": "{}"})

    assert body["errors"][0]["extensions"]["requiredAccess"] == (
        "`read_customer_events` access scope.")


def test_a_shop_tells_what_the_rest_reference_tells(shop: FakeShop) -> None:
    reference = fixture("rest_reference/shop_2026-07.json")["shop"]
    shop.name, shop.currency = reference["name"], reference["currency"]
    shop.domain = reference["myshopify_domain"]
    shop.platform.shops[shop.domain] = shop
    info = run(shop, "ShopInfo")

    assert (info["name"], info["currencyCode"], info["myshopifyDomain"]) == (
        reference["name"], reference["currency"], reference["myshopify_domain"])


def test_subscriptions_of_the_rest_reference_can_be_made_and_deleted(shop: FakeShop) -> None:
    reference = fixture("rest_reference/webhooks_2026-07.json")["webhooks"]
    wanted = [(each["topic"].replace("/", "_").upper(), f"https://hub.example/{each['id']}")
              for each in reference]
    for topic, uri in wanted:
        assert run(shop, "WebhookCreate", topic=topic, sub={"uri": uri})["userErrors"] == []
    taken = run(shop, "WebhookCreate", topic=wanted[0][0], sub={"uri": wanted[0][1]})
    rows = run(shop, "Webhooks", first=10)["nodes"]

    assert len(taken["userErrors"]) == 1
    assert [(row["topic"], row["uri"]) for row in rows] == wanted
    assert run(shop, "WebhookDelete", id=rows[0]["id"])["deletedWebhookSubscriptionId"] == (
        rows[0]["id"])
    assert len(run(shop, "Webhooks", first=10)["nodes"]) == len(wanted) - 1
