"""Single-use codes in a Shopify shop: native code discounts, made in batches, and ended.

One promise is one discount with a tag of ours, and its codes hang on it. Nothing here is made
before it was looked for: by the tag, which a search finds a little late, and by the code, which it
finds at once. What the shop then tells is compared with what it was asked for, since another app
or its owner may have changed it: a code of another promise is not given away in our name.

Shopify keeps no record of a code that was taken off its discount. So the discount itself remembers
which ones ended, before they go: asked for again, they do not come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alliance.connect.protocol import CouponAsk, Grant, StoreError
from alliance.core import clock
from alliance.core.clock import aware
from alliance_shopify.admin_api import Admin, user_errors
from alliance_shopify.promises import OURS, Terms, mark_of, read, terms_of, written

LOT = 250
"""How many codes Shopify takes, gives or ends at once."""

PAUSES = (0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0)
"""Seconds between looks at work that a shop does by and by; after the last one it is late."""

_MOST_PAGES = 400
_TAKEN = {"TAKEN", "DUPLICATE"}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A discount as the shop has it: its codes in lower case, each with the id it has there."""

    id: str
    terms: Terms | None
    tags: tuple[str, ...]
    ends_at: datetime | None
    ended: frozenset[str]
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether the hub made it, by its tag."""
        return any(tag.startswith(OURS) for tag in self.tags)


def make(admin: Admin, grant: Grant, ask: CouponAsk, *,
         now: Callable[[], datetime] = clock.now) -> list[str]:
    """See `Connector.make_coupons`; the discount starts at `now`."""
    terms = terms_of(admin, grant, ask)
    home: _Kept | None = None
    made: set[str] = set()
    lost: set[str] = set()
    for kept in _marked(admin, grant, mark_of(ask)):
        made, lost = _sorted_out(kept, terms, ask, made, lost)
        home = kept if home is None and kept.terms == terms else home
    for code in ask.codes:
        if home is not None or code in made | lost:
            continue
        there = _create(admin, grant, terms, ask, code, now())
        if there is None:
            there = _of_code(admin, grant, code)
        if there is not None and there.terms == terms and mark_of(ask) in there.tags:
            home = there
            made, lost = _sorted_out(there, terms, ask, made, lost)
        else:
            lost.add(code)
    if home is not None:
        made |= _add(admin, grant, home, ask, [each for each in ask.codes
                                               if each not in made | lost])
    return [code for code in ask.codes if code in made]


def void(admin: Admin, grant: Grant, codes: Sequence[str], *,
         now: Callable[[], datetime] = clock.now) -> None:
    """See `Connector.void_coupons`. What no discount of ours carries is left alone."""
    left = dict.fromkeys(code.lower() for code in codes)
    while left:
        code = next(iter(left))
        kept = _of_code(admin, grant, code)
        ending = set() if kept is None else left.keys() & kept.codes.keys()
        if kept is not None and kept.is_ours and not _is_over(kept, now()):
            _end(admin, grant, kept, ending)
        for each in {code} | ending:
            left.pop(each, None)


def _sorted_out(kept: _Kept, terms: Terms, ask: CouponAsk, made: set[str],
                lost: set[str]) -> tuple[set[str], set[str]]:
    """Which codes of the ask work by this discount, and which cannot any more."""
    carried = kept.codes.keys() - kept.ended
    if kept.terms == terms and mark_of(ask) in kept.tags:
        return made | (carried & set(ask.codes)), lost | kept.ended
    return made, lost | carried | kept.ended


def _marked(admin: Admin, grant: Grant, mark: str) -> Iterator[_Kept]:
    """The discounts of this mark, as far as the shop's search knows them yet."""
    told = admin.ask(grant, "discounts_marked", query=f"tag:'{mark}'")
    for node in _nodes(told.get("discountNodes")):
        discount = _record(node.get("discount"))
        codes = _nodes(discount["codes"]) if discount.get("codes") is not None else []
        if mark in _tags(discount) and codes:
            kept = _of_code(admin, grant, _code(codes[0]))
            if kept is not None and mark in kept.tags:
                yield kept


