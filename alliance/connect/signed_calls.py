"""How a store's own server signs what it reports to the hub: Standard Webhooks, scheme v1.

Signed is `<webhook-id>.<webhook-timestamp>.<raw body>` with HMAC-SHA-256 under a secret of that
store alone, so neither the time nor a byte of the body can be changed, and no other store's call
passes. A call is good for 300 seconds before and after its time.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime, timedelta

from alliance.connect.protocol import Grant, InboundCall, Refused
from alliance.core.clock import aware

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(seconds=300)
_ID = re.compile(r"[!-~]{1,100}", re.ASCII)
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)
_MOST_SIGNATURES = 10


def secret_of(grant: Grant) -> bytes:
    """The key for a store's reports: drawn from its salt and the secret of its webhooks.

    So every store has one without keeping another, it tells nothing of either, and it changes when
    the store is connected anew.
    """
    webhook_secret = grant.secrets.get("webhook_secret", "").encode()
    return hmac.digest(grant.salt, b"alliance/reports/1:" + webhook_secret, "sha256")


def written(secret: bytes) -> str:
    """The secret in the form that libraries for Standard Webhooks take."""
    return "whsec_" + base64.b64encode(secret).decode()


def sign(secret: bytes, call_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a call made at this instant."""
    seconds = str(int(aware(at).timestamp()))
    return {ID: call_id, TIMESTAMP: seconds,
            SIGNATURE: f"v1,{_signature(secret, call_id, seconds, body)}"}


def check(call: InboundCall, secret: bytes, now: datetime) -> None:
    """Return quietly if the store signed this call and it is fresh at `now`, else raise `Refused`.

    The signature is compared before the age is looked at, so the answer to a forger never tells
    which clock the hub has.
    """
    call_id, seconds, signatures = (call.header(name) or "" for name in (ID, TIMESTAMP, SIGNATURE))
    if not (_ID.fullmatch(call_id) and _SECONDS.fullmatch(seconds)):
        raise Refused("malformed_signature", f"{ID} or {TIMESTAMP} is missing or malformed.")
    good = f"v1,{_signature(secret, call_id, seconds, call.body)}".encode()
    given = signatures.split(" ")[:_MOST_SIGNATURES]
    # Several are sent while a secret is being changed: one of them has to fit.
    if not any([hmac.compare_digest(good, each.encode("utf-8", "replace")) for each in given]):
        raise Refused("wrong_signature", "The signature does not belong to this body.")
    if abs(aware(now).timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise Refused("stale_signature", "The call was signed more than 300 seconds from now.")


def _signature(secret: bytes, call_id: str, seconds: str, body: bytes) -> str:
    signed = f"{call_id}.{seconds}.".encode() + body
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
