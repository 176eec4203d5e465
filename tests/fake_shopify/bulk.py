"""Bulk operations of a fake shop: a query run over everything, its answer a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.bulk_rules import broken_rules
from tests.fake_shopify.paging import Rows
from tests.fake_shopify.resolving import Context
from tests.fake_shopify.search import found
from tests.fake_shopify.values import Json, gid, kind_of, number_of, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop

PARALLEL = 5
_RUNS = {"CREATED", "RUNNING", "CANCELING"}


@dataclass
class Operation:
    """One operation; `ends` is how: COMPLETED, FAILED or truncated, CANCELED, EXPIRED."""

    number: int
    query: str
    is_grouped: bool
    ends: str
    polls_left: int
    made: str
    content: bytes | None = None
    lines: int = 0
    roots: int = 0
    status: str = "CREATED"
    ended: str | None = None


class Bulk:
    """Every operation by its number, and the files that they left."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[str, Operation] = {}
        self.files: dict[str, bytes] = {}
        """Contents by the number in their address."""
        self.polls = 1
        """How often an operation is looked at before it is done."""
        self.ends = "COMPLETED"
        """How the next ones end: `COMPLETED`, `FAILED` (half of it in `partialDataUrl`),
        `truncated` (COMPLETED, but the file breaks off), `EXPIRED`."""
        self.next_content: bytes | None = None
        """The file of the next operation, instead of what the shop holds."""

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"bulkOperation": self.operation, "bulkOperationRunQuery": self._run,
                "bulkOperationCancel": self._cancel, "bulkOperations": self._listed}

    def operation(self, id: str) -> Json | None:
        """An operation by its gid; looking at it is what moves it on."""
        kept = self.kept.get(number_of(id))
        if kept is None or kind_of(id) != "BulkOperation":
            return None
        if kept.status in _RUNS:
            kept.polls_left -= 1
            kept.status = "RUNNING"
            if kept.polls_left < 0:
                self._finish(kept)
        return self._told(kept)

    def finish(self, ref: str) -> bytes:
        """The operation is done now; gives the body of the webhook that tells so."""
        kept = self.kept[ref]
        if kept.status in _RUNS:
            self._finish(kept)
        return json.dumps({
            "admin_graphql_api_id": gid("BulkOperation", ref), "completed_at": kept.made,
            "created_at": kept.made, "error_code": None, "status": kept.status.lower(),
            "type": "query"}).encode()

    def _listed(self, query: str | None = None, **pages: Any) -> Rows:
        rows = [self._told(each) for each in self.kept.values()]
        return Rows(found(rows, query, {
            "operation_type": lambda row: row["type"], "status": lambda row: row["status"],
            "created_at": lambda row: row["createdAt"], "id": lambda row: number_of(row["id"]),
        }), lambda row: row["createdAt"])

    def _run(self, query: str, groupObjects: bool) -> Json:  # noqa: N803
        running = [each for each in self.kept.values() if each.status in _RUNS]
        if len(running) >= PARALLEL:
            return _refused(
                "LIMIT_REACHED", "A bulk query operation for this app and shop is already in "
                f"progress: {gid('BulkOperation', running[0].number)}.")
        broken = broken_rules(self._shop.platform.versions[0], query)
        if broken:
            return _refused("INVALID", f"Invalid bulk query: {broken[0]}")
        kept = Operation(self._shop.platform.number(), query, groupObjects, self.ends, self.polls,
                         stamp(self._shop.platform.now))
        self.kept[str(kept.number)] = kept
        return {"bulkOperation": self._told(kept), "userErrors": []}

    def _cancel(self, id: str) -> Json:
        kept = self.kept.get(number_of(id))
        if kept is None or kept.status not in _RUNS:
            return {"bulkOperation": None, "userErrors": [
                {"field": ["id"], "message": "A bulk operation cannot be canceled now"}]}
        kept.status = "CANCELED"
        return {"bulkOperation": self._told(kept), "userErrors": []}

    def _finish(self, kept: Operation) -> None:
        rows = self._rows(kept)
        content = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)
        kept.lines, kept.roots = len(rows), sum(1 for row in rows if "__parentId" not in row)
        if self.next_content is not None:
            content, self.next_content = self.next_content, None
            kept.lines = content.count(b"\n")
        if kept.ends == "FAILED":
            content = b"".join(content.splitlines(keepends=True)[:max(1, kept.lines // 2)])
        if kept.ends == "truncated":
            content = content[:len(content) * 2 // 3]
        kept.status = {"truncated": "COMPLETED"}.get(kept.ends, kept.ends)
        kept.content = content or None
        kept.ended = stamp(self._shop.platform.now)
        if content:
            self.files[str(kept.number)] = content

    def _rows(self, kept: Operation) -> list[Json]:
        from tests.fake_shopify.answering import checked, run  # the two know each other
        platform = self._shop.platform
        document, _, _ = checked(platform.versions[0], kept.query)
        assert document is not None
        result = run(platform.versions[0], document, {}, Context(
            platform, self._shop, platform.versions[0], is_bulk=True))
        if result.errors:
            kept.ends = "FAILED"
        rows = [row for value in (result.data or {}).values() for row in _flat(value, None)]
        if kept.is_grouped:
            return rows
        # Ungrouped: in any order, so that a child may come before its parent.
        return sorted(rows, key=lambda row: md5(str(row.get("id")).encode()).digest())

    def _told(self, kept: Operation) -> Json:
        is_over = kept.status not in _RUNS
        address = f"{self._shop.platform.at(self._shop.domain)}/bulk/{kept.number}.jsonl"
        has_file = is_over and kept.content is not None
        return {
            "__typename": "BulkOperation", "id": gid("BulkOperation", kept.number),
            "status": kept.status, "query": kept.query, "type": "QUERY", "createdAt": kept.made,
            "completedAt": kept.ended,
            "errorCode": "TIMEOUT" if kept.status == "FAILED" else None,
            "objectCount": str(kept.lines), "rootObjectCount": str(kept.roots),
            "fileSize": str(len(kept.content)) if kept.content is not None else None,
            "url": address if has_file and kept.status == "COMPLETED" else None,
            "partialDataUrl": address if has_file and kept.status == "FAILED" else None}


def _flat(value: Any, parent: str | None) -> Iterator[Json]:
    """Each thing of each list on a line of its own, behind the one that it belongs to."""
    for node in _nodes(value):
        row = {name: part for name, part in node.items() if _nodes(part) is None}
        yield row | ({"__parentId": parent} if parent else {})
        for part in node.values():
            if _nodes(part) is not None:
                yield from _flat(part, node["id"])


def _nodes(value: Any) -> Any:
    """What a connection holds; None for anything else."""
    if isinstance(value, dict) and "edges" in value:
        return [each["node"] for each in value["edges"]]
    return value["nodes"] if isinstance(value, dict) and "nodes" in value else None


def _refused(code: str, message: str) -> Json:
    return {"bulkOperation": None, "userErrors": [
        {"field": None, "code": code, "message": message}]}
