"""Our own plugin in the fake shop, as `wc-alliance/v1/connection` answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fake_woo.told import Asked, Told, said

VERSION = "0.1.0"
_ID = re.compile(r"(sto|plc)_[0-9a-hjkmnp-tv-z]{26}")


class Plugin:
    """What the hub wrote; `forget_key` deletes the key of the request that says good-bye."""

    def __init__(self) -> None:
        self.is_there = False
        self.connection: dict[str, Any] | None = None
        self.keeps_keys = False
        """As when its own request cannot find the key's row."""

    def rest(self, asked: Asked, forget_key: Callable[[], None]) -> Told:
        """The one route of the plugin."""
        if asked.method == "PUT":
            if not _ID.fullmatch(str(asked.body.get("store"))):
                return said(400, "alliance_bad_store", "This is no store.")
            self.connection = asked.body
        elif asked.method == "DELETE":
            self.connection = None
            if not self.keeps_keys:
                forget_key()
        kept = self.connection or {}
        return Told(200, {
            "plugin": VERSION, "connected": bool(kept), "hub": kept.get("hub", ""),
            "store": kept.get("store", ""), "store_name": kept.get("store_name", ""),
            "heard_at": None, "placements": [each["id"] for each in kept.get("placements", [])],
            "checks": [{"code": "https", "ok": False}, {"code": "hpos", "ok": True},
                       {"code": "page_cache", "ok": None}]})
