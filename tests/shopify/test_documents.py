"""Every GraphQL document of the connector against the schemas that Shopify publishes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alliance_shopify.admin_api import document_text
from alliance_shopify.app import API_VERSION, OPTIONAL_SCOPES, SCOPES

from tests.shopify import document_rules as rules
from tests.shopify_schema import MEMBERS

IN_CODE = re.compile(r"\b(?:query|mutation)\b\s*\w*\s*(?:\(\s*\$[^)]*\))?\s*\{\s*\w")
CONNECTOR = Path(__file__).parents[2] / "connectors" / "shopify" / "alliance_shopify"
TEXTS = {path.stem: document_text(path.stem)
         for path in sorted((CONNECTOR / "documents").glob("*.graphql"))}
PINNED, NEXT = MEMBERS
ALL = SCOPES + OPTIONAL_SCOPES


def complaints(version: str, name: str, text: str) -> list[str]:
    """Everything that is wrong with a document, but for its scopes."""
    wrong = rules.mistakes(version, text)
    if wrong:
        return wrong
    return [*rules.misnamed(name, text), *rules.personal(version, text),
            *rules.out_of_bounds(version, text), *rules.without_user_errors(text),
            *(rules.breaks_in_bulk(version, text) if rules.is_bulk(text) else [])]


def test_there_are_documents_for_the_version_that_is_pinned() -> None:
    assert (PINNED, NEXT) == (API_VERSION, "2026-10")
    assert len(TEXTS) >= 10


@pytest.mark.parametrize("version", MEMBERS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_document_is_sound_and_asks_for_nobody(version: str, name: str) -> None:
    assert complaints(version, name, TEXTS[name]) == []


@pytest.mark.parametrize("name", TEXTS)
def test_what_the_next_version_takes_away_is_not_used(name: str) -> None:
    assert rules.broken_by(PINNED, NEXT, TEXTS[name]) == []


@pytest.mark.parametrize("version", MEMBERS)
def test_the_scopes_asked_for_are_the_scopes_that_documents_need(version: str) -> None:
    needs = {name: rules.needed(version, text) for name, text in TEXTS.items()}
    every = tuple(group for groups in needs.values() for group in groups)

    assert {name: missing for name, groups in needs.items()
            if (missing := rules.unmet(groups, ALL))} == {}
    idle = [scope for scope in ALL
            if not rules.unmet(every, tuple(each for each in ALL if each != scope))]
    assert idle == [], "nobody needs these"


@pytest.mark.parametrize("version", MEMBERS)
def test_only_payments_need_what_a_merchant_may_leave_out(version: str) -> None:
    beyond = {name for name, text in TEXTS.items()
              if rules.unmet(rules.needed(version, text), SCOPES)}

    assert beyond == {name for name in TEXTS if name.startswith("payment")}


def test_what_runs_in_bulk_is_called_so() -> None:
    assert [name for name, text in TEXTS.items()
            if rules.is_bulk(text) and not name.startswith("bulk_")] == []
    named = {name for name, text in TEXTS.items() if name.startswith("bulk_")
             and not all(each.startswith("bulkOperation") for each in rules.roots(text))}
    assert named == {name for name, text in TEXTS.items() if rules.is_bulk(text)}
    assert named != set()


def test_every_document_is_asked_by_somebody_and_none_is_written_in_code() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in CONNECTOR.glob("*.py"))

    assert IN_CODE.findall(code) == []
    assert [name for name, text in TEXTS.items() if not IN_CODE.search(text)] == []
    assert [name for name in TEXTS if f'"{name}"' not in code] == []


def test_every_part_is_used_by_more_than_one_document_and_written_once() -> None:
    parts = {path.stem for path in (CONNECTOR / "documents" / "parts").glob("*.graphql")}
    used = {part: [name for name, text in TEXTS.items()
                   if f"fragment {part.title().replace('_', '')} on " in text] for part in parts}

    assert {part for part, names in used.items() if len(names) < 2} == set()
    assert [path.name for path in (CONNECTOR / "documents").glob("*.graphql")
            if "fragment " in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(("text", "said"), [
    ("query Bad { products(first: 1) { nodes { nothing } } }", "Cannot query field 'nothing'"),
    ("query Bad { shop { billingAddress { city } } }", "Shop.billingAddress is deprecated"),
    ("query Bad($x: Int) { shop { name } }", "Variable '$x' is never used"),
    ("query Bad { orders(first: 1) { nodes { customer { id } } } }", "Order.customer"),
    ("query Bad { orders(first: 1) { nodes { ...B } } } fragment B on Order { email }",
     "Order.email"),
    ("query Bad { order(id: 1) { displayAddress { zip } } }", "Order.displayAddress"),
    ("query Bad { node(id: 1) { ... on DraftOrder { purchasingEntity { __typename } } } }",
     "DraftOrder.purchasingEntity"),
    ("query Bad { customers(first: 1) { nodes { id } } }", "QueryRoot.customers"),
    ("query Bad { orders(first: 251) { nodes { id } } }", "QueryRoot.orders asks for 251"),
    ("query Bad { orders { nodes { id } } }", "QueryRoot.orders has no size"),
    ("query Other { shop { name } }", "has to hold the operation Bad"),
    ("query Bad { shop { name } } query Second { shop { name } }", "has to hold the operation Bad"),
    ("mutation Bad { scriptTagDelete(id: 1) { userErrors { message } } }",
     "scriptTagDelete is refused by the platform"),
    ("mutation Bad { webPixelDelete(id: 1) { deletedWebPixelId } }", "webPixelDelete"),
    ("query Bad { products { edges { node { title } } } }", "each node has to name its id"),
    ("query Bad { products { edges { node { id collections { edges { node { id products { edges { "
     "node { id } } } } } } } } } }", "3 deep"),
    ("query Bad { a: products { edges { node { id } } } b: products { edges { node { id } } } "
     "c: products { edges { node { id } } } d: products { edges { node { id } } } "
     "e: products { edges { node { id } } } f: products { edges { node { id } } } }",
     "6 connections"),
])
@pytest.mark.parametrize("version", MEMBERS)
def test_a_document_that_breaks_one_rule_is_caught(version: str, text: str, said: str) -> None:
    found = complaints(version, "bad", text)

    assert [each for each in found if said in each] != [], found


@pytest.mark.parametrize(("text", "lacking"), [
    ("query Bad { inventoryItem(id: 1) { inventoryLevels(first: 1) { nodes { id } } } }",
     [("read_inventory",)]),
    ("query Bad { orders(first: 1) { nodes { returns(first: 1) { nodes { id } } } } }",
     [("read_returns", "read_marketplace_returns")]),
    ("query Bad { node(id: 1) { ... on Customer { id } } }", [("read_customers",)]),
    ("query Bad { product(id: 1) { resourcePublications(first: 1) { nodes { isPublished } } } }",
     [("read_publications",)]),
    ("query Bad { codeDiscountNodeByCode(code: \"x\") { id } }", []),
])
def test_a_scope_that_is_not_asked_for_is_found(
        text: str, lacking: list[tuple[str, ...]]) -> None:
    assert rules.unmet(rules.needed(PINNED, text), ALL) == lacking


def test_a_pixel_needs_both_of_its_scopes() -> None:
    pixel = "mutation Bad { webPixelCreate(webPixel: {settings: 1}) { userErrors { message } } }"

    assert rules.unmet(rules.needed(PINNED, pixel), ("write_pixels",)) == [
        ("read_customer_events",)]
    assert rules.unmet(rules.needed(PINNED, pixel), ("read_customer_events",)) == [
        ("read_pixels",), ("write_pixels",)]


@pytest.mark.parametrize(("text", "count"), [
    ("query Bad { draftOrder(id: 1) { warnings { ... on DraftOrderDiscountNotAppliedWarning { "
     "priceRule { id } } } } }", 2),
    ("mutation Bad($i: InventoryAdjustQuantitiesInput!) { inventoryAdjustQuantities(input: $i) { "
     "userErrors { code } } }", 1),
    ("query Bad { draftOrder(id: 1) { id } }", 0)])
def test_a_change_that_takes_something_away_is_found(text: str, count: int) -> None:
    assert len(rules.broken_by(PINNED, NEXT, text)) == count
