"""Visitors without names: hashes under a salt of the day, which is thrown away (house §11).

Enough to see that one visitor clicked twice, or that many came from one network; useless the day
after tomorrow.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from werkzeug.wrappers import Request

from alliance.connect.addresses import is_public
from alliance.referrals import salts

LONGEST_AGENT = 300
"""Characters of a browser's name that are looked at and kept."""

LONGEST_ADDRESS = 64
"""Characters of an address that are looked at: one with a zone has fewer."""

MOST_REMEMBERED = 10_000
MOST_AGENTS = 2_000


class Browser(NamedTuple):
    """A browser's name as a text of JSON, and its hash under the day's salt, not yet ended."""

    quoted: str
    seen: blake2b


class Day:
    """One day's salt, and the hashes under it."""

    def __init__(self, start: datetime, salt: bytes) -> None:
        self.start, self.end = start, start + timedelta(days=1)
        self.salt = salt
        self.browsers: dict[str, Browser] = {}
        self.networks: dict[str, str] = {}

    def visitor(self, address: str, agent: str) -> str:
        """Who asks: network address and browser; 32 hexadecimal digits."""
        hashed = self.browser(agent).seen.copy()
        hashed.update(address.encode())
        return hashed.hexdigest()

    def browser(self, agent: str) -> Browser:
        """What a click needs of a browser's name: few names make most clicks."""
        # Cut before it is remembered: a header may have hundreds of kilobytes.
        agent = agent[:LONGEST_AGENT]
        known = self.browsers.get(agent)
        if known is None:
            if len(self.browsers) >= MOST_AGENTS:
                self.browsers = {}
            known = self.browsers[agent] = Browser(quoted(agent), _begun(self.salt, agent))
        return known

    def network(self, prefix: str) -> str:
        """From which network: a household's or an office's; 16 hexadecimal digits."""
        known = self.networks.get(prefix)
        if known is None:
            if len(self.networks) >= MOST_REMEMBERED:
                self.networks = {}
            known = self.networks[prefix] = blake2b(
                prefix.encode(), digest_size=8, key=self.salt, person=b"network").hexdigest()
        return known


class DailySalt:
    """The salt of a day, shared by the processes of one hub through a file only they can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._day = Day(datetime.min.replace(tzinfo=UTC), b"")

    def day(self, now: datetime) -> Day:
        """This day; the salts of older ones are removed on the way."""
        day = self._day
        return day if day.start <= now < day.end else self._turn(now)

    def of(self, now: datetime) -> bytes:
        """The salt of this day."""
        return self.day(now).salt

    def _turn(self, now: datetime) -> Day:
        start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        with self._lock:
            if self._day.start != start:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._day = Day(start, self._read_or_make(salts.path_of(self._folder, start)))
                salts.forget(self._folder, now=now)
            return self._day

    def _read_or_make(self, path: Path) -> bytes:
        fresh = self._folder / f"fresh-{os.getpid()}-{secrets.token_hex(8)}"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(32))
        # A link appears whole or not at all, so no process reads half a salt.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
        return path.read_bytes()


class Place(NamedTuple):
    """What an address says of where somebody is.

    `network` is what one household or office cannot change, by which tries are counted. Who is
    no `stranger` is a proxy which `ALLIANCE_TRUSTED_PROXIES` does not know yet, with all the world
    behind it, or this machine: to count it would lock everybody out at once. `prefix` is the
    neighbourhood of which a click keeps a hash: /24, or /48.
    """

    network: str
    stranger: bool
    prefix: str


@lru_cache(maxsize=MOST_REMEMBERED)
def place_of(address: str) -> Place:
    """Where an address lies; what is no address is a stranger of its own."""
    try:
        found = ip_address(address)
        mapped = None if isinstance(found, IPv4Address) else found.ipv4_mapped
        if isinstance(found, IPv4Address) or mapped is not None:
            found = mapped or found
            return Place(str(found), is_public(found),
                         str(ip_network(f"{found}/24", strict=False)))
        half = IPv6Network((int(found), 64), strict=False).network_address
        return Place(str(half), is_public(half),
                     str(IPv6Network((int(found), 48), strict=False)))
    except ValueError:
        return Place(address[:LONGEST_ADDRESS], True, address[:LONGEST_ADDRESS])


def visitor_of(request: Request, salt: bytes, trusted_proxies: int) -> str:
    """The day's hash of who asks a page, as `Day.visitor` has it."""
    hashed = _begun(salt, request.headers.get("User-Agent", ""))
    hashed.update(address_of(request, trusted_proxies).encode())
    return hashed.hexdigest()


def address_of(request: Request, trusted_proxies: int) -> str:
    """The address of who asks a page, as `address_in` has it."""
    return address_in(request.environ, trusted_proxies)


def address_in(environ: dict[str, Any], trusted_proxies: int) -> str:
    """The caller's address. What a proxy says counts only as far as proxies are trusted."""
    said = environ.get("HTTP_X_FORWARDED_FOR") if trusted_proxies else None
    if said is None:
        return str(environ.get("REMOTE_ADDR", ""))
    # The server hands over as empty what is no ASCII, and a route may be shorter than it should:
    # neither makes a stranger look like the proxy, which nobody holds back.
    return [part.strip() for part in str(said).split(",")][-trusted_proxies:][0][:LONGEST_ADDRESS]


def _begun(salt: bytes, agent: str) -> blake2b:
    return blake2b(f"{agent[:LONGEST_AGENT]}\n".encode(), digest_size=16, key=salt)
