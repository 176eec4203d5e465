"""A shop's keys: had for a person's token or a code, changed before they run out (hour and months).

    tokens = Tokens(out, app, clock.now)
    secrets = tokens.exchange(inside)

Secrets: `access_token`, `expires_at`, `refresh_token`, `refresh_expires_at` (RFC 3339, UTC) and
`scope`, what the shop allows, parted by commas.

Keys that never end are not kept: a public app is refused with them. An answer without an end is
exchanged at once for keys that have one, since asking the merchant again would give the same answer
once more, and would leave keys behind that nobody looks after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alliance.connect.embedded import Inside
from alliance.connect.http import Answer, Outbound
from alliance.connect.protocol import Grant, StoreError
from alliance_shopify.admin_api import failure
from alliance_shopify.app import EARLY, App
from alliance_shopify.shops import address_of, shop_at

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"

_ENDS = ("expires_in", "refresh_token", "refresh_token_expires_in")
_SHORTEST, _LONGEST = 60, 366 * 86_400
_TOKEN = re.compile(r"[!-~]{8,400}", re.ASCII)
_SCOPE = re.compile(r"(?:[a-z][a-z0-9_]{1,60}(?:, ?[a-z][a-z0-9_]{1,60}){0,60})?", re.ASCII)
_ERROR = re.compile(r"[a-z_]{1,60}", re.ASCII)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_OF_A_KEY = {"invalid_grant", "invalid_subject_token", "invalid_token", "expired_token",
             "access_denied"}
_OF_THE_APP = {"invalid_client", "unauthorized_client", "application_cannot_be_found"}


def renew_at(grant: Grant) -> datetime | None:
    """From when on the keys of a grant are renewed; long ago where their end cannot be read."""
    text = grant.secrets.get("expires_at")
    if text is None:
        return None
    try:
        end = datetime.fromisoformat(text)
        return (end - EARLY).astimezone(UTC) if end.tzinfo else _LONG_AGO
    except (ValueError, OverflowError):
        return _LONG_AGO


class Tokens:
    """Asks shops for keys; safe to share among threads.

    Every method raises `StoreError`: `store_refused_key` where the merchant must open the app anew,
    `app_refused` where the operator's client id or secret is wrong, `store_refused_request` for a
    code that was used and the like, those of `admin_api.failure` and what `Outbound` raises.
    """

    def __init__(self, out: Outbound, app: App, now: Callable[[], datetime]) -> None:
        self._out = out
        self._app = app
        self._now = now

    def exchange(self, inside: Inside) -> Mapping[str, str]:
        """Keys for the shop whose member of staff has the app open."""
        return self._first(inside.address, self._for(inside.token, ID_TOKEN))

    def code(self, shop: str, code: str) -> Mapping[str, str]:
        """Keys for the code that a browser brought back; `shop` is the one that was asked for."""
        return self._first(address_of(shop), {"code": code, "expiring": "1"})

    def refresh(self, grant: Grant) -> Mapping[str, str]:
        """All secrets of the grant, with new keys in them.

        Asked again with the same old keys it works again, until the new ones were used: so nothing
        is lost when what was answered could not be kept.
        """
        told = grant.secrets.get("refresh_token")
        if not told:
            return self.migrate(grant)
        answer = self._ask(grant.address, {"grant_type": "refresh_token", "refresh_token": told})
        return {**grant.secrets, **_ending(answer, self._now())}

    def migrate(self, grant: Grant) -> Mapping[str, str]:
        """All secrets of a grant whose key has no end, with keys that have one instead of it."""
        key = grant.secrets.get("access_token")
        if not key:
            raise _no_key()
        answer = self._ask(grant.address, self._for(key, OFFLINE))
        return {**grant.secrets, **_ending(answer, self._now())}

    def _for(self, token: str, kind: str) -> dict[str, str]:
        return {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": kind,
                "requested_token_type": OFFLINE, "expiring": "1"}

    def _first(self, address: str, wish: Mapping[str, str]) -> Mapping[str, str]:
        answer = self._ask(address, wish)
        if not any(name in answer for name in _ENDS):
            answer = self._ask(address, self._for(_token(answer, "access_token"), OFFLINE))
        return _ending(answer, self._now())

    def _ask(self, address: str, wish: Mapping[str, str]) -> dict[str, Any]:
        shop = shop_at(address)
        if shop is None:
            raise StoreError("store_refused_request", "This is no shop of Shopify.", again=False)
        if not self._app.secrets:
            raise _no_app("ALLIANCE_SHOPIFY_CLIENT_ID and _CLIENT_SECRETS are not set.")
        body = json.dumps({"client_id": self._app.client_id,
                           "client_secret": self._app.secrets[0], **wish})
        answer = self._out.post(f"{self._app.origin(shop)}/admin/oauth/access_token",
                                body.encode(), headers={"Content-Type": "application/json"})
        if answer.status != 200:
            raise _refusal(answer)
        told = answer.json()
        if not isinstance(told, dict):
            raise _odd("It is no record.")
        if "associated_user" in told:
            raise _odd("These are the keys of one person, not of the shop.")
        return told


def _ending(answer: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """The secrets in an answer, read strictly; nothing else of it is kept."""
    if not all(name in answer for name in _ENDS):
        raise _odd("Its keys have no end, and a public app is refused with such keys.")
    scope = answer.get("scope")
    if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
        raise _odd("It does not say what the shop allows.")
    return {
        "access_token": _token(answer, "access_token"),
        "expires_at": _end(answer, "expires_in", now),
        "refresh_token": _token(answer, "refresh_token"),
        "refresh_expires_at": _end(answer, "refresh_token_expires_in", now),
        "scope": scope.replace(" ", ""),
    }


def _token(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise _odd(f"Its {name} does not look like one.")
    return value


def _end(answer: Mapping[str, Any], name: str, now: datetime) -> str:
    seconds = answer[name]
    if (isinstance(seconds, bool) or not isinstance(seconds, int)
            or not _SHORTEST <= seconds <= _LONGEST):
        raise _odd(f"Its {name} is no sensible number of seconds.")
    return f"{(now + timedelta(seconds=seconds)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _refusal(answer: Answer) -> StoreError:
    """What an answer other than 200 means. Its sentence is not repeated: it may name a secret."""
    if answer.status == 429 or answer.status >= 500:
        return failure(answer)
    error = _said(answer)
    if error in _OF_THE_APP:
        return _no_app("Its client id or its client secret is wrong.")
    if error in _OF_A_KEY:
        return _no_key()
    if answer.status not in (400, 401):
        return failure(answer)
    return StoreError("store_refused_request", "The shop gives no keys for this "
                      f"({error or 'without a code'}).", again=False, status=answer.status,
                      reason=error)


def _said(answer: Answer) -> str:
    """The code in a refusal, if it has one; a page instead is the work of somebody before it."""
    try:
        told = answer.json()
    except StoreError:
        if answer.status in (400, 401):
            raise
        return ""
    error = told.get("error") if isinstance(told, dict) else None
    return error if isinstance(error, str) and _ERROR.fullmatch(error) else ""


def _no_key() -> StoreError:
    return StoreError("store_refused_key", "The shop does not accept the hub's key any more; its "
                      "owner opens the app in the shop's admin to give a new one.", again=False)


def _no_app(why: str) -> StoreError:
    # Nothing is wrong with the shop: its keys are good again once the operator has mended this.
    return StoreError("app_refused", f"Shopify does not know this hub's app. {why}", again=True)


def _odd(why: str) -> StoreError:
    return StoreError("store_bad_answer", f"The shop's keys are refused. {why}", again=False)
