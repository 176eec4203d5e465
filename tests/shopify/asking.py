"""Asking a fake shop over HTTP, as any program would that is not ours."""

from __future__ import annotations

from functools import cache
from typing import Any

import requests
from graphql import OperationDefinitionNode, parse, print_ast

from tests.fake_shopify import FakeShop
from tests.fake_shopify.recorded import FIXTURES
from tests.fake_shopify.tokens import EXCHANGE, ID_TOKEN, OFFLINE

Json = dict[str, Any]


def post(shop: FakeShop, document: str, variables: Json | None = None, *,
         token: str | None = None, version: str = "2026-07") -> requests.Response:
    """Ask with these keys, or with fresh ones."""
    key = shop.tokens.give()["access_token"] if token is None else token
    return requests.post(
        f"{shop.platform.at(shop.domain)}/admin/api/{version}/graphql.json",
        json={"query": document, "variables": variables or {}},
        headers={"X-Shopify-Access-Token": key}, timeout=10)


def ask(shop: FakeShop, document: str, **variables: Any) -> Json:
    """The body of the answer, which came with 200."""
    answer = post(shop, document, variables)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def told(shop: FakeShop, document: str, **variables: Any) -> Json:
    """The data of an answer without errors."""
    body = ask(shop, document, **variables)
    assert "errors" not in body, body["errors"]
    data: Json = body["data"]
    return data


def keys(shop: FakeShop, **body: Any) -> tuple[int, Json]:
    """What the token endpoint answers."""
    platform = shop.platform
    answer = requests.post(f"{platform.at(shop.domain)}/admin/oauth/access_token", json={
        "client_id": platform.client_id, "client_secret": platform.secrets[0]} | body, timeout=10)
    return answer.status_code, answer.json()


def exchanged(shop: FakeShop, token: str, **more: Any) -> tuple[int, Json]:
    """What a session token is exchanged for."""
    return keys(shop, **({"grant_type": EXCHANGE, "subject_token": token, "expiring": "1",
                          "subject_token_type": ID_TOKEN, "requested_token_type": OFFLINE} | more))


@cache
def operations() -> dict[str, str]:
    """The operations of the fixture, by name."""
    text = (FIXTURES / "graphql" / "operations.graphql").read_text(encoding="utf-8")
    return {each.name.value: print_ast(each) for each in parse(text).definitions
            if isinstance(each, OperationDefinitionNode) and each.name}


def run(shop: FakeShop, name: str, **variables: Any) -> Any:
    """The only field of what an operation of the fixture answers."""
    return next(iter(told(shop, operations()[name], **variables).values()))
