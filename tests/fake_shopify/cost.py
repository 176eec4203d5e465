"""What a request costs, and the bucket it is paid from.

The real formula is known to Shopify alone. Here a page costs two points, and each of the things on
it one more and its own pages; a mutation costs ten. Lists inside lists multiply, which is what
matters: a page that is too large is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)

MUTATION = 10


def cost_of(operation: OperationDefinitionNode, document: DocumentNode,
            variables: dict[str, Any]) -> int:
    """The points that are asked for."""
    fragments = {each.name.value: each.selection_set for each in document.definitions
                 if isinstance(each, FragmentDefinitionNode)}
    own = MUTATION if operation.operation is OperationType.MUTATION else 1
    defaults = {each.variable.name.value: getattr(each.default_value, "value", None)
                for each in operation.variable_definitions or ()}
    known = {name: value for name, value in defaults.items() if value is not None} | variables
    return sum(max(own, _weight(field, fragments, known))
               for field in _fields(operation.selection_set, fragments))


def _weight(field: FieldNode, fragments: dict[str, SelectionSetNode],
            variables: dict[str, Any]) -> int:
    if field.selection_set is None:
        return 0
    inner = sum(_weight(each, fragments, variables)
                for each in _fields(field.selection_set, fragments))
    size = _size(field, variables)
    return inner if size is None else 2 + size * (1 + inner)


def _fields(selections: SelectionSetNode, fragments: dict[str, SelectionSetNode]
            ) -> list[FieldNode]:
    found: list[FieldNode] = []
    for each in selections.selections:
        if isinstance(each, FieldNode):
            found.append(each)
        elif isinstance(each, InlineFragmentNode):
            found += _fields(each.selection_set, fragments)
        elif isinstance(each, FragmentSpreadNode):
            found += _fields(fragments[each.name.value], fragments)
    return found


def _size(field: FieldNode, variables: dict[str, Any]) -> int | None:
    for argument in field.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, VariableNode):
                return int(variables.get(argument.value.name.value) or 0)
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
