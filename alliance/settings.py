"""Settings, read once from `ALLIANCE_*`; start refuses weak or missing secrets outside the demo."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from urllib.parse import urlsplit

from alliance.core.errors import Invalid

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""How this machine calls itself."""

RESERVED = (".test", ".localhost")
"""Endings that no public name may have (RFC 6761): who reaches such a hub is on its network."""

DURABILITIES = ("spool", "strict")


@dataclass(frozen=True)
class Settings:
    """Everything the operator can choose. Tests build one by hand; `from_env` builds the rest."""

    database_url: str = "sqlite:///var/alliance.db"
    public_url: str = "http://127.0.0.1:8000"
    secret_keys: tuple[bytes, ...] = field(default=(), repr=False)
    seal_keys: tuple[bytes, ...] = field(default=(), repr=False)
    allow_private_stores: tuple[str, ...] = ()
    ca_bundle: str | None = None
    trusted_proxies: int = 0
    spool_dir: str = "var/spool"
    assets_dir: str = "var/assets"
    """Where the pictures lie that members give: one folder for all processes of a hub."""
    click_durability: str = "spool"
    """`spool`: written before the answer; `strict`: on the disk before the answer."""
    redis_url: str | None = field(default=None, repr=False)
    nats_url: str | None = field(default=None, repr=False)
    log_format: str = "text"
    connectors: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """What each connector is told: `ALLIANCE_<NAME>_<SETTING>`, by lower-case name."""
    demo: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check; raises `Invalid` with the name of the setting that is wrong."""
        env = os.environ if env is None else env
        settings = cls(
            database_url=env.get("ALLIANCE_DATABASE_URL", cls.database_url),
            public_url=env.get("ALLIANCE_PUBLIC_URL", cls.public_url).rstrip("/"),
            secret_keys=_keys(env.get("ALLIANCE_SECRET_KEYS", "")),
            seal_keys=_keys(env.get("ALLIANCE_SEAL_KEYS", "")),
            allow_private_stores=_list(env.get("ALLIANCE_ALLOW_PRIVATE_STORES", "")),
            ca_bundle=env.get("ALLIANCE_CA_BUNDLE") or None,
            trusted_proxies=_count(env.get("ALLIANCE_TRUSTED_PROXIES", "0")),
            spool_dir=env.get("ALLIANCE_SPOOL_DIR", cls.spool_dir),
            assets_dir=env.get("ALLIANCE_ASSETS_DIR", cls.assets_dir),
            click_durability=env.get("ALLIANCE_CLICK_DURABILITY", cls.click_durability),
            redis_url=env.get("ALLIANCE_REDIS_URL") or None,
            nats_url=env.get("ALLIANCE_NATS_URL") or None,
            log_format=env.get("ALLIANCE_LOG_FORMAT", "text"),
            connectors=_connectors(env),
            demo=env.get("ALLIANCE_DEMO", "") == "1",
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what would be unsafe to start with."""
        for name, keys in (("SECRET", self.secret_keys), ("SEAL", self.seal_keys)):
            if not keys or any(len(key) < 32 for key in keys):
                raise Invalid("weak_key", f"Set ALLIANCE_{name}_KEYS to 64 hexadecimal digits or "
                              "more, for example from `openssl rand -hex 32`.")
        host = urlsplit(self.public_url).hostname or ""
        local = host in LOCAL
        if self.demo and not local:
            raise Invalid("demo_in_public", "The demo signs everybody in with one click: it runs "
                          "on this machine only.")
        if self.allow_private_stores and not (local or host.endswith(RESERVED)):
            raise Invalid("private_stores_in_public", "ALLIANCE_ALLOW_PRIVATE_STORES is for test "
                          "shops beside a hub on this machine, or on a name that ends in .test or "
                          ".localhost; unset it for a public address.")
        if not local and not self.public_url.startswith("https://"):
            raise Invalid("insecure_public_url", "ALLIANCE_PUBLIC_URL must start with https://.")
        if self.click_durability not in DURABILITIES:
            raise Invalid("bad_setting", "ALLIANCE_CLICK_DURABILITY is spool or strict.")
        for name, url, schemes in (("REDIS", self.redis_url, ("redis", "rediss", "unix")),
                                   ("NATS", self.nats_url, ("nats", "tls"))):
            if url and not url.startswith(tuple(f"{scheme}://" for scheme in schemes)):
                raise Invalid("bad_setting", f"ALLIANCE_{name}_URL starts with {schemes[0]}://.")

    def check_listening(self, host: str) -> None:
        """Refuse to offer the demo's one-click sign-ins to a network, whatever its address says."""
        if self.demo and host not in LOCAL:
            raise Invalid("demo_in_public", "The demo signs everybody in with one click: it "
                          "listens on 127.0.0.1 only.")

    @property
    def has_stream(self) -> bool:
        """Whether clicks go over a broker, to workers on any machine."""
        return bool(self.redis_url or self.nats_url)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the hub by https: cookies are then marked Secure."""
        return self.public_url.startswith("https://")


def _keys(text: str) -> tuple[bytes, ...]:
    try:
        return tuple(bytes.fromhex(part) for part in _list(text))
    except ValueError:
        raise Invalid("weak_key", "Keys are written in hexadecimal, parted by commas.") from None


def _connectors(env: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for point in entry_points(group="alliance.connectors"):
        prefix = f"ALLIANCE_{point.name.upper()}_"
        found[point.name] = {name.removeprefix(prefix): value for name, value in env.items()
                             if name.startswith(prefix)}
    return found


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise Invalid("bad_setting", "ALLIANCE_TRUSTED_PROXIES is a whole number.")
    return int(text)
