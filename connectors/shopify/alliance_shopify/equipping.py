"""Telling the app's own extensions in a shop what they need, looking whether they can, good-bye.

The theme blocks read metafields of the app's installation, which no other app can change; the web
pixel has settings of its own. Nothing in them is secret: a theme could print it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from alliance.connect.parts import record, understood
from alliance.connect.protocol import Equipped, Grant, Kit, StoreError
from alliance_shopify.admin_api import Admin, user_errors
from alliance_shopify.answers import refuse, text
from alliance_shopify.app import SCOPES
from alliance_shopify.scopes import missing

NAMESPACE = "alliance"

_REFUSALS = {"store_scope_missing", "store_refused_request", "store_bad_answer"}


def equip(admin: Admin, grant: Grant, kit: Kit) -> Equipped:
    """See `Connector.equip`. The key of the proofs stays here: purchases are proven to the hub.

    What the shop refuses is a check that failed and hides no other one: `scopes`, `places`,
    `pixel`, `api_version`. Writes only what changed. Raises `StoreError` where the shop does not
    answer at all.
    """
    with understood("installation"):
        home = _installation(admin, grant)
        return Equipped(version("merchant-alliance-hub"), {
            "scopes": not missing(_granted(home), SCOPES),
            "places": _goes(lambda: _tell(admin, grant, home, kit)),
            "pixel": _goes(lambda: _set_pixel(admin, grant, kit)),
            "api_version": admin.version_alarm is None})


def forget(admin: Admin, grant: Grant) -> bool:
    """Take away what `equip` made: the pixel and the metafields; whether all of it is gone.

    The app itself stays until its owner removes it, and its keys with it. Raises `StoreError`
    where the shop does not answer.
    """
    with understood("installation"):
        home = _installation(admin, grant)
        return all([_goes(lambda: _delete_pixel(admin, grant)),
                    _goes(lambda: _delete_metafields(admin, grant, home))])


def _installation(admin: Admin, grant: Grant) -> dict[str, Any]:
    told = admin.ask(grant, "installation")
    home = record(told.get("currentAppInstallation"), "The installation")
    return home | {"id": text(home, "id")}


def _granted(home: Mapping[str, Any]) -> str:
    told = home.get("accessScopes")
    return ",".join(text(record(each, "A scope"), "handle")
                    for each in (told if isinstance(told, list) else []))


def _goes(step: Callable[[], None]) -> bool:
    try:
        with understood("installation"):
            step()
    except StoreError as error:
        if error.code not in _REFUSALS:
            raise
        return False
    return True


def _tell(admin: Admin, grant: Grant, home: Mapping[str, Any], kit: Kit) -> None:
    wanted: dict[str, Any] = {
        "places": [{"id": place.id, "spot": place.spot, "shows": place.shows,
                    "layout": place.layout, "heading": place.heading, "on": place.is_on}
                   for place in kit.places],
        "store": {"id": kit.store_id, "name": kit.store_name, "hub": kit.hub}}
    changed = [{"ownerId": home["id"], "namespace": NAMESPACE, "key": key, "type": "json",
                "value": json.dumps(value, ensure_ascii=False, separators=(",", ":"))}
               for key, value in wanted.items() if _told(home.get(key)) != value]
    if changed:
        told = admin.ask(grant, "metafields_set", metafields=changed)
        refuse(user_errors(told, "metafieldsSet"), "the metafields of the app")


def _told(metafield: Any) -> Any:
    """What a metafield says now; None where it says nothing, or nothing of ours."""
    try:
        return json.loads(record(metafield, "A metafield")["value"]) if metafield else None
    except (ValueError, TypeError, KeyError):
        return None


def _set_pixel(admin: Admin, grant: Grant, kit: Kit) -> None:
    wanted = {"hub": kit.hub, "store": kit.store_id}
    there = _pixel(admin, grant)
    if there is None:
        told = admin.ask(grant, "web_pixel_create", pixel={"settings": wanted})
        refuse(user_errors(told, "webPixelCreate"), "the web pixel")
    elif _settings(there) != wanted:
        told = admin.ask(grant, "web_pixel_update", id=text(there, "id"),
                         pixel={"settings": wanted})
        refuse(user_errors(told, "webPixelUpdate"), "the web pixel")


def _pixel(admin: Admin, grant: Grant) -> dict[str, Any] | None:
    """The app's only pixel in this shop; that there is none yet comes as a refusal of the query."""
    try:
        told = admin.ask(grant, "web_pixel").get("webPixel")
    except StoreError as error:
        if error.code != "store_refused_request":
            raise
        return None
    return record(told, "The web pixel") if told is not None else None


def _settings(pixel: Mapping[str, Any]) -> Any:
    told = pixel.get("settings")
    try:
        return json.loads(told) if isinstance(told, str) else told
    except ValueError:
        return None


def _delete_pixel(admin: Admin, grant: Grant) -> None:
    there = _pixel(admin, grant)
    if there is not None:
        told = admin.ask(grant, "web_pixel_delete", id=text(there, "id"))
        refuse(user_errors(told, "webPixelDelete"), "the end of the web pixel")


def _delete_metafields(admin: Admin, grant: Grant, home: Mapping[str, Any]) -> None:
    told = admin.ask(grant, "metafields_delete", metafields=[
        {"ownerId": home["id"], "namespace": NAMESPACE, "key": key}
        for key in ("places", "store")])
    refuse(user_errors(told, "metafieldsDelete"), "the end of the app's metafields")
