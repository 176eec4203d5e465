"""Plain text out of what a store says: no markup, no control or direction characters (T16)."""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(r"<[^<>]*>")
_NESTED = 8
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = {"\u200c", "\u200d"}
"""Inside Indic and Persian words and emoji these two belong to the spelling."""


def plain(text: str, limit: int = 200) -> str:
    """At most `limit` characters of text in Unicode form C, on one line, without `<` and `>`."""
    text = html.unescape(text[: limit * 40])
    stripped = text
    # A tag may hide in the halves of another. Not for ever: no bracket is left in the end anyhow,
    # and a title of nothing but brackets would be looked at once for each of them.
    for _ in range(_NESTED):
        stripped = _TAG.sub(" ", stripped)
    kept = "".join(_shown(one) for one in stripped.replace("<", " ").replace(">", " "))
    return " ".join(unicodedata.normalize("NFC", kept).split())[:limit].strip()


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in _DROPPED and character not in _JOINERS
    return "" if hidden else character
