"""What a request costs, and the bucket it is paid from.

The formula is Shopify's secret; this one gives the same as a few costs that others measured and
published (`KNOWN` in the tests): a thing with an id costs one point, sums and texts nothing; a list
of n costs two and its node `2 ln n` times; a mutation costs ten.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

MUTATION = 10


def cost_of(schema: GraphQLSchema, operation: OperationDefinitionNode, document: DocumentNode,
            variables: dict[str, Any]) -> int:
    """The points that are asked for."""
    fragments = {each.name.value: each for each in document.definitions
                 if isinstance(each, FragmentDefinitionNode)}
    defaults = {each.variable.name.value: getattr(each.default_value, "value", None)
                for each in operation.variable_definitions or ()}
    known = {name: value for name, value in defaults.items() if value is not None} | variables
    scale = _Scale(schema, fragments, known)
    root = schema.get_root_type(operation.operation)
    if operation.operation is OperationType.MUTATION:
        return MUTATION * sum(1 for _ in scale.fields(operation.selection_set, root))
    return max(1, scale.inside(operation.selection_set, root))


def times(size: int) -> int:
    """How often the node of a list of this size is paid for."""
    return min(size, max(1, math.floor(2 * math.log(size)))) if size > 0 else 0


@dataclass(frozen=True)
class _Scale:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]

    def inside(self, selections: SelectionSetNode, parent: Any) -> int:
        """What the fields of a thing cost together."""
        return sum(self._weight(field, kind) for field, kind in self.fields(selections, parent))

    def _weight(self, field: FieldNode, parent: Any) -> int:
        if field.selection_set is None:
            return 0
        kind = get_named_type(parent.fields[field.name.value].type)
        inner = self.inside(field.selection_set, kind)
        # A connection has no id, its node has one; of a union each member would have.
        own = 1 if "id" in getattr(kind, "fields", {"id": None}) else 0
        size = self._size(field)
        return own + inner if size is None else 2 + times(size) * (own + inner)

    def fields(self, selections: SelectionSetNode, parent: Any) -> Iterator[tuple[FieldNode, Any]]:
        """Every field with the type it belongs to, fragments opened."""
        for each in selections.selections:
            if isinstance(each, FieldNode):
                if not each.name.value.startswith("__"):
                    yield each, parent
            elif isinstance(each, InlineFragmentNode):
                named = each.type_condition
                kind = self.schema.type_map[named.name.value] if named else parent
                yield from self.fields(each.selection_set, kind)
            elif isinstance(each, FragmentSpreadNode):
                fragment = self.fragments[each.name.value]
                yield from self.fields(fragment.selection_set,
                                       self.schema.type_map[fragment.type_condition.name.value])

    def _size(self, field: FieldNode) -> int | None:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                if isinstance(argument.value, VariableNode):
                    return int(self.variables.get(argument.value.name.value) or 0)
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
        return None


class Bucket:
    """Points of one app in one shop, restored by the clock."""

    def __init__(self, now: Callable[[], datetime], maximum: int = 2000, restore: int = 100
                 ) -> None:
        self._now = now
        self.maximum, self.restore = maximum, restore
        self._held, self._at = float(maximum), now()

    def available(self) -> float:
        """The points that are there now."""
        passed = (self._now() - self._at).total_seconds()
        self._held = min(float(self.maximum), self._held + passed * self.restore)
        self._at = self._now()
        return self._held

    def take(self, points: int) -> bool:
        """Pay, or take nothing."""
        if points > self.available():
            return False
        self._held -= points
        return True

    def drain(self, left: int = 0) -> None:
        """Somebody else used the bucket up to this."""
        self.available()
        self._held = float(left)
