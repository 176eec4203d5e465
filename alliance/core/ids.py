"""Ids: a prefix that says what it names, then 26 characters that sort by time of making."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from hashlib import sha256
from typing import NewType

from alliance.core.errors import Invalid

MerchantId = NewType("MerchantId", str)
PersonId = NewType("PersonId", str)
StoreId = NewType("StoreId", str)
AllianceId = NewType("AllianceId", str)
MemberId = NewType("MemberId", str)
ContractId = NewType("ContractId", str)
TermsId = NewType("TermsId", str)
ProductId = NewType("ProductId", str)
PlacementId = NewType("PlacementId", str)
LinkId = NewType("LinkId", str)
ClickId = NewType("ClickId", str)
OrderId = NewType("OrderId", str)
DecisionId = NewType("DecisionId", str)
CommissionId = NewType("CommissionId", str)
EntryId = NewType("EntryId", str)
CycleId = NewType("CycleId", str)
ObligationId = NewType("ObligationId", str)
PaymentId = NewType("PaymentId", str)
CampaignId = NewType("CampaignId", str)
ComponentId = NewType("ComponentId", str)
CouponId = NewType("CouponId", str)
AssetId = NewType("AssetId", str)
TaskId = NewType("TaskId", str)

PREFIXES = {
    "mer": "merchant", "per": "person", "sto": "store", "alc": "alliance", "mem": "member",
    "inv": "invitation", "con": "contract", "trm": "terms", "prd": "product", "plc": "placement",
    "lnk": "link", "clk": "click", "ord": "order", "dec": "decision", "com": "commission",
    "ent": "entry", "cyc": "cycle", "obl": "obligation", "pay": "payment", "msg": "message",
    "slt": "slate", "hld": "hold", "cmp": "campaign", "cpt": "component", "cou": "coupon",
    "ast": "asset", "tsk": "task", "prg": "pairing",
}
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(one + other for one in _ALPHABET for other in _ALPHABET)
_SHAPE = re.compile(r"([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}")

_entropy: ContextVar[Callable[[int], bytes]] = ContextVar("entropy", default=os.urandom)
_nonces: list[bytes] = []
# Two processes that forked from one must not draw the same.
os.register_at_fork(after_in_child=_nonces.clear)


def new_id(prefix: str, at: datetime) -> str:
    """A fresh id such as `mer_01j…`: 48 bits of milliseconds, 80 bits of chance.

    Ids of one millisecond have no order among themselves. Never use one as a secret: the time in
    it can be guessed; secrets come from `secrets`.
    """
    if prefix not in PREFIXES:
        raise KeyError(f"no kind of id is called {prefix!r}")
    millis = int(at.timestamp() * 1000)
    return f"{prefix}_{_base32((millis << 80) | int.from_bytes(_entropy.get()(10), 'big'))}"


def checked(prefix: str, text: str) -> str:
    """`text` if it has the shape of an id of this kind, else `Invalid`."""
    match = _SHAPE.fullmatch(text) if len(text) == 30 else None
    if match is None or match[1] != prefix:
        raise Invalid("malformed_id", f"{text[:40]!r} is not the id of a {PREFIXES[prefix]}.")
    return text


def nonce() -> bytes:
    """128 bits of chance, from where ids take theirs; drawn from the system many at a time."""
    draw = _entropy.get()
    if draw is not os.urandom:
        return draw(16)
    try:
        # Taking one is a single step of the interpreter: no two threads get the same.
        return _nonces.pop()
    except IndexError:
        raw = os.urandom(16 * 256)
        _nonces.extend([raw[at:at + 16] for at in range(0, len(raw), 16)])
        return os.urandom(16)


@contextmanager
def seeded(seed: str) -> Iterator[None]:
    """Within this block ids repeat from run to run: for the demo story and for tests."""
    counter = 0

    def draw(count: int) -> bytes:
        nonlocal counter
        counter += 1
        return sha256(f"{seed}/{counter}".encode()).digest()[:count]

    token = _entropy.set(draw)
    try:
        yield
    finally:
        _entropy.reset(token)


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
