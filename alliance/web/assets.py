"""The built files by their logical names: pages ask for `admin.css` and get the hashed file."""

from __future__ import annotations

import json
import re
from pathlib import Path

BUILT = Path(__file__).with_name("static") / "built"
BUILT_PATH = "/static/built/"
_PLATFORM = re.compile("[a-z0-9_]{1,40}")


def plugin_of(connector: str, folder: Path = BUILT) -> Path | None:
    """The zip of our plugin for the shops of a platform, where it was built (`make plugin`)."""
    zipped = folder / "plugin" / f"{connector}.zip"
    return zipped if _PLATFORM.fullmatch(connector) and zipped.is_file() else None


class Assets:
    """The manifest of built files, read again when it was built anew."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._manifest = folder / "manifest.json"
        self._read_at = -1
        self._files: dict[str, dict[str, str]] = {}

    def path(self, name: str) -> str:
        """The address of a built file such as `admin.css`, on the hub's own host."""
        return BUILT_PATH + self._file(name).get("file", name)

    def integrity(self, name: str) -> str:
        """The hash that a page may print beside the address, empty when nothing was built."""
        return self._file(name).get("integrity", "")

    def _file(self, name: str) -> dict[str, str]:
        try:
            changed_at = self._manifest.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed_at != self._read_at:
            self._files = json.loads(self._manifest.read_text(encoding="utf-8"))
            self._read_at = changed_at
        return self._files.get(name, {})