def _of_code(admin: Admin, grant: Grant, code: str) -> _Kept | None:
    """The discount that carries this code, with all of its codes; None where there is none."""
    codes: dict[str, str] = {}
    after: str | None = None
    for _ in range(_MOST_PAGES):
        told = admin.ask(grant, "discount_of_code", code=code, first=LOT, after=after)
        node = told.get("codeDiscountNodeByCode")
        if node is None:
            return None
        discount = _record(_record(node).get("codeDiscount"))
        page = discount.get("codes")
        if page is not None:
            codes |= {_code(each).lower(): _id(each) for each in _nodes(page)}
        info = _record(_record(page or {}).get("pageInfo", {}))
        after = info.get("endCursor")
        if info.get("hasNextPage") is not True or not isinstance(after, str):
            return _Kept(_id(node), read(discount), _tags(discount), _ends_at(discount),
                         _ended(node), codes)
    raise _bad("A discount of this shop has codes without end.")


def _create(admin: Admin, grant: Grant, terms: Terms, ask: CouponAsk, code: str,
            at: datetime) -> _Kept | None:
    """The discount made anew with its first code; None where the code is there already.

    One that came out as another promise is switched off at once: nobody gets what we did not ask.
    """
    name = "FreeShipping" if terms.gives == "free_shipping" else "Basic"
    document = {"FreeShipping": "discount_free_shipping_create", "Basic": "discount_basic_create"}
    told = admin.ask(grant, document[name], discount=written(terms, ask, code, at))
    errors = user_errors(told, f"discountCode{name}Create")
    if any(error.get("code") in _TAKEN for error in errors):
        return None
    _refuse(errors, "a discount")
    node = _record(_record(told[f"discountCode{name}Create"]).get("codeDiscountNode"))
    discount = _record(node.get("codeDiscount"))
    kept = _Kept(_id(node), read(discount), _tags(discount), _ends_at(discount), frozenset(),
                 {code: ""})
    if kept.terms != terms or mark_of(ask) not in kept.tags:
        _deactivate(admin, grant, kept)
    return kept


def _add(admin: Admin, grant: Grant, home: _Kept, ask: CouponAsk, codes: Sequence[str]) -> set[str]:
    """Hang these codes on a discount too; gives those that then work by the same promise.

    Raises `StoreError` (`store_failed`, again=True) where some are neither made nor taken.
    """
    if not codes:
        return set()
    for lot in _lots(codes):
        told = admin.ask(grant, "discount_codes_add", id=home.id,
                         codes=[{"code": code} for code in lot])
        _refuse(user_errors(told, "discountRedeemCodeBulkAdd"), "codes")
        work = _record(told["discountRedeemCodeBulkAdd"]).get("bulkCreation")
        _wait(admin, grant, "discount_codes_added", "discountRedeemCodeBulkCreation", _id(work))
    made: set[str] = set()
    lost: set[str] = set()
    failed = 0
    there = _of_code(admin, grant, next(iter(home.codes)))
    if there is not None and there.id == home.id:
        made, lost = _sorted_out(there, _same(home), ask, made, lost)
    for code in codes:
        if code in made | lost:
            continue
        other = _of_code(admin, grant, code)
        if other is None:
            failed += 1
        else:
            made, lost = _sorted_out(other, _same(home), ask, made, lost)
    if failed:
        raise StoreError("store_failed", f"The shop did not make {failed} codes.", again=True)
    return made & set(codes)


def _same(home: _Kept) -> Terms:
    if home.terms is None:
        raise AssertionError("codes are only added to a discount that keeps the promise")
    return home.terms


