"""One GraphQL request: checked in full, weighed, and answered by the real schema."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import NoDeprecatedCustomRule

from tests.fake_shopify.cost import cost_of
from tests.fake_shopify.recorded import answer as recorded
from tests.fake_shopify.resolving import Context, field_value, type_of
from tests.shopify_schema import schema

if TYPE_CHECKING:
    from tests.fake_shopify.platform import FakeShopify
    from tests.fake_shopify.shop import FakeShop

Json = dict[str, Any]


def answer(platform: FakeShopify, shop: FakeShop, version: str, body: Json) -> Json:
    """The body of the answer to `{query, variables, operationName}`, always with HTTP 200."""
    document, errors, deprecations = checked(version, str(body.get("query", "")))
    platform.deprecations += deprecations
    if document is None or errors:
        return {"errors": [error.formatted for error in errors]}
    operation = get_operation_ast(document, body.get("operationName"))
    if operation is None:
        return {"errors": [{"message": "An operation name is required"}]}
    variables = body.get("variables") or {}
    weight = cost_of(schema(version), operation, document, variables)
    refused = _too_much(platform, shop, weight)
    if refused is not None:
        return refused
    result = run(version, document, variables, Context(platform, shop, version),
                 body.get("operationName"))
    return _told(result, operation) | {"extensions": {"cost": _cost(shop, weight, weight)}}


def run(version: str, document: DocumentNode, variables: Json, context: Context,
        name: str | None = None) -> ExecutionResult:
    """Execute a document that was checked."""
    return execute_sync(schema(version), document, root_value={}, context_value=context,
                        variable_values=variables, operation_name=name,
                        field_resolver=field_value, type_resolver=type_of)


@lru_cache(maxsize=512)
def checked(version: str, text: str) -> tuple[
        DocumentNode | None, tuple[GraphQLError, ...], tuple[str, ...]]:
    """The document, what is wrong with it, and what of it is deprecated."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        return None, (error,), ()
    known = schema(version)
    return (document, tuple(validate(known, document, specified_rules)),
            tuple(error.message for error in validate(known, document, [NoDeprecatedCustomRule])))


def _too_much(platform: FakeShopify, shop: FakeShop, weight: int) -> Json | None:
    if weight > platform.max_cost:
        told: Json = recorded("max_cost_exceeded")["body"]
        told["errors"][0] |= {
            "message": f"Query cost is {weight}, which exceeds the single query max cost limit "
                       f"({platform.max_cost}).",
            "extensions": {"code": "MAX_COST_EXCEEDED", "cost": weight,
                           "maxCost": platform.max_cost}}
        return told
    if not shop.bucket.take(weight):
        told = recorded("throttled")["body"]
        return told | {"extensions": {"cost": _cost(shop, weight, None)}}
    return None


def _cost(shop: FakeShop, requested: int, actual: int | None) -> Json:
    return {"requestedQueryCost": requested, "actualQueryCost": actual,
            "throttleStatus": {"maximumAvailable": float(shop.bucket.maximum),
                               "currentlyAvailable": int(shop.bucket.available()),
                               "restoreRate": float(shop.bucket.restore)}}


def _told(result: ExecutionResult, operation: OperationDefinitionNode) -> Json:
    data = result.data
    if data is None and result.errors and operation.operation is OperationType.QUERY:
        # A denied root field is null in the answer, whatever the schema promises of it.
        denied = [error.path[0] for error in result.errors if error.path
                  and (error.extensions or {}).get("code") == "ACCESS_DENIED"]
        data = dict.fromkeys(map(str, denied)) or None
    told: Json = {"data": data}
    if result.errors:
        told["errors"] = [error.formatted for error in result.errors]
    return told
