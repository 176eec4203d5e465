"""What a query must be to run in bulk: its lists, and how deep they lie in each other."""

from __future__ import annotations

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)

from tests.shopify_schema import schema

MOST_LISTS = 5
DEEPEST = 2


def broken_rules(version: str, query: str) -> list[str]:
    """What is wrong with it as a bulk query; an empty list where it would run."""
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return [error.message]
    known = schema(version)
    errors = [error.message for error in validate(known, document, specified_rules)]
    operations = [each for each in document.definitions
                  if isinstance(each, OperationDefinitionNode)]
    if errors or len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return errors or ["it has to be one query"]
    if operations[0].variable_definitions:
        errors.append("it cannot have variables")
    types = TypeInfo(known)
    lists = _Lists(types)
    visit(document, TypeInfoVisitor(types, lists))
    if not 1 <= lists.count <= MOST_LISTS:
        errors.append(f"it has {lists.count} connections, and has to have 1 to {MOST_LISTS}")
    if lists.deepest > DEEPEST:
        errors.append(f"its connections lie {lists.deepest} deep, and may lie {DEEPEST} deep")
    return errors + lists.without_id


class _Lists(Visitor):
    """Counts connections, how deep they lie, and which nodes name no id for their children."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.count = self.deepest = self._depth = 0
        self.without_id: list[str] = []

    def enter_field(self, node: FieldNode, *place: object) -> None:
        """A list begins."""
        if self._is_list():
            self.count += 1
            self._depth += 1
            self.deepest = max(self.deepest, self._depth)
        names = {each.name.value for each in (node.selection_set.selections if node.selection_set
                                              else ()) if isinstance(each, FieldNode)}
        if node.name.value in ("node", "nodes") and self._depth and "id" not in names:
            self.without_id.append("each node has to name its id")

    def leave_field(self, node: FieldNode, *place: object) -> None:
        """A list ends."""
        if self._is_list():
            self._depth -= 1

    def _is_list(self) -> bool:
        return str(get_named_type(self._types.get_type())).endswith("Connection")
