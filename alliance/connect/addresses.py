"""Where the hub may call: public addresses, and those the operator allowed for test shops (T12).

A shop's address is typed by a member, so it is treated as hostile: it must not lead to the hub's
own network, to a cloud's metadata, or to anything that only looks like a public host.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from alliance.connect.protocol import StoreError
from alliance.core.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

_PORTS = {443, 8443}
_URL = re.compile(r"[!-~]{1,2000}", re.ASCII)
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
                   r"(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*", re.ASCII)
_NUMERIC_LAST_LABEL = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)", re.ASCII)

# Written out, since `ipaddress.is_global` calls several tunnels and relays global.
_CLOSED_V4 = tuple(IPv4Network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # a cloud's own service on an otherwise public address
))
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(IPv6Network(text) for text in (
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
))


@dataclass(frozen=True, slots=True)
class Goal:
    """A checked place to call: the addresses to dial, and the name the certificate must carry."""

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The allowed private networks; raises `Invalid` for what is not a CIDR."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise Invalid("bad_setting", f"ALLIANCE_ALLOW_PRIVATE_STORES: {error}.") from None


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, and of nothing that leads back inside."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.scope_id is not None or address not in _OPEN_V6:
        return False
    return not any(address in network for network in _CLOSED_V6)


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as the machine's resolver gives them; raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def goal(url: str, allowed: Sequence[Network], resolve: Resolver = resolve_name) -> Goal:
    """Check a URL and resolve its host once; what it returns may be dialled.

    Raises `StoreError`: `unsafe_address` (again=False) for any URL, host, port or address that is
    not allowed, `store_unreachable` (again=True) when the name cannot be resolved now.
    """
    scheme, host, port = _parts(url)
    addresses = _addresses(host, port, resolve)
    if not all(is_public(one) or _inside(one, allowed) for one in addresses):
        raise _unsafe(f"{host} leads to an address that is not public")
    if not all(_inside(one, allowed) for one in addresses):
        if scheme != "https":
            raise _unsafe(f"{host} is only called by https")
        if port not in _PORTS:
            raise _unsafe(f"port {port} of {host} is not called, only 443 and 8443")
    return Goal(scheme, host, port, tuple(str(one) for one in addresses))


def _parts(url: str) -> tuple[str, str, int]:
    # Other readers take a backslash for a slash and drop blanks: such URLs have two meanings.
    if not _URL.fullmatch(url) or "\\" in url:
        raise _unsafe("the URL has characters that URLs cannot have")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _unsafe("the URL cannot be read") from None
    if parts.scheme not in ("https", "http"):
        raise _unsafe(f"{parts.scheme[:20]!r} is not a way to call a store")
    if "@" in parts.netloc or "#" in url:
        raise _unsafe("the URL has a sign-in or a fragment in it")
    if "[" not in parts.netloc:
        numeric = _NUMERIC_LAST_LABEL.fullmatch(host)
        if not (_canonical_v4(host) if numeric else _NAME.fullmatch(host)):
            raise _unsafe("the host is not a plain name")
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    return parts.scheme, host, port


def _canonical_v4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _addresses(host: str, port: int, resolve: Resolver) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = [ip_address(text) for text in resolve(host, port)]
    except (OSError, ValueError):
        found = []
    if not found:
        raise StoreError("store_unreachable", f"{host} has no address now.", again=True, host=host)
    return found


def _inside(address: Address, allowed: Sequence[Network]) -> bool:
    return any(address in network for network in allowed if network.version == address.version)


def _unsafe(why: str) -> StoreError:
    return StoreError("unsafe_address", f"This address is not called: {why}.", again=False)
