"""Markdown becomes a short list of tags, and what a hostile author writes stays text."""

from __future__ import annotations

import re

import pytest

from alliance.content import rendering
from alliance.content.rendering import CARD, PICTURE, TEXT
from tests.hostile_words import PAYLOADS

HARMLESS = {"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "em", "strong", "blockquote", "ul", "ol",
            "li", "code", "pre", "a"}


def shown(body: str) -> list[tuple[str, str]]:
    return [(part.kind, part.ref or part.html.text.strip()) for part in rendering.parts(body)]


def test_an_article_is_text_between_cards_and_pictures() -> None:
    found = shown("# Soft *first*\n\nWash it.\n[card: SKU-1]\nThen\n\n[picture: ast_9]\n\n1. one\n")

    assert found == [
        (TEXT, "<h2>Soft <em>first</em></h2>\n<p>Wash it.</p>"), (CARD, "SKU-1"),
        (TEXT, "<p>Then</p>"), (PICTURE, "ast_9"), (TEXT, "<ol>\n<li>one</li>\n</ol>")]


@pytest.mark.parametrize("body", [
    "> [card: A]", "- [card: A]", "    [card: A]", "```\n[card: A]\n```", "x [card: A]",
    "[card: A] y", "[card: ]", "[card A]", "[kard: A]"])
def test_a_card_stands_alone_on_its_line(body: str) -> None:
    assert rendering.named(body) == []


def test_the_cards_of_an_article_are_named_once_each_in_order() -> None:
    body = "[card: B]\n\n[card:A]\n\n[card: B]\n\n[picture: ast_1]"

    assert rendering.named(body) == [(CARD, "B"), (CARD, "A"), (PICTURE, "ast_1")]


@pytest.mark.parametrize(("body", "html"), [
    ("[x](https://a.example/?a=1&b=2)",
     '<p><a href="https://a.example/?a=1&amp;b=2" rel="nofollow noopener">x</a></p>'),
    ("[x](http://a.example)", "<p>[x](http://a.example)</p>"),
    ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ("[x](https://who@a.example)", "<p>[x](https://who@a.example)</p>"),
    ("[x](/orders)", "<p>[x](/orders)</p>"), ("[x]()", "<p>x</p>"),
    ("<https://a.example>", '<p><a href="https://a.example" rel="nofollow noopener">'
                            "https://a.example</a></p>"),
    ("![x](https://a.example/x.png)",
     '<p>!<a href="https://a.example/x.png" rel="nofollow noopener">x</a></p>'),
    ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>"),
    ("```js onload=x\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
    ("# a\n## b\n###### c", "<h2>a</h2>\n<h2>b</h2>\n<h6>c</h6>")])
def test_only_harmless_addresses_and_no_html_pass(body: str, html: str) -> None:
    assert shown(body) == [(TEXT, html)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_somebody_writes_gets_past_the_list_of_tags(payload: str) -> None:
    for body in (payload, f"# {payload}", f"[{payload}](https://a.example)", f"> {payload}",
                 f"[x](https://a.example \"{payload}\")", f"```{payload}\n{payload}\n```",
                 f"[x](<https://a.example/{payload}>)", f"- {payload}", f"`{payload}`",
                 f"[x][y]\n\n[y]: {payload}", f"<https://{payload}>", f"![{payload}]({payload})"):
        tags = {tag for kind, html in shown(body) if kind == TEXT
                for tag in re.findall(r"</?([^\s>/]*)", html)}
        assert tags <= HARMLESS


@pytest.mark.parametrize("html", [
    "<script>", "<p onclick=x></p>", "<a href='javascript:x'>x</a>", "<img src=x>", "<p>",
    "<!-- x -->", "<?x?>", "<svg/onload=x>", "<a href='//x.example'>x</a>", "</p>",
    "<ol style=x></ol>", "<!doctype html>"])
def test_the_second_lock_holds_what_the_first_would_let_through(html: str) -> None:
    with pytest.raises(AssertionError, match="may not be"):
        rendering._check(html)
