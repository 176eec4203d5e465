"""Stories and pages on both databases: ids repeat from run to run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alliance.core.ids import seeded


@pytest.fixture(autouse=True)
def _repeatable_ids(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same test sees the same ids on both databases and in every run."""
    with seeded(request.node.nodeid.split("[")[0]):
        yield
