"""The demo as a visitor starts it, and a person's browser in front of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import ROOT, assets, browser

__all__ = ["assets", "browser"]

PERSON = ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/141.0.0.0 Safari/537.36")
"""A headless browser calls itself one, and the law takes it for the robot it is."""

TRIES = 300


@dataclass
class Demo:
    """The running demo."""

    address: str
    process: subprocess.Popen[bytes]
    folder: Path

    def stop(self) -> None:
        """End the hub, as an operator would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`alliance demo` with two months of trade, on a free port; one for all journeys."""
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "alliance"), "demo", "--port", str(port),
               "--months", "2", "--folder", str(folder)]
    with (folder.parent / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    running = Demo(f"http://127.0.0.1:{port}", process, folder)
    try:
        _wait_until_ready(running)
        yield running
    finally:
        running.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A person's browser, in English."""
    opened = browser.new_context(user_agent=PERSON, locale="en-GB",
                                 viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of that browser."""
    return context.new_page()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Take a picture; `ALLIANCE_PICTURES=1` keeps it for the README (`make pictures`)."""
    def take(page: Page, name: str, *, full: bool = False) -> Path:
        keep = os.environ.get("ALLIANCE_PICTURES") == "1"
        path = (ROOT / "docs" / "images" if keep else tmp_path) / f"{name}.png"
        page.screenshot(path=path, full_page=full)
        return path

    return take


def _wait_until_ready(running: Demo) -> None:
    for _ in range(TRIES):
        assert running.process.poll() is None, "the demo ended before it served"
        try:
            with urllib.request.urlopen(f"{running.address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    log = (running.folder.parent / "demo.log").read_text(errors="replace")
    raise AssertionError(f"the demo did not come up; it said: {log[-2000:]}")
