"""Single-use codes in a Shopify shop: native code discounts, made in batches, and ended.

One promise is one discount with a tag of ours, and its codes hang on it. Nothing here is made
before it was looked for: by the tag, which a search finds a little late, and by the code, which is
found at once. What the shop then tells is compared with what it was asked for, since another app
or its owner may have changed it: a code of another promise is not given away in our name.

Shopify keeps no record of a code that was taken off its discount. So the discount itself remembers
which ones ended, before they go: asked for again, they do not come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alliance.connect.parts import maybe_instant, record, understood
from alliance.connect.protocol import CouponAsk, Grant, StoreError
from alliance.core import clock
from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance_shopify.admin_api import Admin, user_errors
from alliance_shopify.answers import nodes, refuse, text, texts
from alliance_shopify.promises import OURS, Terms, mark_of, read, terms_of, written

LOT = 250
"""How many codes Shopify takes, tells or ends at once."""

PAUSES = (0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0)
"""Seconds between looks at work that a shop does by and by; after the last one it is late."""

_MOST_PAGES = 1000
_TAKEN = {"TAKEN", "DUPLICATE"}


def make(admin: Admin, grant: Grant, ask: CouponAsk, *,
         now: Callable[[], datetime] = clock.now) -> list[str]:
    """See `Connector.make_coupons`; a discount starts to work at `now`.

    Raises `StoreError` besides: `store_failed` (again=True) where codes are neither made nor taken
    by others, `store_busy` (again=True) where the shop takes long to make them.
    """
    with understood("discount"):
        known = _Known(ask, terms_of(admin, grant, ask))
        for kept in _marked(admin, grant, known.mark):
            known.learn(kept)
        while known.home is None and (left := known.left()):
            found = _create(admin, grant, known, left[0], now()) or _find(admin, grant, left[0])
            if found is not None:
                known.learn(found)
            known.lost |= {left[0]} - known.made
        if known.home is not None:
            _add(admin, grant, known, known.home)
        return [code for code in ask.codes if code in known.made - known.lost]


def void(admin: Admin, grant: Grant, codes: Sequence[str], *,
         now: Callable[[], datetime] = clock.now) -> None:
    """See `Connector.void_coupons`. What hangs on no discount of ours is left alone.

    A discount of which every code ends is switched off; of another, the codes are taken off.
    """
    left = {code.lower() for code in codes}
    with understood("discount"):
        while left:
            code = min(left)
            kept = _find(admin, grant, code)
            ending = left & kept.codes.keys() if kept is not None else set()
            if kept is not None and kept.is_ours and not kept.is_over(now()):
                _end(admin, grant, kept, ending)
            left -= ending | {code}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A discount as the shop has it: its codes in lower case, each with the id it has there."""

    id: str
    terms: Terms | None
    tags: tuple[str, ...]
    ends_at: datetime | None
    ended: frozenset[str]
    """Codes that were taken off it."""
    codes: Mapping[str, str]

    @property
    def is_ours(self) -> bool:
        """Whether the hub made it, by its tag."""
        return any(tag.startswith(OURS) for tag in self.tags)

    def is_over(self, at: datetime) -> bool:
        """Whether no code of it works any more."""
        return self.ends_at is not None and self.ends_at <= aware(at)


class _Known:
    """What is known so far of the codes that were asked for.

    `made` work by this very promise, `lost` stand for something else or ended; `home` is a
    discount that keeps the promise, to which more codes can be added.
    """

    def __init__(self, ask: CouponAsk, terms: Terms) -> None:
        self.ask, self.terms, self.mark = ask, terms, mark_of(ask)
        self.made: set[str] = set()
        self.lost: set[str] = set()
        self.home: _Kept | None = None

    def learn(self, kept: _Kept) -> None:
        """Sort out the codes of a discount that is there."""
        carried = kept.codes.keys() - kept.ended
        self.lost |= kept.ended
        if self.is_kept_by(kept):
            self.made |= carried
            self.home = self.home or kept
        else:
            self.lost |= carried

    def is_kept_by(self, kept: _Kept) -> bool:
        """Whether this discount promises what was asked for, and is ours."""
        return kept.terms == self.terms and self.mark in kept.tags

    def left(self) -> list[str]:
        """The codes of which nothing is known, in the order of the ask."""
        return [code for code in self.ask.codes if code not in self.made | self.lost]


def _marked(admin: Admin, grant: Grant, mark: str) -> Iterator[_Kept]:
    """The discounts of this mark, as far as the shop's search knows them yet."""
    told = admin.ask(grant, "discounts_marked", query=f"tag:'{mark}'")
    for node in nodes(told.get("discountNodes"), "Discounts"):
        discount = record(node.get("discount"), "A discount")
        codes = nodes(discount["codes"], "Codes") if "codes" in discount else []
        kept = _find(admin, grant, text(codes[0], "code")) if codes else None
        if kept is not None and mark in kept.tags:
            yield kept


