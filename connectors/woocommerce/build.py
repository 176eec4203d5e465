"""Builds the plugin's zip, byte for byte the same from the same sources: `make plugin`.

Into the zip go the plugin's folder, its translations compiled, the elements' script as
`widgets/make_assets.py` built it, that script's own sources, and the licence.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from words import LANGUAGES, PLUGIN, SLUG, compiled

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "alliance" / "web" / "static" / "built"
ELEMENTS = "plugin.js"
"""The name of the elements' script in the manifest of what was built."""

WHEN = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644 << 16
MADE_HERE = ("assets/alliance-elements.js",)
"""Never taken from the folder, where a copy for trying may lie: always from what was built."""


class NotBuilt(Exception):
    """Something the zip needs is not there; says what, and how to get it."""


def main(arguments: list[str]) -> int:
    """Write `dist/alliance-for-woocommerce.zip`, or say in one line why not.

    The same zip is laid beside what browsers load, where the hub's own pages offer it.
    """
    target = Path(arguments[0]) if arguments else ROOT / "dist" / f"{SLUG}.zip"
    try:
        files = dict(contents(elements(BUILT)))
    except NotBuilt as error:
        print(f"plugin: not built. {error}", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, files)
    if not arguments:
        write(BUILT / "plugin" / "woocommerce.zip", files)
    print(f"plugin: {target.name}, {len(files)} files, {target.stat().st_size:,} bytes")
    return 0


def elements(built: Path) -> bytes:
    """The elements' script out of what was built; `NotBuilt` when it is not there."""
    manifest = built / "manifest.json"
    listed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    if ELEMENTS not in listed:
        raise NotBuilt(f"The elements' script, {ELEMENTS}, is not in alliance/web/static/built: "
                       "run `make assets` first.")
    file = built / listed[ELEMENTS]["file"]
    if not file.is_file():
        raise NotBuilt(f"{file.name} is listed as built, but is not there: run `make assets`.")
    return file.read_bytes()


def contents(script: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of the zip by its path below the plugin's folder."""
    for path in _files(PLUGIN):
        name = path.relative_to(PLUGIN).as_posix()
        if name not in MADE_HERE and path.suffix != ".mo":
            yield name, path.read_bytes()
    for language in LANGUAGES:
        yield f"languages/{SLUG}-{language}.mo", compiled(language)
    yield MADE_HERE[0], script
    yield "LICENSE.txt", (ROOT / "LICENSES" / "GPL-2.0-or-later.txt").read_bytes()
    # A script that was made smaller for browsers comes with what people read and change.
    widgets = ROOT / "widgets"
    sources = [path for path in _files(widgets / "src") if "admin" not in path.parts]
    for path in [*sources, *(widgets / name for name in (
            "build.mjs", "package.json", "package-lock.json", "tsconfig.json"))]:
        yield f"source/{path.relative_to(widgets).as_posix()}", path.read_bytes()


def write(target: Path, files: dict[str, bytes]) -> None:
    """A zip in a fixed order with fixed times and rights: nothing of this machine is in it."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{SLUG}/{name}", WHEN)
            entry.create_system = 3
            entry.external_attr = FILE_MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*")
                  if path.is_file() and not any(part.startswith(".") for part in path.parts[-4:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
