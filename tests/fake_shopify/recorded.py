"""Answers that are kept as fixtures, by name."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

FIXTURES = Path(__file__).parents[1] / "shopify" / "fixtures"


@cache
def _read(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def fixture(name: str) -> Any:
    """A JSON fixture, to be changed at will."""
    return deepcopy(_read(name))


def answer(name: str) -> Any:
    """An answer of the Admin API: `http`, `body` or `body_text`, perhaps `headers`."""
    return deepcopy(_read("graphql/responses.json")["responses"][name])


def response(name: str) -> Response:
    """That answer, as it goes over the wire."""
    told = answer(name)
    if "body_text" in told:
        return Response(told["body_text"], told["http"], content_type="text/html")
    return Response(json.dumps(told["body"]), told["http"], told.get("headers"),
                    content_type="application/json; charset=utf-8")


def oauth(name: str) -> tuple[int, dict[str, Any]]:
    """An answer of the token endpoint: its status and its body."""
    told = deepcopy(_read("oauth_token_samples.json")["responses"][name])
    return told["http"], told["body"]
