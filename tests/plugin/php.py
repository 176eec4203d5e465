"""PHP as far as the rules need it: its pieces, its calls, its functions. No PHP is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "connectors" / "woocommerce" / "plugin" / "alliance-for-woocommerce"
SLUG = PLUGIN.name
FILES = sorted(PLUGIN.rglob("*.php"))

_PIECE = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*|\#(?!\[)[^\n]*)
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<variable>\$\w+)
  | (?P<word>\\?[A-Za-z_][\w\\]*)
  | (?P<number>\d[\w.]*)
  | (?P<tag><\?php|<\?=|\?>|<<<)
  | (?P<sign>\?->|->|::|=>|\.\.\.|\|\||&&|\?\?|[=!]==?|\#\[|\S)
""", re.VERBOSE | re.DOTALL)
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, sign, text, variable or number, and the line it stands on."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call by name, with its arguments as pieces; `of` is `$wpdb->` or the like, or empty."""

    name: str
    of: str
    arguments: list[list[Piece]]
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function by name, with the pieces between its braces."""

    name: str
    body: list[Piece]


def pieces(source: str) -> list[Piece]:
    """A file in pieces, without its comments."""
    found = []
    for match in _PIECE.finditer(source):
        kind = match.lastgroup or ""
        if kind != "comment":
            found.append(Piece(kind, match[0], source.count("\n", 0, match.start()) + 1))
    return found


def calls(parts: list[Piece]) -> Iterator[Call]:
    """Every call, also those within the arguments of another."""
    for at, part in enumerate(parts[:-1]):
        before = parts[at - 1].text if at else ""
        if part.kind == "word" and parts[at + 1].text == "(" and before != "function":
            of = before if before == "new" else ""
            of = parts[at - 2].text + before if before in ("->", "::") else of
            yield Call(part.text, of, split(inside(parts, at + 1), ","), part.line)


def functions(parts: list[Piece]) -> Iterator[Function]:
    """Every function with a name."""
    for at, part in enumerate(parts[:-2]):
        if part.text == "function" and parts[at + 1].kind == "word":
            begin = next(n for n in range(at, len(parts)) if parts[n].text == "{")
            yield Function(parts[at + 1].text, inside(parts, begin))


def inside(parts: list[Piece], at: int) -> list[Piece]:
    """What stands between the bracket at this place and the one that closes it."""
    depth = 0
    for end in range(at, len(parts)):
        depth += (parts[end].text in _OPEN) - (parts[end].text in _CLOSE)
        if depth == 0:
            return parts[at + 1:end]
    raise AssertionError(f"a bracket of line {parts[at].line} is never closed")


def split(parts: list[Piece], sign: str) -> list[list[Piece]]:
    """The pieces between signs that stand in no bracket."""
    found: list[list[Piece]] = [[]]
    depth = 0
    for part in parts:
        depth += (part.text in _OPEN) - (part.text in _CLOSE)
        if part.text == sign and depth == 0:
            found.append([])
        else:
            found[-1].append(part)
    return [] if found == [[]] else found


def until(parts: list[Piece], at: int, sign: str) -> list[Piece]:
    """The pieces from this place to the next such sign that stands in no bracket."""
    return split(parts[at:], sign)[0]


def around(parts: list[Piece], at: int) -> list[str]:
    """The names of the calls that the piece at this place stands in, from outside in."""
    names: list[str] = []
    for here, part in enumerate(parts[:at]):
        if part.text in _OPEN:
            names.append(parts[here - 1].text if part.text == "(" and here else part.text)
        elif part.text in _CLOSE:
            names.pop()
    return names


def literal(part: list[Piece]) -> str | None:
    """The text of an argument that is one text and nothing else."""
    return part[0].text[1:-1] if len(part) == 1 and part[0].kind == "text" else None
