"""The round trip by which a shop hands over keys: its own page asks, and it posts them to us.

What the shop posts is not signed and names no shop. Only the state, a secret that works once, says
whose keys these are, and only a call to that very shop with them proves anything (threat T14).
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from alliance.connect import strict_json
from alliance.connect.protocol import Handed, InboundCall, InstallAsk, Refused
from alliance.core.errors import Invalid

LONGEST = 2048
"""Bytes. What a shop posts is about two hundred."""

_STATE = re.compile(r"[A-Za-z0-9_.~-]{8,200}", re.ASCII)
_KEY = re.compile(r"ck_[0-9a-f]{40}", re.ASCII)
_SECRET = re.compile(r"cs_[0-9a-f]{40}", re.ASCII)
_PERMISSIONS = {"read", "read_write"}


def begin(ask: InstallAsk) -> str:
    """The shop's page where its manager allows the hub to read and to write."""
    query = urlencode({"app_name": ask.name, "scope": "read_write", "user_id": ask.state,
                       "return_url": ask.back, "callback_url": ask.callback})
    return f"{ask.address.rstrip('/')}/wc-auth/v1/authorize?{query}"


def finish(call: InboundCall) -> Handed:
    """The keys that somebody posted, if they have the shape of keys; else `Refused`.

    Secrets: `consumer_key`, `consumer_secret`, `key_id` (its number in the shop) and
    `permissions`, `read` or `read_write`.
    """
    if call.method != "POST" or len(call.body) > LONGEST:
        raise _refused("It is not a short form of keys.")
    try:
        told = strict_json.read(call.body, limit=LONGEST, depth=2)
    except Invalid as error:
        raise _refused(error.detail) from None
    if not isinstance(told, dict):
        raise _refused("It is not a record.")
    number, state = told.get("key_id"), told.get("user_id")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**18:
        raise _refused("It has no number of a key.")
    if not isinstance(state, str) or not _STATE.fullmatch(state):
        raise _refused("It does not hand the state back.")
    if told.get("key_permissions") not in _PERMISSIONS:
        raise _refused("Its keys may not even read.")
    return Handed(state, {
        "consumer_key": _shaped(told, "consumer_key", _KEY),
        "consumer_secret": _shaped(told, "consumer_secret", _SECRET),
        "key_id": str(number), "permissions": told["key_permissions"]})


def _shaped(told: dict[str, object], name: str, shape: re.Pattern[str]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise _refused(f"Its {name} does not look like one.")
    return value


def _refused(why: str) -> Refused:
    return Refused("malformed_keys", f"This hands over no keys of a shop. {why}")
