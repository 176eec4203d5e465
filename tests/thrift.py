"""What tests save on: work that is the same for each of them, and costs more than what they test.

Nothing here changes what the hub does. Each saving names the test that pays in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from alliance.merchants import passwords

IN_FULL = passwords._HASHER
"""What a password costs in a hub: `tests/integration/test_merchants.py` pays it."""


@contextmanager
def savings() -> Iterator[None]:
    """All of them, for as long as this process runs tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(
            time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Compiled()})
        patch.setattr(Rule, "_compile_builder", _worked_out_once(Rule._compile_builder))
        yield


class _Compiled(BytecodeCache):
    """Templates compiled so far, by their content: once for all tests, not for each application.

    `tests/integration/test_start.py` starts hubs of their own.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get((bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def _worked_out_once(working_out: Any) -> Any:
    """How a route is written back into an address, by what it is made of.

    What werkzeug works out takes the rule as its argument, so that one serves all alike.
    """
    kept: dict[tuple[object, ...], Any] = {}

    def worked_out(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.subdomain, repr(rule.defaults), append_unknown)
        if key not in kept:
            kept[key] = working_out(rule, append_unknown)
        return kept[key]

    return worked_out
