"""What must hold of every GraphQL document, beside that the schema takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from graphql import (
    FieldNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    is_input_object_type,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.utilities import find_breaking_changes
from graphql.validation import NoDeprecatedCustomRule

from tests.fake_shopify.bulk_rules import broken_rules
from tests.shopify_schema import Needs, schema, scope_table

MOST = 250
PERSONAL_TYPES = {
    "Customer", "MailingAddress", "CompanyContact", "CustomerEmailAddress", "CustomerPhoneNumber",
    "PurchasingEntity", "PurchasingCompany", "PaymentDetails", "CardPaymentDetails",
    "StaffMember", "ShopAddress", "CustomerMergeable", "CustomerPaymentMethod",
    "ShopifyProtectOrderSummary", "LocalizedField", "LocalizationExtension"}
"""Types that are somebody, or where somebody lives."""
PERSONAL_FIELDS = {
    "email", "phone", "clientIp", "contactEmail", "customerLocale", "customerAcceptsMarketing",
    "note", "note2", "poNumber", "firstName", "lastName", "displayName", "shopOwnerName",
    "statusPageUrl", "receiptJson", "accountNumber", "referrerUrl", "referralInfoHtml",
    "cartToken", "checkoutToken", "events", "ipAddress", "moments"}
"""Fields that say who bought, from where or what they wrote, or that open a page which does."""


def mistakes(version: str, text: str) -> list[str]:
    """What the schema has against a document: errors, and everything deprecated."""
    document = parse(text)
    known = schema(version)
    return [each.message for each in validate(known, document, [
        *specified_rules, NoDeprecatedCustomRule])]


@dataclass
class Used:
    """What a document uses: fields by (type, field), with the type that each gives."""

    fields: list[tuple[str, str, str]] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    pages: list[str] = field(default_factory=list)
    bare_pages: list[str] = field(default_factory=list)

    def coordinates(self) -> set[str]:
        """`Type` and `Type.field` for everything that is used."""
        return self.types | {f"{parent}.{name}" for parent, name, _ in self.fields}


@cache
def used(version: str, text: str) -> Used:
    """Everything that a document names or gets, fragments and inputs among it."""
    found = Used()
    known = schema(version)
    types = TypeInfo(known)
    visit(parse(text), TypeInfoVisitor(types, _Walk(types, found)))
    open_ = [known.type_map[name] for name in found.types if is_input_object_type(
        known.type_map[name])]
    while open_:
        kind = open_.pop()
        for name, part in kind.fields.items():
            inner = get_named_type(part.type)
            found.fields.append((kind.name, name, inner.name))
            if inner.name not in found.types and is_input_object_type(inner):
                open_.append(inner)
            found.types.add(inner.name)
    return found


def personal(version: str, text: str) -> list[str]:
    """Fields that carry personal data."""
    return [f"{parent}.{name}" for parent, name, kind in used(version, text).fields
            if not parent.endswith("Input")
            and (kind.removesuffix("Connection") in PERSONAL_TYPES or name in PERSONAL_FIELDS)]


def out_of_bounds(version: str, text: str) -> list[str]:
    """Pages of more than 250 or of no size, and what the platform refuses whatever it is for."""
    found = used(version, text)
    return found.pages + ([] if is_bulk(text) else found.bare_pages) + [
        f"{parent}.{name} is refused by the platform" for parent, name, _ in found.fields
        if "scripttag" in name.lower()]


def without_user_errors(text: str) -> list[str]:
    """Fields of a mutation whose refusals are not asked for."""
    return [each.name.value for operation in _operations(text)
            if operation.operation is OperationType.MUTATION
            for each in operation.selection_set.selections if isinstance(each, FieldNode)
            and "userErrors" not in _names(each)]


def is_bulk(text: str) -> bool:
    """A query without variables whose lists have no pages is one that is run in bulk."""
    operation, *others = _operations(text)
    return (not others and operation.operation is OperationType.QUERY
            and not operation.variable_definitions and "edges" in text
            and not re.search(r"\b(?:first|last)\s*:", text))


def roots(text: str) -> set[str]:
    """The names of the fields that are asked of the schema's root."""
    return {name for each in _operations(text) for name in _names(each)}


