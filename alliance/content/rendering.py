"""What an article's Markdown becomes: safe HTML, and between it the places of cards and pictures.

Two locks. The first is the renderer: CommonMark without HTML, pictures or addresses that are not
https, everything else escaped. The second reads what came out and refuses whatever is not on a
short list, so that a slip in the first is a fault and no hole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

CARD, PICTURE, TEXT = "card", "picture", "text"
LONGEST = 20_000
"""Signs of an article: the worst of that length is read in half a second."""

_PIECE = re.compile(r"\[(card|picture):[ \t]*([^\s\[\]]{1,200})[ \t]*\]")
_HEADINGS = {"h1": "h2"}
"""A page has one h1, the shop's own: an article's headings begin below it."""

ALLOWED: dict[str, frozenset[str]] = {
    **{tag: frozenset() for tag in (
        "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "em", "strong", "blockquote", "ul", "li",
        "code", "pre")},
    "ol": frozenset({"start"}), "a": frozenset({"href", "title", "rel"}),
}
"""Every tag that text may become, with its attributes."""


@dataclass(frozen=True, slots=True)
class Html:
    """HTML that passed both locks."""

    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an article: text as HTML, or the `ref` of a card or picture between two."""

    kind: str
    html: Html = Html("")
    ref: str = ""


def parts(body: str) -> list[Part]:
    """An article in its order. A card stands alone on its line: `[card: SKU-1]`.

    Raises `AssertionError` when something came out that may not be there.
    """
    reader = _reader()
    found: list[Part] = []
    text: list[Any] = []
    for token in reader.parse(body):
        if token.type in (CARD, PICTURE):
            found += _of_text(reader, text)
            text = []
            found.append(Part(token.type, ref=token.content))
        else:
            token.tag = _HEADINGS.get(token.tag, token.tag)
            text.append(token)
    return found + _of_text(reader, text)


def named(body: str) -> list[tuple[str, str]]:
    """The cards and pictures that an article names, as (kind, ref), each once, in order."""
    return list(dict.fromkeys((part.kind, part.ref) for part in parts(body) if part.kind != TEXT))


def _of_text(reader: MarkdownIt, tokens: list[Any]) -> list[Part]:
    if not tokens:
        return []
    for token in tokens:
        token.children = _without_empty_links(token.children)
    html = reader.renderer.render(tokens, reader.options, {})
    _check(html)
    return [Part(TEXT, Html(html))]


def _without_empty_links(tokens: list[Any] | None) -> list[Any] | None:
    # `[words]()` leads nowhere: the words stay.
    if not tokens:
        return tokens
    kept, is_empty = [], False
    for token in tokens:
        if token.type == "link_open":
            is_empty = not token.attrGet("href")
        if not (is_empty and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept


@cache
def _reader() -> MarkdownIt:
    # Pages that show no article need not know how.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    reader = MarkdownIt("commonmark", {"html": False})
    reader.disable(["image", "html_block", "html_inline"])
    reader.validateLink = _is_safe  # type: ignore[method-assign]
    reader.block.ruler.before("paragraph", "piece", _piece, {"alt": ["paragraph"]})
    reader.add_render_rule("link_open", _link)
    reader.add_render_rule("fence", _fence)
    return reader


def _piece(state: StateBlock, line: int, _last: int, silent: bool) -> bool:
    """A line of its own that names a card or a picture, outside lists and quotations."""
    if state.level or state.parentType not in ("root", "paragraph"):
        return False
    start = state.bMarks[line] + state.tShift[line]
    match = _PIECE.fullmatch(state.src[start:state.eMarks[line]].rstrip())
    if match is None or state.sCount[line] - state.blkIndent >= 4:
        return False
    if not silent:
        state.line = line + 1
        token = state.push(match[1], "", 0)
        token.content, token.map = match[2], [line, line + 1]
    return True


def _is_safe(url: str) -> bool:
    if not url.lower().startswith("https://") or len(url) > 1000:
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _link(self: Any, tokens: Any, place: int, options: Any, env: Any) -> str:
    # Whatever an author links to is no recommendation that the hub pays for.
    tokens[place].attrSet("rel", "nofollow noopener")
    return str(self.renderToken(tokens, place, options, env))


def _fence(self: Any, tokens: Any, place: int, options: Any, env: Any) -> str:
    # The word behind a fence would become a class: it is of no use here.
    tokens[place].info = ""
    return str(type(self).fence(self, tokens, place, options, env))


class _Lock(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        _must(tag in ALLOWED, tag)
        for name, value in attrs:
            _must(name in ALLOWED[tag], f"{tag} {name}")
            _must(name != "href" or _is_safe(value or ""), "href")
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        _must(bool(self.open) and self.open.pop() == tag, f"/{tag}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        _must(tag in ("br", "hr") and not attrs, tag)

    def handle_comment(self, data: str) -> None:
        _must(False, "comment")

    def handle_decl(self, decl: str) -> None:
        _must(False, "declaration")

    def handle_pi(self, data: str) -> None:
        _must(False, "instruction")


def _check(html: str) -> None:
    lock = _Lock()
    lock.feed(html)
    lock.close()
    _must(not lock.open, "an open tag")


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(f"an article became something that it may not be: {what[:40]}")
