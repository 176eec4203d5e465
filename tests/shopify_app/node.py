"""One process of Node that plays scenes: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.shopify_app.packages import APP

STAGE = Path(__file__).parent / "stage"


class Stage:
    """A script of `stage/` that runs as long as it is asked; opened with `with`."""

    def __init__(self, node: str, script: str) -> None:
        self._process = subprocess.Popen(
            [node, str(STAGE / f"{script}.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=os.environ | {"ALLIANCE_APP_PACKAGES": str(APP / "package.json")})

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)

    def play(self, **scene: Any) -> Any:
        """What came of this scene; what the script could not do fails the test."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(scene) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        assert "error" not in told, told["error"]
        return told["ok"]
