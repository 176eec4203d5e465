"""The keys of one shop: exchanged, refreshed, run out and revoked, as in `oauth_token_samples`."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tests.fake_shopify.recorded import oauth

LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
OVERLAP = timedelta(days=30)
"""How long the refresh token before the newest one stays good at most."""
LEEWAY = timedelta(seconds=10)
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"

Told = tuple[int, dict[str, Any]]


class World(Protocol):
    """What the platform knows."""

    now: datetime
    client_id: str
    secrets: tuple[str, ...]

    def number(self) -> int:
        """The next number."""
        ...


@dataclass
class Access:
    """An access token; one that never ends is of the old kind."""

    until: datetime | None
    is_online: bool = False


@dataclass
class Refresh:
    """A refresh token, and the one it took the place of."""

    until: datetime
    parent: str | None


class Tokens:
    """What this shop gave the app, and what of it is still good."""

    def __init__(self, world: World, domain: str) -> None:
        self._world = world
        self._domain = domain
        self.scopes: tuple[str, ...] = ()
        """What the merchant allowed, as it is told: `write_x` stands for `read_x` too."""
        self.is_installed = False
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Refresh] = {}
        self._codes: set[str] = set()

    def install(self, scopes: tuple[str, ...]) -> None:
        """The merchant allows the app these scopes, or others than before."""
        self.is_installed, self.scopes = True, _told(scopes)

    def uninstall(self) -> None:
        """The merchant throws the app out: every key is dead at once."""
        self.is_installed, self.scopes = False, ()
        self.revoke()

    def revoke(self) -> None:
        """Every key is dead, and the app is still there."""
        self._access.clear()
        self._refresh.clear()
        self._codes.clear()

    def revoke_access(self) -> None:
        """The access tokens are dead before their time; what renews them still works."""
        self._access.clear()

    def code(self) -> str:
        """A code for the app, which works once."""
        made = f"{self._world.number():032x}"
        self._codes.add(made)
        return made

    def give(self) -> dict[str, Any]:
        """Keys that run out, as an exchange would give them now."""
        return self._pair(None)

    def give_old(self) -> dict[str, Any]:
        """A key of the kind that never runs out, as apps had them before."""
        return self._unending()

    def state(self, token: str | None) -> str:
        """Of an access token: `good`, `unending`, or `dead`."""
        kept = self._access.get(token or "")
        if kept is None:
            return "dead"
        if kept.until is None:
            return "unending"
        return "good" if self._world.now < kept.until else "dead"

    def rest(self, body: Mapping[str, Any]) -> Told:
        """`POST /admin/oauth/access_token`."""
        if body.get("client_id") != self._world.client_id or (
                body.get("client_secret") not in self._world.secrets):
            return oauth("bad_client")
        kind = body.get("grant_type")
        if kind == "refresh_token":
            return self._refreshed(str(body.get("refresh_token")))
        if kind == EXCHANGE:
            return self._exchanged(body)
        if kind is None and str(body.get("code")) in self._codes:
            self._codes.remove(str(body["code"]))
            return 200, self._made(body)
        return oauth("code_reused")

    def _exchanged(self, body: Mapping[str, Any]) -> Told:
        subject, kind = str(body.get("subject_token")), body.get("subject_token_type")
        wanted = body.get("requested_token_type")
        if kind == ID_TOKEN and self._is_staff(subject) and self.is_installed:
            return 200, self._online() if wanted == ONLINE else self._made(body)
        if kind == wanted == OFFLINE and self.state(subject) == "unending":
            del self._access[subject]
            return 200, self._made(body)
        return oauth("session_token_expired")

    def _refreshed(self, old: str) -> Told:
        kept = self._refresh.get(old)
        if kept is None or self._world.now >= kept.until:
            return oauth("refresh_revoked")
        # Whatever else lived but this one ends: its parent, since this one is used now, and a
        # child that it had before, since another takes that one's place.
        self._refresh = {old: Refresh(min(kept.until, self._world.now + OVERLAP), None)}
        _, shape = oauth("refresh_ok_rotated")
        made = self._pair(old)
        return 200, made | {"refresh_token_expires_in": shape["refresh_token_expires_in"]}

    def _made(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._pair(None) if str(body.get("expiring")) == "1" else self._unending()

    def _pair(self, parent: str | None) -> dict[str, Any]:
        _, told = oauth("offline_expiring")
        number = self._world.number()
        told |= {"access_token": f"shpat_{number:032x}", "refresh_token": f"shprt_{number:032x}",
                 "scope": ",".join(self.scopes)}
        self._access[told["access_token"]] = Access(self._world.now + LIFE)
        if parent is None:
            self._refresh.clear()
        self._refresh[told["refresh_token"]] = Refresh(self._world.now + REFRESH_LIFE, parent)
        return dict(told)

    def _unending(self) -> dict[str, Any]:
        _, told = oauth("offline_non_expiring_legacy")
        told |= {"access_token": f"shpat_{self._world.number():032x}",
                 "scope": ",".join(self.scopes)}
        self._access[told["access_token"]] = Access(None)
        return dict(told)

    def _online(self) -> dict[str, Any]:
        _, told = oauth("online")
        scope = ",".join(self.scopes)
        told |= {"access_token": f"shpat_{self._world.number():032x}", "scope": scope,
                 "associated_user_scope": scope}
        self._access[told["access_token"]] = Access(
            self._world.now + timedelta(seconds=told["expires_in"]), is_online=True)
        return dict(told)

    def _is_staff(self, token: str) -> bool:
        claims = _claims(token, self._world.secrets)
        now = self._world.now.timestamp()
        return (claims.get("aud") == self._world.client_id
                and claims.get("dest") == f"https://{self._domain}"
                and str(claims.get("sub", "")).isdigit()
                and claims.get("nbf", 0) - LEEWAY.seconds <= now
                and now < claims.get("exp", 0) + LEEWAY.seconds)


def _told(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """As Shopify lists scopes: sorted, and `read_x` left out where `write_x` is there."""
    return tuple(sorted(scope for scope in set(scopes)
                        if scope.replace("read_", "write_", 1) not in set(scopes) - {scope}))


def _claims(token: str, secrets: tuple[str, ...]) -> dict[str, Any]:
    text, _, mark = token.rpartition(".")
    for secret in secrets:
        right = base64.urlsafe_b64encode(hmac.digest(secret.encode(), text.encode(), "sha256"))
        if hmac.compare_digest(right.rstrip(b"=").decode(), mark):
            body = text.partition(".")[2]
            read = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            return dict(read)
    return {}
