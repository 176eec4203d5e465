"""The schemas are what is pinned, or they are not taken."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tests.shopify_schema import MEMBERS, NotBrought, bring, needs, unpack

CONTENT = b"a schema, as far as this goes"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def package(name: str = "package/dist/data/admin_2026-07.json.gz") -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for path in (name, "package/../../outside", "package/install.js"):
            member = tarfile.TarInfo(path)
            member.size = len(CONTENT)
            archive.addfile(member, io.BytesIO(CONTENT))
    return held.getvalue()


def integrity(content: bytes) -> str:
    return base64.b64encode(hashlib.sha512(content).digest()).decode()


def test_only_the_schemas_are_taken_out_of_the_package(tmp_path: Path) -> None:
    made = package()
    for _ in range(2):
        unpack(made, tmp_path, integrity(made), {"2026-07": DIGEST})

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"admin_2026-07.{DIGEST[:12]}.json.gz": CONTENT}


@pytest.mark.parametrize("wrong", ["package", "schema", "missing"])
def test_what_is_not_what_is_pinned_is_not_taken(tmp_path: Path, wrong: str) -> None:
    made = package("elsewhere.json.gz" if wrong == "missing" else
                   "package/dist/data/admin_2026-07.json.gz")
    mark = integrity(b"another package") if wrong == "package" else integrity(made)
    digest = hashlib.sha256(b"another schema").hexdigest() if wrong == "schema" else DIGEST

    with pytest.raises(NotBrought, match="is not what is pinned here"):
        unpack(made, tmp_path, mark, {"2026-07": digest})
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_fetched_it_is_said_and_nothing_is_left(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    folder = tmp_path / "schemas"

    with pytest.raises(NotBrought, match="(npm could not fetch|is not here)"):
        bring(folder)
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_both_versions_are_pinned_by_whole_hashes() -> None:
    assert {version: len(bytes.fromhex(digest)) for version, digest in MEMBERS.items()} == {
        "2026-07": 32, "2026-10": 32}


@pytest.mark.parametrize(("said", "scopes", "groups"), [
    ("", [], ()),
    ("`read_products` access scope.", ["read_products"], (("read_products",),)),
    ("`read_inventory` access scope or `read_products` access scope.",
     ["read_inventory", "read_products"], (("read_inventory", "read_products"),)),
    ("`read_returns` access scope and (`read_orders` access scope or `read_marketplace_orders` "
     "access scope).", ["read_returns", "read_orders", "read_marketplace_orders"],
     (("read_returns",), ("read_orders", "read_marketplace_orders"))),
    ("`write_pixels` access scope. Also: The app requires read_customer_events access scope and "
     "user access permission.", ["write_pixels"], (("write_pixels",), ("read_customer_events",))),
    ("`read_orders` access scope. Also: Requires the `read_returns` access scope or "
     "`read_marketplace_returns` access scope.", ["read_orders"],
     (("read_orders",), ("read_returns", "read_marketplace_returns"))),
    ("`read_orders` access scope. Also: The user must have manage_orders permission.",
     ["read_orders"], (("read_orders",),)),
])
def test_the_words_of_the_scope_table_are_understood(
        said: str, scopes: list[str], groups: tuple[tuple[str, ...], ...]) -> None:
    assert needs(said, scopes) == groups
