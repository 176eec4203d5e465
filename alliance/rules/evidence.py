"""Touches and standing: the stored inputs of a decision and their written form (law §4)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.orders import StoreOrder
from alliance.core.reading import Fields, time_json
from alliance.core.snapshots import order_from_json, order_to_json
from alliance.core.writing import written
from alliance.rules import agreement
from alliance.rules.gifts import Gift, gift_from_json, gift_to_json
from alliance.rules.terms import Terms


class Evidence(StrEnum):
    """Kinds of evidence, strongest first (law §4.1). A view is kept, but never earns (C40).

    A renewal hangs on the first order of its subscription, whose credit it carries on (A6.4).
    """

    RENEWAL = "renewal"
    COUPON = "coupon"
    CLICK = "click"
    BOND = "bond"
    SPOKEN = "spoken"
    VIEW = "view"

    @property
    def strength(self) -> int:
        """Larger is stronger."""
        return _STRENGTH[self]

    @property
    def condition_word(self) -> str:
        """How conditions of a clause call it (law §3): a click is `link` evidence."""
        return "link" if self is Evidence.CLICK else self.value


_STRENGTH = {kind: -place for place, kind in enumerate(Evidence)}


@dataclass(frozen=True, slots=True)
class Touch:
    """One piece of evidence that ties a host (member id) to an order.

    `at` is when the click was made, the coupon claimed, the bond begun, the code said or the first
    order of a subscription placed. `terms` are those of the contract at that time, None where
    there is no contract; for a renewal, those that pay the first order. `invalid` is the fault
    that `validity` found. `forged` and `replayed` speak of the signed token. `weight` is the share
    that a renewal carries on: 0 where the first order earns this host nothing, None for all else.
    """

    id: str
    kind: Evidence
    host: str
    at: datetime
    alliance: str = ""
    contract: str | None = None
    terms: Terms | None = None
    terms_hash: str = ""
    invalid: str | None = None
    forged: bool = False
    replayed: bool = False
    placement: str | None = None
    campaign: str | None = None
    product: str | None = None
    weight: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", aware(self.at))


@dataclass(frozen=True, slots=True)
class Standing:
    """What must be known of the members when an order is decided, by the host's member id.

    `people_keys` are customer keys of the host's own people in the seller's store (law §7.3);
    `own_stores` the hosts whose store is the seller's own; `capped` the hosts whose caps leave no
    room for this order; `tiers` and `certificates` what conditions ask for. `hold_out` says the
    shopper was in the group that measures what happens without recommendations.
    """

    suspended: frozenset[str] = frozenset()
    people_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own_stores: frozenset[str] = frozenset()
    hold_out: bool = False
    capped: frozenset[str] = frozenset()
    tiers: Mapping[str, int] = field(default_factory=dict)
    certificates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zone_name: str = "UTC"


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a decision is made from; deciding them again gives the same result (law §4.3).

    `gifts` are the claimed codes that the order used, whose cost members bear.
    """

    order: StoreOrder
    touches: tuple[Touch, ...]
    standing: Standing
    gifts: tuple[Gift, ...] = ()


def to_json(order: StoreOrder, touches: Sequence[Touch], standing: Standing,
            gifts: Sequence[Gift] = ()) -> dict[str, object]:
    """The inputs as JSON values. Terms are written once each, under their hash."""
    return {"order": order_to_json(order), **proof(touches, standing, gifts)}


def proof(touches: Sequence[Touch], standing: Standing,
          gifts: Sequence[Gift] = ()) -> dict[str, object]:
    """The inputs without the order: what is kept beside its snapshot."""
    return {
        # Left out where there are none, as most orders use no gift.
        **({"gifts": [gift_to_json(gift) for gift in gifts]} if gifts else {}),
        "touches": [_touch_to_json(touch) for touch in touches],
        "terms": {agreement.terms_hash(touch.terms): _terms_to_json(touch.terms)
                  for touch in touches if touch.terms is not None},
        "standing": {
            "suspended": sorted(standing.suspended),
            "people_keys": {host: sorted(keys) for host, keys in standing.people_keys.items()},
            "own_stores": sorted(standing.own_stores),
            "hold_out": standing.hold_out,
            "capped": sorted(standing.capped),
            "tiers": dict(standing.tiers),
            "certificates": {host: list(all_) for host, all_ in standing.certificates.items()},
            "zone_name": standing.zone_name,
        },
    }


