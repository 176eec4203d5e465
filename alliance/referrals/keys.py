"""The keys with which orders are read: of signed tokens, and of each store's sealed salt."""

from __future__ import annotations

from dataclasses import dataclass

from alliance.db.sealed import Seal
from alliance.referrals.tokens import Signer


@dataclass(frozen=True, slots=True)
class Keys:
    """What reads signed tokens and opens a store's salt."""

    signer: Signer
    seal: Seal
