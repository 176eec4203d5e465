"""Who asks: a person signed in, a program with a token, or the hub itself."""

from __future__ import annotations

from dataclasses import dataclass

from alliance.core.errors import NotAllowed
from alliance.core.ids import MerchantId, PersonId


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who asks, and for which merchant; records are found only through it."""

    merchant_id: MerchantId | None
    person_id: PersonId | None = None
    kind: str = "person"

    @property
    def is_system(self) -> bool:
        """Whether the hub acts by itself: a clock, a worker, the operator's command line."""
        return self.kind == "system"

    @property
    def merchant(self) -> MerchantId:
        """The merchant this actor acts for, or `NotAllowed` when it acts for none."""
        if self.merchant_id is None:
            raise NotAllowed("no_merchant", "Sign in for a merchant to do this.")
        return self.merchant_id


SYSTEM = Actor(merchant_id=None, kind="system")
