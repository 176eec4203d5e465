"""Shopify's own tool builds the app, without an account and without asking anybody."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.needs import missing
from tests.shopify_app.conftest import CLIENT_ID, HUB, TARGETS
from tests.shopify_app.packages import APP

GET = "`npm install -g @shopify/cli@3.94.3 --ignore-scripts` on Node 20, a newer one on Node 22"
UI_LIMIT, PIXEL_LIMIT = 64 * 1024, 128 * 1024


@pytest.fixture
def deployable(build: ModuleType, assets: None, node: str, tmp_path: Path) -> Path:
    """The app with its packages, as its operator has it before deploying."""
    folder = tmp_path / "app"
    build.write(folder, dict(build.contents(build.operator(HUB, CLIENT_ID, "our-alliance"),
                                            build.BUILT)))
    (folder / "node_modules").symlink_to(APP / "node_modules")
    return folder


@pytest.mark.long
def test_shopifys_own_tool_builds_it(deployable: Path) -> None:
    code, said = _build(deployable)

    assert code == 0, said
    assert "our-alliance built!" in said
    extensions = deployable / "extensions"
    claim = (extensions / "alliance-claim" / "dist" / "alliance-claim.js").read_bytes()
    pixel = (extensions / "alliance-pixel" / "dist" / "alliance-pixel.js").read_bytes()
    assert len(gzip.compress(claim)) <= UI_LIMIT
    assert len(pixel) <= PIXEL_LIMIT
    assert [target for target in TARGETS if f'"{target}"' not in claim.decode()] == []
    assert HUB in claim.decode()


@pytest.mark.long
@pytest.mark.parametrize(("file", "before", "after"), [
    ("shopify.app.toml", '"shop/redact"', '"shop/forget"'),
    ("extensions/alliance-claim/shopify.extension.toml", "thank-you.block", "thanks.block"),
    ("extensions/alliance-pixel/shopify.extension.toml", '"enabled"', '"maybe"'),
])
def test_it_would_refuse_what_is_wrong(deployable: Path, file: str, before: str,
                                       after: str) -> None:
    text = (deployable / file).read_text()
    assert before in text
    (deployable / file).write_text(text.replace(before, after))

    code, _ = _build(deployable)

    assert code != 0


def _build(folder: Path) -> tuple[int, str]:
    tool = shutil.which("shopify")
    if tool is None:
        missing("Shopify's tool", "the program `shopify` is not on PATH.", GET)
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    quiet = {"SHOPIFY_CLI_NO_ANALYTICS": "1", "CI": "1", "HOME": str(home),
             "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    done = subprocess.run([tool, "app", "build", "--skip-dependencies-installation"], cwd=folder,
                          env=os.environ | quiet, capture_output=True, text=True, timeout=180,
                          check=False)
    return done.returncode, done.stdout + done.stderr
