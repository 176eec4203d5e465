"""The extensions against the types of Shopify's own packages, and what they weigh."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.shopify_app.conftest import TARGETS
from tests.shopify_app.packages import APP, ROOT

CARELESS = [
    ("alliance-claim/src/thank-you.tsx", "{ order, number }", "{ order, confirmation: number }",
     "'confirmation' does not exist"),
    ("alliance-claim/src/gifts.tsx", "<s-clipboard-item", "<s-clip-item", "s-clip-item"),
    ("alliance-claim/src/order-status.tsx", "order?.confirmationNumber",
     "order.confirmationNumber", "possibly 'undefined'"),
    ("alliance-claim/src/announcement.tsx", "shopify.i18n", "shopify.i19n", "i19n"),
    ("alliance-pixel/src/index.ts", "data.checkout.order?.id", "data.checkout.order?.number",
     "'number' does not exist"),
    ("alliance-pixel/src/index.ts", "saleOfDataAllowed", "saleAllowed", "saleAllowed"),
]


def test_every_extension_fits_the_types_of_its_platform(
        node: str, app: Path, bundles: dict[str, Any]) -> None:
    assert _told(node, app) == ""


def test_an_extension_that_does_not_fit_is_caught(
        node: str, app: Path, bundles: dict[str, Any], tmp_path: Path) -> None:
    for file, before, after, _ in CARELESS:
        target = tmp_path / "extensions" / file
        text = (app / "extensions" / file).read_text() if not target.is_file() \
            else target.read_text()
        assert before in text, file
        for source in (app / "extensions" / file).parent.iterdir():
            copied = target.parent / source.name
            if not copied.is_file():
                copied.parent.mkdir(parents=True, exist_ok=True)
                copied.write_text(source.read_text())
        target.write_text(text.replace(before, after, 1))
    (tmp_path / "tsconfig.json").write_text((app / "tsconfig.json").read_text())
    (tmp_path / "node_modules").symlink_to(APP / "node_modules")

    told = _told(node, tmp_path)

    assert [says for _, _, _, says in CARELESS if says not in told] == []


def test_the_gifts_weigh_a_fifth_of_what_is_allowed(bundles: dict[str, Any]) -> None:
    assert bundles["claim"]["gzip"] <= 13_000


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_is_in_the_one_bundle(bundles: dict[str, Any], target: str) -> None:
    assert f'"{target}"' in bundles["claim"]["text"]


def _told(node: str, folder: Path) -> str:
    # The widgets have the one compiler of this house.
    tsc = ROOT / "widgets" / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run([node, str(tsc), "--pretty", "false"], cwd=folder, capture_output=True,
                          text=True, timeout=120, check=False)
    return done.stdout + done.stderr