def proof_text(value: Mapping[str, Any], touches: Sequence[Touch]) -> str:
    """What `written` makes of a proof of these touches; each terms' part is written once."""
    terms = {agreement.terms_hash(touch.terms): _terms_text(touch.terms)
             for touch in touches if touch.terms is not None}
    parts = ",".join(f'"{name}":{text}' for name, text in sorted(terms.items()))
    gifts = f'"gifts":{written(value["gifts"])},' if "gifts" in value else ""
    return (f'{{{gifts}"standing":{written(value["standing"])},"terms":{{{parts}}},'
            f'"touches":{written(value["touches"])}}}')


def from_json(value: object) -> Inputs:
    """The inputs that `to_json` wrote; terms that do not match their hash are `Invalid`."""
    fields = Fields(value, "inputs")
    fields.give({"gifts": []})
    inner = fields.inner("terms")
    terms = {name: _terms(inner, name) for name in inner.names}
    inputs = Inputs(
        order=order_from_json(fields.raw("order")),
        touches=tuple(_touch_from_json(each, terms) for each in fields.objects("touches")),
        standing=_standing(fields.inner("standing")),
        gifts=tuple(map(gift_from_json, fields.objects("gifts"))),
    )
    fields.done()
    return inputs


def _touch_to_json(touch: Touch) -> dict[str, object]:
    return {
        "id": touch.id, "kind": touch.kind.value, "host": touch.host, "at": time_json(touch.at),
        "alliance": touch.alliance, "contract": touch.contract, "terms_hash": touch.terms_hash,
        "terms": agreement.terms_hash(touch.terms) if touch.terms is not None else None,
        "invalid": touch.invalid, "forged": touch.forged, "replayed": touch.replayed,
        "placement": touch.placement, "campaign": touch.campaign, "product": touch.product,
        **({"weight": touch.weight} if touch.weight is not None else {}),
    }


def _touch_from_json(fields: Fields, terms: Mapping[str, Terms]) -> Touch:
    fields.give({"weight": None})
    named = fields.maybe("terms", fields.text)
    if named is not None and named not in terms:
        raise Invalid("unknown_terms", f"{fields.where} names terms that are not written here.")
    touch = Touch(
        id=fields.text("id"),
        kind=fields.word("kind", Evidence),
        host=fields.text("host"),
        at=fields.time("at"),
        alliance=fields.text("alliance"),
        contract=fields.maybe("contract", fields.text),
        terms=terms[named] if named is not None else None,
        terms_hash=fields.text("terms_hash"),
        invalid=fields.maybe("invalid", fields.text),
        forged=fields.flag("forged"),
        replayed=fields.flag("replayed"),
        placement=fields.maybe("placement", fields.text),
        campaign=fields.maybe("campaign", fields.text),
        product=fields.maybe("product", fields.text),
        weight=fields.maybe("weight", fields.whole),
    )
    fields.done()
    return touch


@lru_cache(maxsize=1024)
def _terms_to_json(terms: Terms) -> dict[str, object]:
    return agreement.to_json(terms)


@lru_cache(maxsize=1024)
def _terms_text(terms: Terms) -> str:
    return written(agreement.to_json(terms))


def _terms(inner: Fields, name: str) -> Terms:
    # Thousands of orders name the same few terms: each text is read once.
    terms = _terms_of(json.dumps(inner.raw(name), sort_keys=True))
    if agreement.terms_hash(terms) != name:
        raise Invalid("wrong_hash", "Stored terms do not match their hash.", terms=name[:64])
    return terms


@lru_cache(maxsize=1024)
def _terms_of(text: str) -> Terms:
    return agreement.from_json(json.loads(text))


def _standing(fields: Fields) -> Standing:
    people, tiers, certificates = (
        fields.inner(name) for name in ("people_keys", "tiers", "certificates"))
    standing = Standing(
        suspended=frozenset(fields.texts("suspended")),
        people_keys={host: frozenset(people.texts(host)) for host in people.names},
        own_stores=frozenset(fields.texts("own_stores")),
        hold_out=fields.flag("hold_out"),
        capped=frozenset(fields.texts("capped")),
        tiers={host: tiers.whole(host) for host in tiers.names},
        certificates={host: certificates.texts(host) for host in certificates.names},
        zone_name=fields.text("zone_name"),
    )
    fields.done()
    return standing
