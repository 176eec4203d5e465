"""The web pixel of the app in a shop: one, with settings as its extension defines them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from tests.fake_shopify.values import Json, gid

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop


class Pixels:
    """Whether the pixel is on, and its settings."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.settings: Json | None = None
        """None: no pixel is on."""
        self.fields: frozenset[str] | None = None
        """The settings that the extension defines; None takes any."""
        self.has_extension = True
        self._id = ""

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"webPixel": self._asked, "webPixelCreate": self._make,
                "webPixelUpdate": self._change, "webPixelDelete": self._delete}

    def _asked(self, id: str | None = None) -> Json:
        found = self.pixel(id)
        if found is None:
            raise GraphQLError("No web pixel was found for this app.",
                               extensions={"code": "RESOURCE_NOT_FOUND"})
        return found

    def pixel(self, id: str | None = None) -> Json | None:
        """The app's own pixel."""
        if self.settings is None or id not in (None, self._id):
            return None
        return {"__typename": "WebPixel", "id": self._id, "settings": json.dumps(self.settings)}

    def _make(self, webPixel: Json) -> Json:  # noqa: N803
        if not self.has_extension:
            return _refused("NO_EXTENSION", "No web pixel extension was deployed.")
        if self.settings is not None:
            return _refused("TAKEN", "An app can only have one web pixel.")
        refused = self._wrong(webPixel)
        if refused:
            return refused
        self._id = gid("WebPixel", self._shop.platform.number())
        self.settings = _read(webPixel["settings"])
        return {"webPixel": self.pixel(), "userErrors": []}

    def _change(self, id: str, webPixel: Json) -> Json:  # noqa: N803
        if self.pixel(id) is None:
            return _refused("NOT_FOUND", "Web pixel not found.")
        refused = self._wrong(webPixel)
        if refused:
            return refused
        self.settings = _read(webPixel["settings"])
        return {"webPixel": self.pixel(), "userErrors": []}

    def _delete(self, id: str) -> Json:
        if self.pixel(id) is None:
            return {"deletedWebPixelId": None} | _refused("NOT_FOUND", "Web pixel not found.")
        self.settings = None
        return {"deletedWebPixelId": id, "userErrors": []}

    def _wrong(self, asked: Json) -> Json | None:
        told = _read(asked["settings"])
        if told is None:
            return _refused("INVALID_CONFIGURATION_JSON", "Settings are no JSON object.")
        if self.fields is not None and set(told) != self.fields or not all(
                isinstance(value, str) for value in told.values()):
            return _refused("INVALID_SETTINGS", "Settings are not as the extension defines them.")
        return None


def _read(settings: Any) -> Json | None:
    try:
        told = json.loads(settings) if isinstance(settings, str) else settings
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _refused(code: str, message: str) -> Json:
    return {"webPixel": None, "userErrors": [
        {"field": ["webPixel"], "code": code, "message": message}]}
