"""Webhook subscriptions that an app makes in one shop, beside those of its own configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.paging import Rows
from tests.fake_shopify.values import Json, gid, number_of, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop


class Hooks:
    """Subscriptions by number."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[str, Json] = {}

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"webhookSubscriptions": self._listed, "webhookSubscriptionCreate": self._make,
                "webhookSubscriptionDelete": self._delete}

    def _listed(self, topics: list[str] | None = None, uri: str | None = None,
                **pages: Any) -> Rows:
        return Rows([each for each in self.kept.values()
                     if (topics is None or each["topic"] in topics) and uri in (None, each["uri"])])

    def _make(self, topic: str, webhookSubscription: Json) -> Json:  # noqa: N803
        uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or ""
        if not uri.startswith("https://"):
            return _refused(["webhookSubscription", "uri"], "Address is invalid")
        if any(each["topic"] == topic and each["uri"] == uri for each in self.kept.values()):
            return _refused(["webhookSubscription", "uri"],
                            "Address for this topic has already been taken")
        number, now = self._shop.platform.number(), stamp(self._shop.platform.now)
        self.kept[str(number)] = made = {
            "__typename": "WebhookSubscription", "id": gid("WebhookSubscription", number),
            "topic": topic, "uri": uri, "format": webhookSubscription.get("format", "JSON"),
            "includeFields": webhookSubscription.get("includeFields") or [],
            "filter": webhookSubscription.get("filter"), "createdAt": now, "updatedAt": now}
        return {"webhookSubscription": made, "userErrors": []}

    def _delete(self, id: str) -> Json:
        gone = self.kept.pop(number_of(id), None)
        errors = [] if gone else [{"field": ["id"], "message": "Webhook subscription not found"}]
        return {"deletedWebhookSubscriptionId": id if gone else None, "userErrors": errors}


def _refused(path: list[str], message: str) -> Json:
    return {"webhookSubscription": None, "userErrors": [{"field": path, "message": message}]}
