"""The demo store's own signature: `Demo-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256>`.

Signed is `<t>.<raw body>`, so neither the time nor a byte of the body can be changed. A call is
good for 300 seconds before and after its time.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256

from alliance.connect.protocol import Refused
from alliance.core.clock import aware

HEADER = "Demo-Signature"
TOLERANCE = timedelta(seconds=300)
_SHAPE = re.compile(r"t=(0|[1-9][0-9]{0,11}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: bytes, body: bytes, at: datetime) -> str:
    """The header's value for a body sent at this instant."""
    seconds = int(aware(at).timestamp())
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def check(secret: bytes, body: bytes, value: str | None, now: datetime) -> None:
    """Return quietly if the signature is good at `now`; else raise `Refused`.

    The signature is compared before the age is looked at, so the answer to a forger never tells
    which clock the hub has.
    """
    match = _SHAPE.fullmatch(value or "")
    if match is None:
        raise Refused("malformed_signature", f"The {HEADER} header is missing or malformed.")
    seconds = int(match[1])
    if not hmac.compare_digest(_digest(secret, seconds, body), match[2]):
        raise Refused("wrong_signature", "The signature does not belong to this body.")
    if abs(aware(now).timestamp() - seconds) > TOLERANCE.total_seconds():
        raise Refused("stale_signature", "The call was signed more than 300 seconds from now.")


def _digest(secret: bytes, seconds: int, body: bytes) -> str:
    return hmac.new(secret, f"{seconds}.".encode() + body, sha256).hexdigest()
