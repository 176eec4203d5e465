"""Connecting a store: prove its address and its keys, keep them sealed, have its catalogue read."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets as chance
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.connect.protocol import Grant
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid
from alliance.core.events import StoreConnected
from alliance.core.ids import new_id
from alliance.core.money import Currency
from alliance.db import queue
from alliance.db.base import iso
from alliance.db.once import insert_once
from alliance.db.sealed import Seal
from alliance.merchants import people, shown, stores
from alliance.merchants.model import Store
from alliance.merchants.plain import one_line

_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*"
                   r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CONNECTOR = re.compile("[a-z][a-z0-9_]{0,39}")
_PATH_TOKEN = re.compile("[A-Za-z0-9_-]{22,80}")
_FOLDER = re.compile(r"(/[A-Za-z0-9_-]{1,60}){0,4}", re.ASCII)


def to_prove(session: Session, by: Actor, *, connector: str, address: str,
             secrets: Mapping[str, str], allow_http: bool = False) -> Grant:
    """What an owner typed, as one call to that very shop would use it; nothing is kept yet.

    Whoever connects a store from outside calls with it first, so that wrong keys are never kept.
    Raises `NotAllowed` (`owner_needed`), and refuses an address as `connect` does.
    """
    people.owner(session, by)
    where = home(address, allow_http=allow_http)
    if any(store.address == where and store.connector == connector
           and store.state != "disconnected" for store in stores.of_merchant(session, by)):
        raise _connected(where)
    return Grant(store_id="", address=where, path_token="", salt=chance.token_bytes(32),
                 secrets=dict(secrets))


def connect(session: Session, by: Actor, *, connector: str, address: str, name: str,
            currency: Currency, secrets: Mapping[str, str], seal: Seal,
            allow_http: bool = False, extra_hosts: Sequence[str] = (),
            path_token: str | None = None, salt: bytes | None = None, now: datetime) -> Store:
    """Keep a store with its keys, sealed to its row, and have its catalogue read.

    A store that was disconnected comes back as the same row, with its old salt, so that its
    customers stay recognisable. `path_token` and `salt` are drawn unless given (the demo story).
    Raises `NotAllowed` (`owner_needed`) unless an owner of the merchant asks, `Invalid` for a bad
    address, `Conflict` (`store_connected`) when it is connected already.
    """
    place = (by.merchant, "stores")
    people.owner(session, by)
    if not _CONNECTOR.fullmatch(connector):
        raise Invalid("unknown_connector", f"{connector[:40]!r} is not the name of a connector.")
    where = home(address, allow_http=allow_http)
    title = one_line(name, "store_name")
    hosts = [host_name(host) for host in extra_hosts]
    store_id = new_id("sto", now)
    token = path_token or chance.token_urlsafe(24)
    if not _PATH_TOKEN.fullmatch(token):
        raise Invalid("weak_path_token", "A path token has 22 to 80 letters, digits, - and _.")
    row = {
        "id": store_id, "merchant_id": by.merchant, "connector": connector, "address": where,
        "extra_hosts": hosts, "name": title, "path_token": token, "currency": currency,
        "salt": seal.close((salt or chance.token_bytes(32)).hex(), *place, "salt", store_id),
        "secrets": seal.close(_packed(secrets), *place, "secrets", store_id),
        "connected_at": now, "state": "connected",
    }
    if insert_once(session, Store, [row], ["merchant_id", "connector", "address"]):
        store = session.get_one(Store, store_id)
        key = f"connected:{store.id}"
    else:
        store = _come_back(session, by, connector, where, title, currency, hosts, now)
        store.secrets = seal.close(_packed(secrets), *place, "secrets", store.id)
        key = f"connected:{store.id}:{iso(now)}"
    session.flush()
    shown.changed_of(session, [by.merchant])
    queue.put(session, StoreConnected(store.id), scope=store.id, key=key, now=now)
    return store


def renew(session: Session, by: Actor, store_id: str, *, address: str, currency: Currency,
          secrets: Mapping[str, str], seal: Seal, allow_http: bool = False, now: datetime) -> Store:
    """Give a store new keys, and the address and currency that it has now.

    Its orders, products and doors stay, and its own secret for calls, so that what the shop sends
    meanwhile is still believed. Raises `Conflict` (`store_connected`) where another store of the
    merchant stands at that address.
    """
    people.owner(session, by)
    store = stores.own(session, by, store_id)
    where = home(address, allow_http=allow_http)
    if where != store.address:
        taken = session.scalar(select(Store.id).where(
            Store.merchant_id == by.merchant, Store.connector == store.connector,
            Store.address == where))
        if taken is not None:
            raise _connected(where)
        store.address = where
    store.currency = currency
    place = (store.merchant_id, "stores", "secrets", store.id)
    # A store that was disconnected has forgotten its secret: the one that comes along is new.
    known = {} if store.state == "disconnected" else _opened(seal.open(store.secrets, *place))
    kept = {name: value for name, value in known.items() if name == "webhook_secret"}
    store.secrets = seal.close(_packed({**secrets, **kept}), *place)
    if store.state != "connected":
        stores.move(store, "connected")
    store.trouble = None
    session.flush()
    shown.changed_of(session, [by.merchant])
    queue.put(session, StoreConnected(store.id), scope=store.id,
              key=f"connected:{store.id}:{iso(now)}", now=now)
    return store


def home(address: str, *, allow_http: bool = False) -> str:
    """`https://shop.example` or `https://shop.example/shop` from what was typed, or `Invalid`.

    A host in plain ASCII, and at most the folder the shop lives in: no name, password, query or
    fragment. A port, an address in numbers or plain http are for test shops beside the hub
    (`allow_http`).
    """
    text = address.strip()
    parts = _parted(text)
    folder = parts.path.rstrip("/")
    if (not _FOLDER.fullmatch(folder) or "@" in parts.netloc or "?" in text or "#" in text
            or parts.scheme not in ("https", "http")):
        raise _bad_address(text)
    if parts.scheme == "http" and not allow_http:
        raise Invalid("address_not_https", "The address of a store starts with https://.")
    host = host_name(parts.hostname or "", allow_numbers=allow_http)
    port = parts.port
    if port in (None, 443 if parts.scheme == "https" else 80):
        return f"{parts.scheme}://{host}{folder}"
    if not allow_http:
        raise Invalid("address_port", "The address of a store names no port.")
    return f"{parts.scheme}://{host}:{port}{folder}"


def host_name(text: str, *, allow_numbers: bool = False) -> str:
    """A host in lower-case ASCII with a dot in it, or `Invalid`."""
    host = text.strip().lower().removesuffix(".")
    if not _HOST.fullmatch(host):
        raise _bad_address(text)
    if not allow_numbers and ("." not in host or _is_numeric(host)):
        raise _bad_address(text)
    return host


def _come_back(session: Session, by: Actor, connector: str, address: str, name: str,
               currency: Currency, hosts: list[str], now: datetime) -> Store:
    store = session.scalars(select(Store).where(
        Store.merchant_id == by.merchant, Store.connector == connector,
        Store.address == address)).one()
    if store.state != "disconnected":
        raise _connected(address)
    stores.move(store, "connected")
    store.name, store.currency, store.extra_hosts = name, currency, hosts
    store.connected_at = now
    return store


def _connected(address: str) -> Conflict:
    return Conflict("store_connected", f"{address} is connected already.")


def _packed(secrets: Mapping[str, str]) -> str:
    return json.dumps(dict(secrets), sort_keys=True)


def _opened(text: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(text)
    return found


def _parted(text: str) -> SplitResult:
    if len(text) > 300 or not text.isascii() or not text.isprintable() or "\\" in text:
        raise _bad_address(text)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise _bad_address(text) from None
    return parts


def _is_numeric(host: str) -> bool:
    # Browsers read 127.1, 0x7f.1 and 2130706433 as addresses too: a last label of digits is one.
    last = host.rpartition(".")[2]
    if last.isdigit() or re.fullmatch("0x[0-9a-f]*", last):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bad_address(text: str) -> Invalid:
    return Invalid("malformed_address",
                   f"{text[:80]!r} is not the address of a store such as https://shop.example; "
                   "write a name in other letters in its xn-- form.")
