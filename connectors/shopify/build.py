"""Writes the operator's own Shopify app: `make shopify HUB=https://… CLIENT_ID=… HANDLE=…`.

Into `dist/shopify-app` go the app's folder with the hub's address, the client id and the name
filled in, the scripts of the theme as `widgets/make_assets.py` built them, the few sources that
extensions share with the widgets, and the icon of its listing. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from icon import icon

ROOT = Path(__file__).resolve().parents[2]
APP = Path(__file__).resolve().parent / "app"
BUILT = ROOT / "alliance" / "web" / "static" / "built"
TARGET = ROOT / "dist" / "shopify-app"

PLACE = "https://hub.invalid"
"""What stands in the sources wherever the hub's address belongs."""

ASSETS = "extensions/alliance-theme/assets"
SCRIPTS = {"shopify-loader.js": "alliance.js", "shopify-slate.js": "alliance-slate.js",
           "shopify-gifts.js": "alliance-gifts.js", "shopify-bundle.js": "alliance-bundle.js",
           "shopify-carry.js": "alliance-carry.js"}
"""Built scripts by their name in the manifest, and what the theme calls them."""

SHARED = {"extensions/alliance-claim/src/offers.ts": "offers.ts",
          "extensions/alliance-pixel/src/tokens.ts": "tokens.ts"}
"""Sources of the widgets that an extension imports, by where it looks for them."""

_HUB = re.compile(r"https://[a-z0-9.-]+\.[a-z][a-z0-9-]*(?::\d{1,5})?(?:/[a-z0-9._~/-]*)?")
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")
_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){0,28}[a-z0-9]")


class NotBuilt(Exception):
    """What is needed is not there, or was not told well; says what, and how to get it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Whose app it is: the hub's address as `ALLIANCE_PUBLIC_URL` has it, the id and the handle."""

    hub: str
    client_id: str
    handle: str

    @property
    def name(self) -> str:
        """What merchants read: the handle as words."""
        return self.handle.replace("-", " ").capitalize()


def main(arguments: list[str]) -> int:
    """Write the app, or say in one line why not. Arguments: hub, client id, handle, target."""
    if len(arguments) not in (3, 4):
        print("shopify: needs HUB=https://…, CLIENT_ID=… and HANDLE=….", file=sys.stderr)
        return 1
    target = Path(arguments[3]) if arguments[3:] else TARGET
    try:
        files = dict(contents(operator(*arguments[:3]), BUILT))
    except NotBuilt as error:
        print(f"shopify: not built. {error}", file=sys.stderr)
        return 1
    write(target, files)
    print(f"shopify: {target.name}, {len(files)} files")
    return 0


def operator(hub: str, client_id: str, handle: str) -> Operator:
    """Whose app this becomes; raises `NotBuilt` where a word is not what it should be."""
    hub = hub.rstrip("/")
    if not _HUB.fullmatch(hub) or urlsplit(hub).hostname == urlsplit(PLACE).hostname:
        raise NotBuilt("HUB is the hub's public address and begins with https://: pages of a shop "
                       "may ask no other.")
    if not _CLIENT_ID.fullmatch(client_id):
        raise NotBuilt("CLIENT_ID is the app's client id, 32 letters and digits.")
    if not _HANDLE.fullmatch(handle):
        raise NotBuilt("HANDLE is the app's name in addresses: 2 to 30 small letters, digits and "
                       "single hyphens.")
    return Operator(hub, client_id, handle)


def contents(whose: Operator, built: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the app by its path; raises `NotBuilt` when the scripts are not built."""
    manifest = built / "manifest.json"
    listed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    for name, called in SCRIPTS.items():
        file = built / listed[name]["file"] if name in listed else None
        if file is None or not file.is_file():
            raise NotBuilt(f"{name} is not in alliance/web/static/built: run `make assets` first.")
        yield f"{ASSETS}/{called}", file.read_bytes()
    for path, source in SHARED.items():
        yield path, (ROOT / "widgets" / "src" / source).read_bytes()
    for file in sorted((*APP.glob("*.*"), *(APP / "extensions").rglob("*"))):
        name = file.relative_to(APP).as_posix()
        if file.is_file():
            yield name, _filled(name, file.read_text(encoding="utf-8"), whose).encode()
    yield "listing/icon.png", icon()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()


def write(target: Path, files: dict[str, bytes]) -> None:
    """The files as a folder, which is replaced; packages that were fetched into it stay."""
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.is_dir() and not old.is_symlink() and old.name != "node_modules":
            shutil.rmtree(old)
        elif not old.is_dir():
            old.unlink()
    for name, content in sorted(files.items()):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _filled(name: str, text: str, whose: Operator) -> str:
    text = text.replace(PLACE, whose.hub)
    if name == "shopify.app.toml":
        for key, value in (("client_id", whose.client_id), ("name", whose.name),
                           ("handle", whose.handle)):
            text = re.sub(rf'(?m)^{key} = ".*"$', f'{key} = "{value}"', text, count=1)
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
