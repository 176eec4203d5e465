"""The folder in which the bytes of pictures lie, each under its own SHA-256, never in the database.

Only what was decoded and written anew comes in here. Equal bytes lie once. Nothing is removed: a
name says what is in it, so an address that somebody printed stays true.
"""

from __future__ import annotations

import os
import re
import secrets
from hashlib import sha256
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{64}")


class Files:
    """The bytes of assets, by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, body: bytes) -> str:
        """Keep these bytes and give their name. A power cut leaves them whole or not there."""
        name = sha256(body).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{name}-{secrets.token_hex(4)}")
            with beside.open("xb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        return name

    def read(self, name: str) -> bytes | None:
        """The bytes of this name; None when they are not here, or no longer what they were."""
        try:
            body = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        return body if sha256(body).hexdigest() == name else None

    def _path(self, name: str) -> Path:
        # Names come from the database; one that is none leads nowhere.
        if not _NAME.fullmatch(name):
            raise ValueError("a file is named by its SHA-256")
        return self._folder / name[:2] / name
