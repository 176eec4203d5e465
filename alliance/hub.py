"""What every edge holds: settings, database, keys, the spool and the connectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from alliance.connect import protocol
from alliance.connect.protocol import Connector
from alliance.connect.streams import Stream, open_stream
from alliance.content.files import Files
from alliance.core.clock import now as clock_now
from alliance.db.sealed import Seal
from alliance.db.session import Database
from alliance.referrals.keys import Keys
from alliance.referrals.tokens import Signer
from alliance.settings import Settings

if TYPE_CHECKING:
    from alliance.ledger.proofs import HeadKey


@dataclass
class Hub:
    """One running hub. `clock` is asked once per request or message, by the edge."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = clock_now
    connectors: dict[str, Connector] = field(default_factory=dict)
    """Those made so far, by name; what is put here before is used as it is."""

    def __post_init__(self) -> None:
        self.seal = Seal(self.settings.seal_keys)
        self.signer = Signer(self.settings.secret_keys)
        self.keys = Keys(self.signer, self.seal)
        self.spool_folder = Path(self.settings.spool_dir)
        self.files = Files(Path(self.settings.assets_dir))

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] = clock_now) -> Hub:
        """The hub that these settings describe."""
        return cls(settings, Database(settings.database_url), clock)

    @cached_property
    def stream(self) -> Stream | None:
        """What brings clicks from other machines; None where each drains its own.

        Raises `Invalid` when the client of its broker is not installed.
        """
        return open_stream(self.settings.redis_url, self.settings.nats_url)

    @cached_property
    def head_key(self) -> HeadKey:
        """The key that signs heads of the ledger."""
        return _head_key(self.settings.secret_keys[0])

    def head_keys(self) -> list[str]:
        """The public keys that may have signed this hub's heads: of every secret key it knows."""
        return [_head_key(secret).id for secret in self.settings.secret_keys]

    def connector(self, name: str) -> Connector:
        """The connector of this name; made once, with what the settings say for it."""
        if name not in self.connectors:
            self.connectors[name] = protocol.find(name, self._config(name))
        return self.connectors[name]

    def _config(self, name: str) -> Mapping[str, str]:
        return {
            "ALLOW_PRIVATE": ",".join(self.settings.allow_private_stores),
            "CA_BUNDLE": self.settings.ca_bundle or "",
            **self.settings.connectors.get(name, {}),
        }


def _head_key(secret: bytes) -> HeadKey:
    # Who closes a cycle signs, and who audits: no process that shows links reads the ledger for it.
    from alliance.ledger.proofs import HeadKey  # noqa: PLC0415

    return HeadKey(secret)