def _end(admin: Admin, grant: Grant, kept: _Kept, codes: set[str]) -> None:
    """End these codes of a discount, and no others. The note comes first: then it may break off."""
    if not kept.codes.keys() - codes:
        _deactivate(admin, grant, kept)
        return
    note = json.dumps(sorted(kept.ended | codes))
    told = admin.ask(grant, "metafields_set", metafields=[
        {"ownerId": kept.id, "namespace": "alliance", "key": "ended", "type": "json",
         "value": note}])
    _refuse(user_errors(told, "metafieldsSet"), "a note on a discount")
    for lot in _lots(sorted(kept.codes[code] for code in codes)):
        told = admin.ask(grant, "discount_codes_delete", id=kept.id, ids=list(lot))
        _refuse(user_errors(told, "discountCodeRedeemCodeBulkDelete"), "the end of codes")
        job = _record(_record(told["discountCodeRedeemCodeBulkDelete"]).get("job"))
        if job.get("done") is not True:
            _wait(admin, grant, "job", "job", _id(job))
    staying = next(iter(kept.codes.keys() - codes))
    there = _of_code(admin, grant, staying)
    if there is not None and there.codes.keys() & codes:
        raise StoreError("store_failed", "The shop did not end all codes.", again=True)


def _deactivate(admin: Admin, grant: Grant, kept: _Kept) -> None:
    told = admin.ask(grant, "discount_deactivate", id=kept.id)
    _refuse(user_errors(told, "discountCodeDeactivate"), "the end of a discount")


def _wait(admin: Admin, grant: Grant, document: str, name: str, ident: str) -> None:
    """Until the shop has done this work. Raises `StoreError` (`store_busy`) when it takes long."""
    for pause in (0.0, *PAUSES):
        if pause:
            admin.sleep(pause)
        if _record(admin.ask(grant, document, id=ident).get(name)).get("done") is True:
            return
    raise StoreError("store_busy", "The shop has not finished with its codes yet.", again=True)


def _refuse(errors: Sequence[Mapping[str, Any]], what: str) -> None:
    for error in errors:
        code = error.get("code")
        code = code[:60] if isinstance(code, str) else ""
        raise StoreError("store_refused_request", f"The shop refused {what} "
                         f"({code or 'without a code'}).", again=code == "INTERNAL_ERROR",
                         reason=code)


def _is_over(kept: _Kept, at: datetime) -> bool:
    return kept.ends_at is not None and kept.ends_at <= aware(at)


def _lots(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    return (codes[start:start + LOT] for start in range(0, len(codes), LOT))


def _ended(node: Mapping[str, Any]) -> frozenset[str]:
    """What the discount remembers as ended; a note that somebody spoilt remembers nothing."""
    note = node.get("ended")
    text = note.get("value") if isinstance(note, dict) else None
    try:
        told = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        told = []
    return frozenset(each for each in told if isinstance(each, str)) if isinstance(
        told, list) else frozenset()


def _ends_at(discount: Mapping[str, Any]) -> datetime | None:
    told = discount.get("endsAt")
    try:
        return aware(datetime.fromisoformat(told)) if isinstance(told, str) else None
    except ValueError:
        raise _bad("The shop tells no time at which a discount ends.") from None


def _tags(discount: Mapping[str, Any]) -> tuple[str, ...]:
    tags = discount.get("tags", [])
    return tuple(each for each in tags if isinstance(each, str)) if isinstance(tags, list) else ()


def _nodes(connection: Any) -> list[Mapping[str, Any]]:
    nodes = _record(connection).get("nodes")
    if not isinstance(nodes, list):
        raise _bad("The shop answered with something else than a list.")
    return [_record(node) for node in nodes]


def _code(node: Mapping[str, Any]) -> str:
    return _text(node, "code")


def _id(node: Any) -> str:
    return _text(_record(node), "id")


def _text(node: Mapping[str, Any], name: str) -> str:
    told = node.get(name)
    if not isinstance(told, str) or not told:
        raise _bad(f"The shop tells no {name}.")
    return told


def _record(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad("The shop answered with something else than was asked for.")
    return value


def _bad(detail: str) -> StoreError:
    return StoreError("store_bad_answer", detail, again=False)