def breaks_in_bulk(version: str, text: str) -> list[str]:
    """The limits of bulk operations that a query is over."""
    return broken_rules(version, text)


def misnamed(name: str, text: str) -> list[str]:
    """A file holds one operation, called as the file is."""
    wanted = "".join(part.capitalize() for part in name.split("_"))
    return [] if [each.name.value if each.name else "" for each in _operations(text)] == [
        wanted] else [f"{name}.graphql has to hold the operation {wanted}, and no other"]


def needed(version: str, text: str) -> Needs:
    """The scopes that a document needs: one of each group, told in the schema's own table."""
    table = scope_table(version)
    found = used(version, text)
    groups = {group for parent, name, kind in found.fields
              for key in ((parent, name), (kind.removesuffix("Connection"), None))
              for group in table.get(key, ())}
    groups |= {group for kind in found.types for group in table.get((kind, None), ())}
    return tuple(sorted(groups))


def unmet(groups: Needs, scopes: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The groups of which no scope is held; who may write may read."""
    held = set(scopes) | {each.replace("write_", "read_", 1) for each in scopes}
    return [group for group in groups if held.isdisjoint(group)]


def broken_by(old: str, new: str, text: str) -> list[str]:
    """Changes from one version to the next that take away what a document uses."""
    names = used(old, text).coordinates()
    return [change for change in _changes(old, new) if names & _named(change)]


@cache
def _changes(old: str, new: str) -> tuple[str, ...]:
    return tuple(each.description for each in find_breaking_changes(schema(old), schema(new)))


def _named(description: str) -> set[str]:
    """What a change is about: the field where it names one, else the type."""
    found = re.findall(r"\b[A-Z][A-Za-z0-9]*(?:\.[A-Za-z0-9_]+)?", description)
    fields = {each for each in found if "." in each}
    # A value that an enum lost concerns whoever has the enum.
    return fields | {each.partition(".")[0] for each in fields if each.rpartition(".")[2].isupper()
                     } if fields else set(found)


def _operations(text: str) -> list[OperationDefinitionNode]:
    return [each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode)]


def _names(node: FieldNode | OperationDefinitionNode) -> Iterator[str]:
    for each in node.selection_set.selections if node.selection_set else ():
        if isinstance(each, FieldNode):
            yield each.name.value


class _Walk(Visitor):
    """Writes down what is passed."""

    def __init__(self, types: TypeInfo, found: Used) -> None:
        super().__init__()
        self._types = types
        self._found = found

    def enter_field(self, node: FieldNode, *place: object) -> None:
        """A field, the type it belongs to and the one it gives."""
        parent, given = self._types.get_parent_type(), self._types.get_type()
        if parent is None or given is None:
            return
        kind = get_named_type(given).name
        self._found.fields.append((parent.name, node.name.value, kind))
        self._found.types |= {parent.name, kind}
        sizes = {each.name.value: each.value for each in node.arguments or ()
                 if each.name.value in ("first", "last")}
        self._found.pages += [
            f"{parent.name}.{node.name.value} asks for {size.value}" for size in sizes.values()
            if isinstance(size, IntValueNode) and int(size.value) > MOST]
        if kind.endswith("Connection") and not sizes:
            self._found.bare_pages.append(f"{parent.name}.{node.name.value} has no size")

    def enter_inline_fragment(self, node: InlineFragmentNode, *place: object) -> None:
        """A type that something may be."""
        if node.type_condition is not None:
            self._found.types.add(node.type_condition.name.value)

    def enter_variable_definition(self, node: VariableDefinitionNode, *place: object) -> None:
        """The type of an input."""
        kind = self._types.get_input_type()
        if kind is not None:
            self._found.types.add(get_named_type(kind).name)
