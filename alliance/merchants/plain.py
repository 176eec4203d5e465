"""What people and stores write, made plain text: no control or direction marks, bounded length."""

from __future__ import annotations

import re
import unicodedata

from alliance.core.errors import Invalid

_HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e"
                     "\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")


def one_line(text: str, field: str, *, longest: int = 200) -> str:
    """One line of 1 to `longest` characters, spaces folded; raises `Invalid` naming the field."""
    line = tidy(text)
    if not line:
        raise Invalid("text_missing", f"Write something for {field}.", field=field)
    if len(line) > longest:
        raise Invalid("text_too_long", f"{field} may have {longest} characters.", field=field,
                      longest=longest)
    return line


def paragraph(text: str, field: str, *, longest: int = 2000) -> str:
    """Any number of lines, possibly none; raises `Invalid` when it is too long."""
    lines = [tidy(line) for line in unicodedata.normalize("NFC", text).splitlines()]
    joined = "\n".join(lines).strip()
    if len(joined) > longest:
        raise Invalid("text_too_long", f"{field} may have {longest} characters.", field=field,
                      longest=longest)
    return joined


def tidy(text: str) -> str:
    """One line without what cannot be seen: such marks let one name pass for another."""
    visible = _HIDDEN.sub(" ", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", visible).strip()
