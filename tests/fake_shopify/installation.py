"""The app as it is installed in a shop: its scopes, and the metafields that it owns."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.paging import Rows
from tests.fake_shopify.values import Json, gid, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop

APP = 580111
MOST_AT_ONCE = 25
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$:"


class Installation:
    """Metafields of the app's own, by namespace and key, and those of discounts.

    Those of anything else it may not write.
    """

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[tuple[str, str], Json] = {}

    @property
    def id(self) -> str:
        """The gid of this installation."""
        return gid("AppInstallation", self._shop.number)

    def value(self, namespace: str, key: str) -> Any:
        """What a theme block reads as `app.metafields.<namespace>.<key>.value`; None without."""
        kept = self.kept.get((namespace, key))
        return None if kept is None else kept["jsonValue"]

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"currentAppInstallation": self.installation,
                "appInstallation": self.installation, "metafieldsSet": self._set,
                "metafieldsDelete": self._delete, "appUninstall": self._uninstall,
                "appRevokeAccessScopes": self._revoke}

    def installation(self, id: str | None = None) -> Json | None:
        """The installation; another one's is not shown."""
        if id not in (None, self.id):
            return None
        return {
            "__typename": "AppInstallation", "id": self.id,
            "accessScopes": [_scope(each) for each in self._shop.tokens.scopes],
            "launchUrl": f"https://{self._shop.domain}/admin/apps/alliance",
            "activeSubscriptions": [],
            "app": {"__typename": "App", "id": gid("App", APP), "title": "Alliance",
                    "handle": "alliance", "apiKey": self._shop.platform.client_id,
                    "embedded": True},
            "metafield": lambda key, namespace="$app": self.kept.get((namespace, key)),
            "metafields": self._listed}

    def _listed(self, namespace: str | None = None, keys: list[str] | None = None,
                **pages: Any) -> Rows:
        return Rows([each for (space, key), each in self.kept.items()
                     if namespace in (None, space)
                     and (keys is None or key in keys or f"{space}.{key}" in keys)])

    def _set(self, metafields: list[Json]) -> Json:
        errors = [] if len(metafields) <= MOST_AT_ONCE else [
            _error(0, "metafields", "LESS_THAN_OR_EQUAL_TO",
                   f"Exceeded the maximum metafields input limit of {MOST_AT_ONCE}.")]
        for place, each in enumerate(metafields):
            errors += self._mistakes(place, each)
        if errors:
            # All or none.
            return {"metafields": None, "userErrors": errors}
        return {"metafields": [self._written(each) for each in metafields], "userErrors": []}

    def _mistakes(self, place: int, asked: Json) -> list[Json]:
        namespace, key = asked.get("namespace") or "$app", asked["key"]
        kept = self._of(asked["ownerId"]).get((namespace, key))
        if asked["ownerId"] != self.id and self._shop.discounts.node(asked["ownerId"]) is None:
            return [_error(place, "ownerId", "APP_NOT_AUTHORIZED",
                           "Access to this namespace and key on Metafields for this resource type "
                           "is not allowed.")]
        for name, text in (("namespace", namespace), ("key", key)):
            if not 2 <= len(text) <= 64 or not set(text) <= set(_NAME):
                return [_error(place, name, "INVALID", f"{name} is not valid")]
        if kept is None and not asked.get("type"):
            return [_error(place, "type", "BLANK", "Type can't be blank")]
        kind = asked.get("type") or (kept or {}).get("type")
        if kind == "json" and not _is_json(asked["value"]):
            return [_error(place, "value", "INVALID_VALUE", "Value is invalid JSON.")]
        if asked.get("compareDigest") and asked["compareDigest"] != (kept or {}).get(
                "compareDigest"):
            return [_error(place, "compareDigest", "STALE_OBJECT",
                           "The resource has been updated since it was loaded.")]
        return []

    def _written(self, asked: Json) -> Json:
        namespace, now = asked.get("namespace") or "$app", stamp(self._shop.platform.now)
        kept = self._of(asked["ownerId"]).get((namespace, asked["key"]))
        number = self._shop.platform.number()
        kind = asked.get("type") or (kept or {})["type"]
        made = (kept or {"__typename": "Metafield", "id": gid("Metafield", number),
                         "createdAt": now}) | {
            "namespace": namespace, "key": asked["key"], "type": kind, "value": asked["value"],
            "jsonValue": json.loads(asked["value"]) if kind == "json" else asked["value"],
            "updatedAt": now, "compareDigest": sha256(asked["value"].encode()).hexdigest(),
            "sizeInBytes": len(asked["value"].encode()), "ownerType": "API_PERMISSION",
            "owner": self.installation}
        self._of(asked["ownerId"])[namespace, asked["key"]] = made
        return made

    def _of(self, owner: str) -> dict[tuple[str, str], Json]:
        return self.kept if owner == self.id else self._shop.discounts.notes.setdefault(owner, {})

    def _delete(self, metafields: list[Json]) -> Json:
        gone = [each if each["ownerId"] == self.id and self.kept.pop(
            (each["namespace"], each["key"]), None) else None for each in metafields]
        return {"deletedMetafields": gone, "userErrors": []}

    def _uninstall(self) -> Json:
        self._shop.tokens.uninstall()
        return {"app": {"__typename": "App", "id": gid("App", APP)}, "userErrors": []}

    def _revoke(self, scopes: list[str]) -> Json:
        held = self._shop.tokens.scopes
        if not set(scopes) <= set(held) - set(_required(self._shop)):
            return {"revoked": None, "userErrors": [
                {"field": ["scopes"], "code": "CANNOT_REVOKE_REQUIRED_SCOPES",
                 "message": "Some of these scopes are required or were never granted."}]}
        self._shop.tokens.install(tuple(each for each in held if each not in scopes))
        return {"revoked": [_scope(each) for each in scopes], "userErrors": []}


def _required(shop: FakeShop) -> tuple[str, ...]:
    return tuple(each for each in shop.platform.scopes if each not in shop.platform.optional)


def _scope(handle: str) -> Json:
    return {"handle": handle, "description": handle.replace("_", " ").capitalize()}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _error(place: int, name: str, code: str, message: str) -> Json:
    return {"field": ["metafields", str(place), name], "code": code, "message": message,
            "elementIndex": place}
