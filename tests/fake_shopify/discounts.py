"""Discount codes of a fake shop, and the till that takes them or does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.discount_shape import mistakes, node_of
from tests.fake_shopify.paging import Rows
from tests.fake_shopify.search import found
from tests.fake_shopify.till import Goods, taken_off
from tests.fake_shopify.values import Json, gid, kind_of, number_of, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop

MOST_AT_ONCE = 250


@dataclass
class Code:
    """One code of a discount. Its uses are its own: a limit counts for each code."""

    number: int
    text: str
    uses: int = 0


@dataclass
class Discount:
    """A discount as it was asked for: `kind` is `Basic`, `FreeShipping` or `Bxgy`."""

    number: int
    kind: str
    asked: Json
    starts: datetime
    ends: datetime | None
    made: datetime
    codes: list[Code] = field(default_factory=list)


@dataclass
class Creation:
    """Codes that are being added: what became of each, told once it is done."""

    number: int
    discount: Discount
    results: list[tuple[str, Code | None]]
    polls_left: int


@dataclass
class Job:
    """Work that a shop does by and by: looking at it is what moves it on."""

    work: Callable[[], None]
    polls_left: int


class Discounts:
    """Every discount by its number, and its codes."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[int, Discount] = {}
        self.polls = 1
        """How often an adding of codes is looked at before it is done."""
        self.fails: set[str] = set()
        """Codes, in lower case, that no adding takes."""
        self.is_searchable = True
        """Off: as in the seconds before a new discount is found by a search."""
        self.notes: dict[str, dict[tuple[str, str], Json]] = {}
        """Metafields of discounts: by gid, then by namespace and key."""
        self._creations: dict[str, Creation] = {}
        self._jobs: dict[str, Job] = {}

    def takes(self, code: str, goods: list[Goods], at: datetime) -> Decimal | None:
        """What comes off these goods for the code at that moment; None where it is refused.

        A free delivery is worth nothing here: 0.
        """
        held = self._held(code)
        if held is None:
            return None
        discount, kept = held
        limit = discount.asked.get("usageLimit")
        if at < discount.starts or (discount.ends is not None and at >= discount.ends) or (
                limit is not None and kept.uses >= limit):
            return None
        return taken_off(discount.kind, discount.asked, goods)

    def spend(self, code: str) -> None:
        """An order uses the code."""
        held = self._held(code)
        assert held is not None, f"there is no code {code}"
        held[1].uses += 1

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {
            "codeDiscountNode": self.node, "codeDiscountNodeByCode": self._by_code,
            "codeDiscountNodes": self._listed, "discountNodes": self._all_listed, "job": self._job,
            "discountRedeemCodeBulkCreation": self.creation,
            "discountCodeBasicCreate": lambda basicCodeDiscount: self._make(  # noqa: N803
                "Basic", "basicCodeDiscount", basicCodeDiscount),
            "discountCodeFreeShippingCreate": lambda freeShippingCodeDiscount: self._make(  # noqa: N803
                "FreeShipping", "freeShippingCodeDiscount", freeShippingCodeDiscount),
            "discountCodeBxgyCreate": lambda bxgyCodeDiscount: self._make(  # noqa: N803
                "Bxgy", "bxgyCodeDiscount", bxgyCodeDiscount),
            "discountRedeemCodeBulkAdd": self._add, "discountCodeDeactivate": self._end,
            "discountCodeBulkDeactivate": self._end_many, "discountCodeDelete": self._delete,
            "discountCodeRedeemCodeBulkDelete": self._delete_codes}

    def node(self, id: str) -> Json | None:
        """A discount by its gid."""
        discount = self._discount(id)
        if discount is None:
            return None
        return node_of(discount, self._shop.platform.now, self._shop.currency, self._shop.home,
                       self._shop.catalogue) | {
            "metafield": lambda key, namespace="$app": self.notes.get(id, {}).get(
                (namespace, key))}

    def creation(self, id: str) -> Json | None:
        """An adding of codes by its gid; looking at it is what moves it on."""
        kept = self._creations.get(number_of(id))
        if kept is None or kind_of(id) != "DiscountRedeemCodeBulkCreation":
            return None
        kept.polls_left -= 1
        return self._creation_told(kept)

    def _by_code(self, code: str) -> Json | None:
        held = self._held(code)
        return None if held is None else self.node(gid("DiscountCodeNode", held[0].number))

    def _held(self, code: str) -> tuple[Discount, Code] | None:
        return next(((discount, each) for discount in self.kept.values()
                     for each in discount.codes if each.text.lower() == code.lower()), None)

    def _discount(self, id: str) -> Discount | None:
        return self.kept.get(int(number_of(id))) if kind_of(id) == "DiscountCodeNode" else None

    def _listed(self, *, query: str | None = None, **pages: Any) -> Rows:
        rows = [self.node(gid("DiscountCodeNode", number)) for number in self.kept
                if self.is_searchable or not query]
        return Rows(found([row for row in rows if row], query, {
            "title": lambda row: row["codeDiscount"]["title"],
            "tag": lambda row: row["codeDiscount"]["tags"],
            "status": lambda row: row["codeDiscount"]["status"],
            "id": lambda row: number_of(row["id"]),
            "code": lambda row: [each.text for each in self.kept[int(number_of(row["id"]))].codes],
        }), lambda row: int(number_of(row["id"])))

    def _all_listed(self, *, query: str | None = None, **pages: Any) -> Rows:
        """As `DiscountNode`s. There are no automatic ones here."""
        rows = self._listed(query=query)
        return Rows([row | {"__typename": "DiscountNode", "discount": row["codeDiscount"]}
                     for row in rows.rows], rows.key)

    def _make(self, kind: str, name: str, asked: Json) -> Json:
        errors = mistakes(kind, name, asked)
        if not errors and self._held(asked["code"]) is not None:
            errors = [_error([name, "code"], "TAKEN",
                             "Code must be unique. Please try a different code.")]
        if errors:
            return {"codeDiscountNode": None, "userErrors": errors}
        ends = asked.get("endsAt")
        discount = Discount(self._shop.platform.number(), kind, asked,
                            datetime.fromisoformat(asked["startsAt"]),
                            datetime.fromisoformat(ends) if ends else None,
                            self._shop.platform.now)
        discount.codes.append(Code(self._shop.platform.number(), asked["code"]))
        self.kept[discount.number] = discount
        return {"codeDiscountNode": self.node(gid("DiscountCodeNode", discount.number)),
                "userErrors": []}

    def _add(self, discountId: str, codes: list[Json]) -> Json:  # noqa: N803
        discount = self._discount(discountId)
        errors = []
        if discount is None:
            errors = [_error(["discountId"], "INVALID", "Code discount does not exist.")]
        elif not 0 < len(codes) <= MOST_AT_ONCE:
            errors = [_error(["codes"], "TOO_MANY_ARGUMENTS",
                             f"The input array size of {len(codes)} is greater than the maximum "
                             f"allowed of {MOST_AT_ONCE}.")]
        if discount is None or errors:
            return {"bulkCreation": None, "userErrors": errors}
        results: list[tuple[str, Code | None]] = []
        for text in (each["code"] for each in codes):
            code = Code(self._shop.platform.number(), text)
            if self._held(text) is not None or text.lower() in self.fails:
                results.append((text, None))
                continue
            discount.codes.append(code)
            results.append((text, code))
        made = Creation(self._shop.platform.number(), discount, results, self.polls)
        self._creations[str(made.number)] = made
        return {"bulkCreation": self._creation_told(made), "userErrors": []}

    def _creation_told(self, kept: Creation) -> Json:
        is_done = kept.polls_left <= 0
        good = sum(1 for _, code in kept.results if code is not None)
        return {
            "__typename": "DiscountRedeemCodeBulkCreation", "done": is_done,
            "id": gid("DiscountRedeemCodeBulkCreation", kept.number),
            "createdAt": stamp(kept.discount.made), "codesCount": len(kept.results),
            "importedCount": good if is_done else 0,
            "failedCount": len(kept.results) - good if is_done else 0,
            "discountCode": self.node(gid("DiscountCodeNode", kept.discount.number)),
            "codes": [] if not is_done else [{
                "code": text, "discountRedeemCode": code and {
                    "id": gid("DiscountRedeemCode", code.number), "code": code.text},
                "errors": [] if code else [_error(
                    None, "TAKEN", "Code must be unique. Please try a different code.")],
            } for text, code in kept.results]}

    def _end(self, id: str) -> Json:
        discount = self._discount(id)
        if discount is None:
            return {"codeDiscountNode": None, "userErrors": [
                _error(["id"], "INVALID", "Code discount does not exist.")]}
        now = self._shop.platform.now
        discount.ends = now if discount.ends is None else min(discount.ends, now)
        return {"codeDiscountNode": self.node(id), "userErrors": []}

    def _end_many(self, ids: list[str] | None = None, **search: Any) -> Json:
        for id in ids or []:
            self._end(id)
        return {"job": self._later(lambda: None), "userErrors": []}

    def _delete(self, id: str) -> Json:
        discount = self._discount(id)
        if discount is None:
            return {"deletedCodeDiscountId": None, "userErrors": [
                _error(["id"], "INVALID", "Code discount does not exist.")]}
        del self.kept[discount.number]
        return {"deletedCodeDiscountId": id, "userErrors": []}

    def _delete_codes(self, discountId: str, ids: list[str] | None = None,  # noqa: N803
                      **search: Any) -> Json:
        discount = self._discount(discountId)
        if discount is None or not ids:
            return {"job": None, "userErrors": [
                _error(["discountId"], "INVALID", "Code discount does not exist.")]}
        gone = {int(number_of(each)) for each in ids}

        def work() -> None:
            discount.codes = [each for each in discount.codes if each.number not in gone]

        return {"job": self._later(work), "userErrors": []}

    def _later(self, work: Callable[[], None]) -> Json:
        id = gid("Job", self._shop.platform.number())
        self._jobs[id] = Job(work, self.polls)
        return {"__typename": "Job", "id": id, "done": False}

    def _job(self, id: str) -> Json | None:
        job = self._jobs.get(id)
        if job is None:
            return None
        job.polls_left -= 1
        if job.polls_left <= 0:
            job.work()
        return {"__typename": "Job", "id": id, "done": job.polls_left <= 0}


def _error(path: list[str] | None, code: str, message: str) -> Json:
    return {"field": path, "code": code, "message": message, "extraInfo": None}
