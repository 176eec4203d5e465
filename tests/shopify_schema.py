"""The real Admin API schemas that documents are checked against and the fake shops are built on.

Shopify publishes them inside an npm package. They are brought by the test set-up, or by the first
test that needs them: fetched by npm, held against the hashes below, and unpacked without running
anything of the package. `python -m tests.shopify_schema` brings them and says so in one line.
"""

from __future__ import annotations

import base64
import fcntl
import gzip
import hashlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from graphql import GraphQLSchema, build_client_schema

from tests.needs import missing

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv" / "shopify"
PACKAGE = "@shopify/dev-mcp@1.16.0"
INTEGRITY = ("tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2a"
             "wtw==")
"""SHA-512 of the package, as the registry and its lock files write it."""
MEMBERS = {
    "2026-07": "5bcde995c89c59acdb2ee494378d96f45ce7378a16ec829a74b71d696a08ef19",
    "2026-10": "f3b522f264556925eada700e795e4a002a9cba83444ebcc6c0d724254a0c6593",
}
"""SHA-256 of each schema file, by version: the one that is pinned, and the one after it."""

_NAMES = re.compile(r"\b((?:read|write)_[a-z_]+)\b")
_ALSO = re.compile(r"(?i:requires) (?:the )?(`?(?:read|write)_[a-z_]+`? access scope"
                   r"(?: or `?(?:read|write)_[a-z_]+`? access scope)*)")

Needs = tuple[tuple[str, ...], ...]
"""Scopes that something needs: one of each group."""


class NotBrought(RuntimeError):
    """The schemas are not here and cannot be had now; the text says why."""


def schema(version: str) -> GraphQLSchema:
    """The Admin API of this version; built once in a process, half a second."""
    return _loaded(version)[0]


def scope_table(version: str) -> Mapping[tuple[str, str | None], Needs]:
    """Which scopes a type (field None) or a field needs, by (type, field); most need none."""
    return _loaded(version)[1]


def bring(folder: Path = FOLDER) -> None:
    """Have every schema file in the folder; raises `NotBrought`. Safe for several at once."""
    if _is_whole(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder), tempfile.TemporaryDirectory(dir=folder) as work:
        if not _is_whole(folder):
            unpack(_fetched(Path(work)), folder)


def unpack(package: bytes, folder: Path, integrity: str = INTEGRITY,
           members: Mapping[str, str] = MEMBERS) -> None:
    """Take the schema files out of the package, after both hashes held; raises `NotBrought`."""
    if base64.b64encode(hashlib.sha512(package).digest()).decode() != integrity:
        raise NotBrought(f"what came as {PACKAGE} is not what is pinned here.")
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        found = {f"package/dist/data/admin_{version}.json.gz": version for version in members}
        held = {found[member.name]: archive.extractfile(member) for member in archive
                if member.name in found and member.isfile()}
        contents = {version: part.read() for version, part in held.items() if part}
    for version, digest in members.items():
        if hashlib.sha256(contents.get(version, b"")).hexdigest() != digest:
            raise NotBrought(f"the schema of {version} in {PACKAGE} is not what is pinned here.")
    for version, content in contents.items():
        part = folder / f".{version}.{os.getpid()}"
        part.write_bytes(content)
        os.replace(part, folder / _name(version, members[version]))


@cache
def _loaded(version: str) -> tuple[GraphQLSchema, dict[tuple[str, str | None], Needs]]:
    read = _read(version)
    told = {(row["typeName"], row.get("fieldName")): needs(
        row["requiredAccess"], row["offlineScopes"]) for row in read["offline_scopes"]["items"]}
    return (build_client_schema(read["data"], assume_valid=True),
            {key: each for key, each in told.items() if each})


def needs(said: str, scopes: list[str]) -> Needs:
    """What an entry of the table asks for: the listed scopes are alternatives of each other.

    Its sentence may ask for more besides: "… and (… or …)", "Also: … requires … access scope".
    """
    first, _, also = said.partition("Also:")
    parts = [tuple(each for each in scopes if each in _NAMES.findall(part))
             for part in first.split(" and ")]
    every = [part for part in parts if part] if len(parts) > 1 else [tuple(scopes)]
    more = [tuple(_NAMES.findall(match[1])) for match in _ALSO.finditer(also)]
    return tuple(each for each in every + more if each)


@cache
def _why_not() -> str:
    """Why the schemas are not here; empty when they are. Tried once in a process."""
    try:
        bring()
    except NotBrought as error:
        return str(error)
    return ""


def _read(version: str) -> dict[str, Any]:
    if _why_not():
        missing("the Admin API schemas", _why_not(), "`make test` fetches them with npm")
    read: dict[str, Any] = json.loads(gzip.decompress(_file(FOLDER, version).read_bytes()))
    return read


def _is_whole(folder: Path) -> bool:
    return all(_file(folder, version).is_file() for version in MEMBERS)


def _file(folder: Path, version: str) -> Path:
    return folder / _name(version, MEMBERS[version])


def _name(version: str, digest: str) -> str:
    return f"admin_{version}.{digest[:12]}.json.gz"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetched(work: Path) -> bytes:
    make_assets = _make_assets()
    node = make_assets.find_node()
    if node is None:
        raise NotBrought("Node 20 or newer is not here.")
    env = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        # Packing downloads and does no more: no script of the package runs.
        subprocess.run([*make_assets._npm(node), "pack", PACKAGE, "--ignore-scripts",
                        "--loglevel=error", "--fetch-retries=1",
                        "--fetch-retry-mintimeout=1000"], cwd=work, env=env, check=True,
                       capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise NotBrought(f"npm could not fetch {PACKAGE}: {' '.join(said[:2])}") from error
    return next(work.glob("*.tgz")).read_bytes()


def _make_assets() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_assets", ROOT / "widgets" / "make_assets.py")
    if spec is None or spec.loader is None:
        raise NotBrought("widgets/make_assets.py, which knows where Node is, is not here.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Bring the schemas and say so; never a failure, since the tests say what they miss."""
    try:
        bring()
        print("test: the Admin API schemas are here")
    except NotBrought as error:
        print(f"test: without the Admin API schemas: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
