"""Built files and a real Chromium, for every suite that looks at pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.needs import missing

ROOT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session", autouse=True)
def assets() -> None:
    """The built files, as `make assets` leaves them."""
    done = subprocess.run([sys.executable, str(ROOT / "widgets" / "make_assets.py")],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        missing("built assets", done.stderr.strip()[-400:], "`make assets`, with Node 20 or newer")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium that speaks to nobody but the page's own addresses."""
    if not CHROMIUM.is_file():
        missing("Chromium", "there is no /usr/bin/chromium.", "`apt-get install chromium`")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()
