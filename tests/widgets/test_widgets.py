"""What is built: its own tests, its weight, its sameness, and where its parts come from."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import missing
from tests.widgets.shop import BUILT, ROOT, built, manifest

WIDGETS = ROOT / "widgets"
MODULES = ["slate.js", "bundle.js", "claim.js", "gifts.js", "carry.js", "vitals.js"]
THEME = [f"shopify-{name}.js" for name in ("loader", "slate", "gifts", "bundle", "carry")]
NAMES = [*MODULES, "embed.js", "plugin.js", *THEME, "admin.js", "chart.js", "embedded.js",
         "theme.js", "admin.css"]


def test_the_widgets_own_tests_and_types_pass(node: str) -> None:
    tsc = _run(node, "node_modules/typescript/bin/tsc")
    assert (tsc.returncode, tsc.stdout) == (0, "")
    vitest = _run(node, "node_modules/vitest/vitest.mjs", "run", "--reporter=dot", "--no-color")
    assert vitest.returncode == 0, vitest.stdout + vitest.stderr


def test_the_loader_weighs_at_most_one_kilobyte_and_all_of_a_slate_less_than_four() -> None:
    assert _weight("embed.js") <= 1000
    assert _weight("embed.js", "slate.js") <= 3800


def test_each_further_element_weighs_less_than_three_kilobytes_and_all_together_ten() -> None:
    assert _weight("gifts.js", "bundle.js") <= 2800
    # The other half of a pack is on another page; both halves share gifts.js.
    assert _weight("claim.js") <= 2800
    assert _weight("gifts.js", "claim.js") <= 3700
    assert _weight("embed.js", *MODULES) <= 10_000


def test_the_script_that_a_plugin_ships_weighs_less_than_what_the_hub_sends() -> None:
    assert _weight("plugin.js") <= 8200


def test_the_script_that_a_plugin_ships_is_one_file_that_fetches_no_other() -> None:
    assert manifest()["plugin.js"]["file"].startswith("plugin/alliance-elements-")
    code = built("plugin.js").decode("ascii")
    assert re.findall(r"\bimport\b|\bexport\b|importScripts|createElement\(.script", code) == []
    # What is looked for is there in the other build, which does fetch.
    assert re.findall(r"\bimport\b|createElement\(.script", built("embed.js").decode())


def test_no_script_of_a_shopify_theme_is_heavier_than_its_rules_allow() -> None:
    assert {name: len(built(name)) for name in THEME if len(built(name)) > 10_000} == {}
    assert _weight(*THEME) <= 8800


def test_a_script_of_a_shopify_theme_names_no_address_and_leaves_no_name_behind() -> None:
    for name in THEME:
        code = built(name).decode()
        assert re.findall(r"https?://|\bimport\b|\bexport\b", code) == [], name
        assert re.match(r'("use strict";)?\(\(\)=>\{', code.partition("\n")[2]), name


@pytest.mark.long
def test_the_same_sources_give_the_same_bytes(node: str, tmp_path: Path) -> None:
    built_again = [_build(node, tmp_path / name) for name in ("one", "two")]
    assert built_again[0] == built_again[1]
    standing = {path: digest for path, digest in _digests(BUILT).items() if path != ".stamp"}
    assert built_again[0] == standing


def test_the_manifest_names_every_file_with_its_hash_and_integrity() -> None:
    assert list(manifest()) == NAMES
    for name, entry in manifest().items():
        content = (BUILT / str(entry["file"])).read_bytes()
        if name in MODULES:
            assert entry["file"] == f"embed/{_plain_hash(name)}.js"
        else:
            assert hashlib.sha256(content).hexdigest()[:12] in entry["file"], name
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        assert entry["integrity"] == f"sha384-{digest}"


@pytest.mark.parametrize(("name", "known_to"), [
    ("slate.js", "embed.js"), ("gifts.js", "embed.js"), ("carry.js", "embed.js"),
    ("vitals.js", "embed.js"), ("bundle.js", "gifts.js"), ("claim.js", "gifts.js"),
])
def test_who_fetches_a_module_knows_the_hash_that_it_must_have(name: str, known_to: str) -> None:
    assert _plain_hash(name) in built(known_to).decode()


def test_the_pages_need_nothing_that_a_strict_policy_refuses() -> None:
    addresses = re.findall(r"url\(([^)]*)\)", built("admin.css").decode())
    assert addresses
    assert [each for each in addresses if not re.fullmatch(r'"?\./picture-\w{12}\.svg"?', each)] \
        == []


def test_a_second_run_finds_nothing_to_do() -> None:
    done = subprocess.run([sys.executable, str(WIDGETS / "make_assets.py")], text=True,
                          capture_output=True, check=True)
    assert done.stdout == "assets: up to date\n"


def test_the_lock_file_holds_every_package_by_hash_and_names_no_host() -> None:
    lock = json.loads((WIDGETS / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


@pytest.fixture(scope="module")
def node() -> str:
    """A Node that is new enough, as the build itself finds it, with the packages in place."""
    sys.path.insert(0, str(WIDGETS))
    try:
        import make_assets
    finally:
        sys.path.remove(str(WIDGETS))
    found: str | None = make_assets.find_node()
    if found is None or not (WIDGETS / "node_modules").is_dir():
        missing("Node", "the widgets' own tests run in Node 20 or newer.", "`make assets`")
    make_assets.install_packages(found)
    return found


def _weight(*names: str) -> int:
    return sum(manifest()[name]["brotli"] for name in names)


def _plain_hash(name: str) -> str:
    return base64.b64encode(hashlib.sha256(built(name)).digest()).decode().removesuffix("=")


def _run(node: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([node, *command], cwd=WIDGETS, capture_output=True, text=True,
                          check=False)


def _build(node: str, out: Path) -> dict[str, str]:
    done = _run(node, "build.mjs", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return _digests(out)


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files}
