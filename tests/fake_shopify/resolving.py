"""What a field is: what the shop keeps of it, or what its type alone makes likely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
)
from graphql.pyutils import Undefined

from tests.fake_shopify.paging import Rows, connected
from tests.fake_shopify.values import gid, stamp
from tests.shopify_schema import Needs, scope_table

if TYPE_CHECKING:
    from tests.fake_shopify.platform import FakeShopify
    from tests.fake_shopify.shop import FakeShop


@dataclass(frozen=True)
class Context:
    """Who asks whom. A bulk operation reads whole lists and names no pages."""

    platform: FakeShopify
    shop: FakeShop
    version: str
    is_bulk: bool = False


_TEXT = {"Money": "0.00", "Decimal": "0.0", "UnsignedInt64": "0", "BigInt": "0", "Int": 0,
         "Float": 0.0, "Boolean": False, "JSON": "{}", "Date": "2026-01-01", "Color": "#000000",
         "URL": "https://cdn.example/nothing"}


def field_value(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    """Every field of every type comes through here."""
    context: Context = info.context
    kind = str(get_named_type(info.return_type))
    _allowed(context, info.parent_type.name, info.field_name, kind)
    if info.parent_type in (info.schema.query_type, info.schema.mutation_type):
        found = context.shop.roots.get(info.field_name, Undefined)
    else:
        found = source.get(info.field_name, Undefined)
    if callable(found):
        found = found(**args)
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, Mapping) and info.field_name in ("node", "nodes") and (
                info.parent_type is info.schema.query_type):
            _allowed(context, "QueryRoot", info.field_name, each["__typename"])
    if kind.endswith("Connection"):
        rows = Rows([]) if found is Undefined else found
        return None if rows is None else connected(
            rows if isinstance(rows, Rows) else Rows(rows), args, context.is_bulk)
    if found is Undefined:
        found = _likely(info.return_type, info, context)
    return found[:args["first"]] if isinstance(found, list) and "first" in args else found


def type_of(value: Any, info: GraphQLResolveInfo, abstract: Any) -> str:
    """Which type of a union or an interface a value has."""
    return str(value.get("__typename") or info.schema.get_possible_types(abstract)[0].name)


def missing_scopes(scopes: tuple[str, ...], *needs: Needs) -> list[tuple[str, ...]]:
    """The alternatives of which not one is granted. `write_x` implies `read_x`."""
    held = set(scopes) | {scope.replace("write_", "read_", 1) for scope in scopes}
    return [each for need in needs for each in need if held.isdisjoint(each)]


def _allowed(context: Context, parent: str, name: str, kind: str) -> None:
    table = scope_table(context.version)
    own = kind.removesuffix("Connection")
    lacking = missing_scopes(context.shop.tokens.scopes, table.get((parent, name), ()),
                             table.get((own, None), ()))
    if lacking:
        said = [f"`{scope}` access scope" for scope in lacking[0]]
        told = f"{', '.join(said[:-1])} or {said[-1]}." if said[1:] else f"{said[0]}."
        raise GraphQLError(f"Access denied for {name} field. Required access: {told}",
                           extensions={"code": "ACCESS_DENIED", "requiredAccess": told})


def _likely(type_: Any, info: GraphQLResolveInfo, context: Context) -> Any:
    if not is_non_null_type(type_):
        return None
    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        return []
    if is_enum_type(type_):
        return context.shop.currency if type_.name == "CurrencyCode" else next(iter(type_.values))
    if is_abstract_type(type_):
        return {"__typename": info.schema.get_possible_types(type_)[0].name}
    if not is_scalar_type(type_):
        return {}
    if type_.name == "ID":
        return gid(info.parent_type.name, 1)
    return stamp(context.platform.now) if type_.name == "DateTime" else _TEXT.get(type_.name, "")
