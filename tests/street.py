"""The demo's four shop fronts for tests, and a browser without a screen in front of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from alliance.connect.demo import Shop
from alliance.demo_story.boxes import reopen, stock
from alliance.web.shop_gifts import Slots
from alliance.web.shop_visit import NAME
from alliance.web.shopfront import shopfront

CLICK = "clk_01j9.sig-ABC_def~1"
PROOFS = b"the secret of the proofs of Li's"
ANNA = {"email": "anna@shoppers.example", "name": "Anna", "country": "LV"}


class Street:
    """The four shops behind one address, and what they sent to the hub."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.now = now
        self.directory = directory
        self.shops = reopen(directory)
        self.delivered: list[str] = []
        self.deliver: Callable[[Shop], None] = self._count
        self.app = Flask("street")
        self.app.register_blueprint(shopfront(
            self.shops, "https://hub.example",
            lambda slug: (Slots("plc_li", "plc_cart", "plc_thanks", PROOFS) if slug == "li"
                          else Slots()),
            lambda shop: self.deliver(shop), lambda: self.now, secret=b"k" * 32,
            order_page=lambda slug, ref: f"/orders/by-store/{slug}/{ref}"))

    @property
    def li(self) -> Shop:
        """Li's shop."""
        return self.shops["li"]

    def _count(self, shop: Shop) -> None:
        self.delivered += [call.ref for call in shop.calls.waiting()]


def order_ref(paid: TestResponse) -> str:
    """The order that a purchase led to."""
    return path_of(paid).split("/")[-2]


def path_of(answer: TestResponse) -> str:
    """Where an answer leads, without the visit that travels along."""
    return re.sub(r"[?&]visit=[^&#]*", "", answer.location)


class Visitor:
    """A browser that follows the shop's links and fills its forms in, with what they carry."""

    def __init__(self, client: FlaskClient, **headers: str) -> None:
        self.client = client
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.carried: dict[str, str] = {}
        """The visit that the last page of each shop put into its links and forms."""

    def see(self, path: str, **more: Any) -> TestResponse:
        """Open a page, as a link of the shop would."""
        slug, _, _ = path.partition("/")
        asked = {NAME: self.carried[slug], **more.pop("query_string", {})} if (
            slug in self.carried) else more.pop("query_string", {})
        page, _, query = path.partition("?")
        headers = {**self.headers, **more.pop("headers", {})}
        answer = self.client.get(f"/shops/{page}", headers=headers,
                                 query_string={**dict(parse_qsl(query)), **asked}, **more)
        self._carry(slug, answer.text)
        return answer

    def send(self, path: str, *, token: str | None = None, **fields: str) -> TestResponse:
        """Send a form, with the token and the visit that the shop put into it."""
        slug, _, _ = path.partition("/")
        form = self.see(f"{slug}/orders").text
        if token is None:
            token = re.findall(r'name="form_token" value="([^"]+)"', form)[0]
        visit = {NAME: self.carried[slug]} if slug in self.carried else {}
        with self.client.post(f"/shops/{path}", headers=self.headers,
                              data={"form_token": token, **visit, **fields}) as answer:
            answer.get_data()
        self._carry(slug, answer.headers.get("Location", answer.text))
        return answer

    def _carry(self, slug: str, text: str) -> None:
        found = re.findall(r'(?:[?&;]visit=|name="visit" value=")([^"&#\s]+)', text)
        self.carried.pop(slug, None)
        if found:
            self.carried[slug] = found[-1]

    def buy(self, *refs: str, slug: str = "li", **fields: str) -> str:
        """Put products into the cart and pay; gives the order's ref."""
        for ref in refs:
            assert self.send(f"{slug}/products/{ref}", quantity="1").status_code == 303
        paid = self.send(f"{slug}/checkout", **(ANNA | fields))
        assert paid.status_code == 303
        return order_ref(paid)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four boxes, filled once and copied for each test."""
    directory = tmp_path_factory.mktemp("street")
    for shop in stock(directory, datetime(2026, 3, 1, tzinfo=UTC)).values():
        shop.close()
    return directory


@pytest.fixture
def street(stocked: Path, tmp_path: Path, now: datetime) -> Iterator[Street]:
    """Four shops, freshly stocked."""
    shutil.copytree(stocked, tmp_path / "shops")
    made = Street(tmp_path / "shops", now)
    yield made
    for shop in made.shops.values():
        shop.close()


@pytest.fixture
def visitor(street: Street) -> Visitor:
    """A browser that was never here."""
    return Visitor(street.app.test_client())
