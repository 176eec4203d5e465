"""Built files, a browser, and a shop page beside a hub for the tests of what browsers get."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import assets, browser
from tests.widgets.shop import Hub, Shop, serve, slate

__all__ = ["assets", "browser"]

@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub on its own origin that answers four offers."""
    played = Hub(None)
    stop = serve(played)
    played.answer = slate(played.origin)
    yield played
    played.answering.set()
    stop()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop on another origin; a test gives it its pages."""
    played = Shop({})
    stop = serve(played)
    yield played
    stop()