def _find(admin: Admin, grant: Grant, code: str) -> _Kept | None:
    """The discount on which this code hangs, with all of its codes; None where there is none."""
    codes: dict[str, str] = {}
    after: str | None = None
    for _ in range(_MOST_PAGES):
        told = admin.ask(grant, "discount_of_code", code=code, first=LOT, after=after)
        if told.get("codeDiscountNodeByCode") is None:
            return None
        node = record(told["codeDiscountNodeByCode"], "A discount")
        discount = record(node.get("codeDiscount"), "A discount")
        page = record(discount.get("codes", {"nodes": [], "pageInfo": {}}), "Codes")
        codes |= {text(each, "code").lower(): text(each, "id") for each in nodes(page, "Codes")}
        info = record(page.get("pageInfo"), "A page")
        after = info.get("endCursor")
        if info.get("hasNextPage") is not True or not isinstance(after, str):
            return _kept(node, discount, codes)
    raise Invalid("malformed_record", "A discount has codes without end.")


def _kept(node: dict[str, Any], discount: dict[str, Any], codes: Mapping[str, str]) -> _Kept:
    return _Kept(text(node, "id"), read(discount), texts(discount.get("tags")),
                 maybe_instant(discount, "endsAt"), _ended(node.get("ended")), codes)


def _ended(note: Any) -> frozenset[str]:
    """What a discount remembers as ended; a note that somebody spoilt remembers nothing."""
    try:
        return frozenset(texts(json.loads(note["value"]))) if note is not None else frozenset()
    except (ValueError, TypeError, KeyError):
        return frozenset()


def _create(admin: Admin, grant: Grant, known: _Known, code: str, at: datetime) -> _Kept | None:
    """The discount made anew with its first code; None where the code is there already.

    One that came out as another promise is switched off at once: nobody gets what was not asked.
    """
    name, document = ("discountCodeFreeShippingCreate", "discount_free_shipping_create") if (
        known.terms.gives == "free_shipping") else (
        "discountCodeBasicCreate", "discount_basic_create")
    told = admin.ask(grant, document, discount=written(known.terms, known.ask, code, at))
    errors = user_errors(told, name)
    if any(error.get("code") in _TAKEN for error in errors):
        return None
    refuse(errors, "a discount")
    node = record(record(told[name], "The answer").get("codeDiscountNode"), "A discount")
    kept = _kept(node, record(node.get("codeDiscount"), "A discount"), {code: ""})
    if not known.is_kept_by(kept):
        _switch_off(admin, grant, kept)
        raise StoreError("store_cannot_give", "The shop makes another promise of it than it was "
                         "asked for.", again=False)
    return kept


def _add(admin: Admin, grant: Grant, known: _Known, home: _Kept) -> None:
    """Hang the codes that are left on this discount too, and learn what became of them."""
    left = known.left()
    for start in range(0, len(left), LOT):
        told = admin.ask(grant, "discount_codes_add", id=home.id,
                         codes=[{"code": code} for code in left[start:start + LOT]])
        refuse(user_errors(told, "discountRedeemCodeBulkAdd"), "codes")
        work = record(told["discountRedeemCodeBulkAdd"], "The answer").get("bulkCreation")
        _wait(admin, grant, "discount_codes_added", "discountRedeemCodeBulkCreation", work)
    there = _find(admin, grant, next(iter(home.codes))) if left else None
    if there is not None:
        known.learn(there)
    failed = 0
    for code in left:
        if code in known.made | known.lost:
            continue
        other = _find(admin, grant, code)
        if other is None:
            failed += 1
        else:
            known.learn(other)
            known.lost |= {code} - known.made
    if failed:
        raise StoreError("store_failed", f"The shop did not make {failed} codes.", again=True)


def _end(admin: Admin, grant: Grant, kept: _Kept, codes: set[str]) -> None:
    """End these codes of a discount and no others; noted first, so that it may break off here."""
    staying = kept.codes.keys() - codes
    if not staying:
        _switch_off(admin, grant, kept)
        return
    told = admin.ask(grant, "metafields_set", metafields=[
        {"ownerId": kept.id, "namespace": "alliance", "key": "ended", "type": "json",
         "value": json.dumps(sorted(kept.ended | codes))}])
    refuse(user_errors(told, "metafieldsSet"), "a note on a discount")
    ids = sorted(kept.codes[code] for code in codes)
    for start in range(0, len(ids), LOT):
        told = admin.ask(grant, "discount_codes_delete", id=kept.id, ids=ids[start:start + LOT])
        refuse(user_errors(told, "discountCodeRedeemCodeBulkDelete"), "the end of codes")
        work = record(told["discountCodeRedeemCodeBulkDelete"], "The answer").get("job")
        _wait(admin, grant, "job", "job", work)
    there = _find(admin, grant, min(staying))
    if there is not None and there.codes.keys() & codes:
        raise StoreError("store_failed", "The shop did not end all codes.", again=True)


def _switch_off(admin: Admin, grant: Grant, kept: _Kept) -> None:
    told = admin.ask(grant, "discount_deactivate", id=kept.id)
    refuse(user_errors(told, "discountCodeDeactivate"), "the end of a discount")


def _wait(admin: Admin, grant: Grant, document: str, name: str, work: Any) -> None:
    """Until the shop has done this work. Raises `StoreError` (`store_busy`) when it takes long."""
    ident = text(record(work, "The work"), "id")
    for pause in (0.0, *PAUSES):
        if pause:
            admin.sleep(pause)
        told = admin.ask(grant, document, id=ident).get(name)
        if record(told, "The work").get("done") is True:
            return
    raise StoreError("store_busy", "The shop has not finished with its codes yet.", again=True)
