"""The app as its operator gets it, and Node with the packages that look at it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.browser import assets, browser
from tests.needs import missing
from tests.shopify_app import packages
from tests.shopify_app.node import Stage

__all__ = ["assets", "browser"]

HUB = "https://hub.example"
CLIENT_ID = "0123456789abcdef0123456789abcdef"
TARGETS = {"purchase.thank-you.block.render": "thank-you",
           "purchase.thank-you.announcement.render": "announcement",
           "customer-account.order-status.block.render": "order-status"}


@pytest.fixture(scope="session")
def build() -> ModuleType:
    """`connectors/shopify/build.py`, which is a program and no package of the hub's."""
    path = packages.ROOT / "connectors" / "shopify" / "build.py"
    spec = importlib.util.spec_from_file_location("shopify_build", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks for its own module there.
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


@pytest.fixture(scope="session")
def app(build: ModuleType, assets: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the operator of `HUB` deploys."""
    folder = tmp_path_factory.mktemp("shopify") / "app"
    whose = build.operator(HUB, CLIENT_ID, "our-alliance")
    build.write(folder, dict(build.contents(whose, build.BUILT)))
    return folder


@pytest.fixture(scope="session")
def theme(app: Path) -> Path:
    """The theme extension in it."""
    return app / "extensions" / "alliance-theme"


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the app's packages in place."""
    try:
        return packages.bring()
    except packages.NotBrought as problem:
        missing("the Shopify app's packages", str(problem),
                "`python -m tests.shopify_app.packages`, with Node 20 or newer and npm")


@pytest.fixture(scope="session")
def bundles(node: str, app: Path) -> dict[str, Any]:
    """The extensions' code as it is deployed, by name: `text`, `bytes` and `gzip`."""
    (app / "node_modules").symlink_to(packages.APP / "node_modules")
    names = {target: f"begin{number}" for number, target in enumerate(TARGETS)}
    lines = [f'import {names[target]} from "./{file}.tsx";' for target, file in TARGETS.items()]
    lines += [f'shopify.extend("{target}", {names[target]});' for target in TARGETS]
    with Stage(node, "bundle") as stage:
        made: dict[str, Any] = stage.play(folder=str(app), pieces={
            "claim": {"at": "extensions/alliance-claim/src", "contents": "\n".join(lines)},
            "pixel": {"at": "extensions/alliance-pixel/src", "contents": 'import "./index.ts";'},
        })
    return made


@pytest.fixture(scope="module")
def liquid(node: str) -> Iterator[Stage]:
    """Renders blocks."""
    with Stage(node, "liquid") as stage:
        yield stage
