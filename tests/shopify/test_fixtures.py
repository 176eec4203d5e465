"""Each recorded file is used by a test that says what must come out."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent / "fixtures"
TESTS = [path.read_text(encoding="utf-8") for folder in (
    "shopify", "shopify_app", "integration", "contract", "fake_shopify")
    for path in (Path(__file__).parents[1] / folder).rglob("*.py") if path != Path(__file__)]
FILES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*")
               if path.is_file() and path.name[0] != ".")


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_file_is_used(name: str) -> None:
    folder, _, file = name.rpartition("/")
    stems = {file.partition(".")[0], file.removesuffix(".json")}
    vectors = (HERE / "webhook_hmac_vectors.json").read_text(encoding="utf-8")
    # Bodies are played by a test that takes all there are, or by the table that names them.
    is_played = name in vectors or (folder == "raw_bodies" and any(
        '"raw_bodies"' in text for text in TESTS))

    assert is_played or any(
        file in text or any(f'"{stem}"' in text or f"{folder}/{stem}" in text for stem in stems)
        for text in TESTS), f"{name} is used nowhere"
