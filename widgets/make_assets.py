"""Builds what the hub sends to browsers, when its sources changed. Needs nothing but Python.

Run as `.venv/bin/python widgets/make_assets.py`. Node 20 or newer is taken from PATH; where there
is none, the hash-pinned wheel of `locks/node.txt` is installed beside this Python and used.
Two stamps keep a second run short: the lock file that `node_modules` was made from, and a hash
over all sources that the built files were made from.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = ROOT / "alliance" / "web" / "static" / "built"
OLDEST_NODE = 20


def main() -> int:
    """Bring the built files up to date; print one line; 0 when they are."""
    wanted = _sources_hash()
    if _read(BUILT / ".stamp") == wanted and (BUILT / "manifest.json").is_file():
        print("assets: up to date")
        return 0
    try:
        node = find_node() or _install_node()
        install_packages(node)
        line = _run(node, str(HERE / "build.mjs"))
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        print(f"assets: not built. {said.strip()[-2000:]}", file=sys.stderr)
        return 1
    (BUILT / ".stamp").write_text(wanted)
    print(f"assets: {line.strip()}")
    return 0


def find_node() -> str | None:
    """The path of a Node that is new enough: on PATH, or beside this Python from the wheel."""
    beside = Path(sys.executable).parent / "node"
    for found in (shutil.which("node"), str(beside) if beside.is_file() else None):
        if found and _version(found) >= OLDEST_NODE:
            return found
    return None


def install_packages(node: str, folder: Path = HERE, *options: str) -> None:
    """Make the folder's `node_modules` equal to its package-lock.json, unless it is already."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".stamp"
    if _read(stamp) == lock:
        return
    _run(*_npm(node), "ci", "--no-audit", "--no-fund", "--loglevel=error", *options,
         path_first=node, folder=folder)
    stamp.write_text(lock)


def _sources_hash() -> str:
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.relative_to(HERE).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (HERE / "build.mjs", HERE / "package.json", HERE / "package-lock.json")
    yield from sorted(path for path in (HERE / "src").rglob("*") if path.is_file())


def _install_node() -> str:
    if not _has_pip():
        raise OSError("Node 20 or newer is needed; install it, or make this Python's pip work.")
    lock = ROOT / "locks" / "node.txt"
    _run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "-r", str(lock))
    node = find_node()
    if node is None:
        raise OSError("The wheel in locks/node.txt brought no usable Node for this machine.")
    return node


def _has_pip() -> bool:
    return subprocess.run([sys.executable, "-m", "pip", "--version"], check=False,
                          capture_output=True).returncode == 0


def _npm(node: str) -> list[str]:
    """npm beside that Node: the two must be of one make, since npm asks Node's version."""
    beside = Path(node).with_name("npm")
    found = str(beside) if beside.is_file() else shutil.which("npm")
    if found is None:
        raise OSError(f"{node} has no npm beside it and none is on PATH.")
    return [found]


def _version(node: str) -> int:
    told = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    match = re.match(r"v(\d+)\.", told.stdout)
    return int(match[1]) if match else 0


def _run(*command: str, path_first: str | None = None, folder: Path = HERE) -> str:
    env = dict(os.environ)
    if path_first:
        env["PATH"] = f"{Path(path_first).parent}{os.pathsep}{env.get('PATH', '')}"
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=env)
    return done.stdout


def _read(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
