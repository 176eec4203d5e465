"""The shape of a handler: outside work first, then one effect written with the message's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from alliance.core.events import OrderChanged
from alliance.hub import Hub
from alliance.settlement import commissions

Effect = Callable[[Session], None]
"""What is written in the transaction that ends the messages."""

Handler = Callable[[Hub, Sequence[Any], datetime], Effect]
"""Takes events of one kind, does what needs no transaction, and hands back the effect."""


def settle_up(hub: Hub, events: Sequence[OrderChanged], now: datetime) -> Effect:
    """Post what the orders' commissions lack: the whole lot in one set."""

    def effect(session: Session) -> None:
        commissions.settle_up(session, [event.order_id for event in events], now=now)

    return effect
