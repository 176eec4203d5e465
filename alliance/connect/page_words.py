"""The words that our pages wrote onto an order, out of whatever else a platform keeps there.

Everything here was written by a visitor's browser: it is bounded and kept as it is, and only a
token that the hub itself signed will count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alliance.core import marks
from alliance.core.marks import Marks

CLICK_PARAMETER = "alc"

_MOST_TOKENS = 10
_LONGEST_ADDRESS = 8000
_WORD = re.compile(r"[!-~]{1,300}", re.ASCII)


def read(words: Iterable[Any]) -> Marks:
    """What the words are: at most ten tokens, the first ones; what is no word is passed over."""
    found = marks.read(word for word in words if isinstance(word, str) and _WORD.fullmatch(word))
    return found._replace(click_tokens=found.click_tokens[:_MOST_TOKENS])


def landed(address: Any) -> Iterator[str]:
    """The click tokens in the address at which a visit began.

    Only the parameter `alc` is read; the rest of it, which may say anything about the shopper, is
    not kept.
    """
    if not isinstance(address, str) or len(address) > _LONGEST_ADDRESS:
        return
    try:
        pairs = parse_qsl(urlsplit(address).query, max_num_fields=200)
    except ValueError:
        return
    yield from (token for name, token in pairs if name == CLICK_PARAMETER)
