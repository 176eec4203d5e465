"""Node and the packages that the app's own checks need; nothing of a package is run by installing.

`python -m tests.shopify_app.packages` brings them and says so in one line.
"""

from __future__ import annotations

import fcntl
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "connectors" / "shopify" / "app"


class NotBrought(RuntimeError):
    """The packages are not here and cannot be had now; the text says why."""


def bring() -> str:
    """The path of Node, with every package of the app's lock file in place; raises `NotBrought`."""
    assets = _make_assets()
    node: str | None = assets.find_node()
    if node is None:
        raise NotBrought("Node 20 or newer is not here.")
    modules = APP / "node_modules"
    modules.mkdir(exist_ok=True)
    with (APP / "package-lock.json").open() as lock:
        # Several tests may come here at once, and one of them has to be the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            assets.install_packages(node)
            assets.install_packages(node, APP, "--ignore-scripts")
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or str(error)
            raise NotBrought(said.strip()[-400:]) from error
    return node


def _make_assets() -> ModuleType:
    sys.path.insert(0, str(ROOT / "widgets"))
    try:
        return importlib.import_module("make_assets")
    finally:
        sys.path.pop(0)


if __name__ == "__main__":
    try:
        print(f"shopify app: packages are here, for {bring()}")
    except NotBrought as problem:
        print(f"shopify app: no packages. {problem}", file=sys.stderr)
