"""A fake platform for each file, and in it a shop for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.fake_shopify import FakeShop, FakeShopify, serving

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def platform() -> Iterator[FakeShopify]:
    """One platform for the file."""
    with serving(FakeShopify(NOON)) as served:
        yield served


@pytest.fixture
def shop(platform: FakeShopify) -> FakeShop:
    """An empty shop with the app in it, at noon; nothing was asked yet."""
    platform.now, platform.trick, platform.falls_forward_to = NOON, None, None
    platform.asked.clear()
    platform.deprecations.clear()
    return platform.open()
