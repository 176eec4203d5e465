"""How a link was followed: by whom, and whether a person asked for it (T8)."""

from __future__ import annotations

from html import escape
from typing import Any

ASKED, UNSAID, UNASKED = "asked", "unsaid", "unasked"
"""The manners of a click: a gesture on the page, a browser that does not say, a frame or picture
or script."""

KEPT = frozenset({ASKED, UNSAID, UNASKED})

AHEAD, GESTURELESS, HEAD, OTHER = "ahead", "gestureless", "head", "other"
"""What is no click: a browser reading ahead; a page that opened the link by itself; a program that
only wants to know where it leads; and what is no way to follow a link at all."""

LONGEST_LANGUAGES = 200

_AHEAD_WORDS = ("prefetch", "prerender", "preview")
_CONTINUE = {
    "en": ("en", "Continue to {shop}", "You are about to open another shop."),
    "zh_Hans": ("zh-Hans", "前往 {shop}", "即将打开另一家店铺。"),
    "zh_Hant": ("zh-Hant", "前往 {shop}", "即將開啟另一家商店。"),
    "lv": ("lv", "Turpināt uz {shop}", "Tiks atvērts cits veikals."),
}
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{said}</title></head>
<body><main><p>{why}</p><p><a href="{path}">{said}</a></p></main></body></html>
"""


def manner(environ: dict[str, Any]) -> str:
    """One of the manners of a click, or what is no click."""
    get = environ.get
    if (get("HTTP_SEC_FETCH_USER") == "?1" and get("HTTP_SEC_FETCH_DEST") == "document"
            and get("HTTP_SEC_FETCH_MODE") == "navigate" and get("REQUEST_METHOD") == "GET"
            and "HTTP_SEC_PURPOSE" not in environ
            and "HTTP_PURPOSE" not in environ and "HTTP_X_MOZ" not in environ):
        return ASKED
    mode, dest = get("HTTP_SEC_FETCH_MODE"), get("HTTP_SEC_FETCH_DEST")
    if get("REQUEST_METHOD") != "GET":
        return HEAD if get("REQUEST_METHOD") == "HEAD" else OTHER
    if _is_ahead(environ):
        return AHEAD
    if mode is None and dest is None:
        return UNSAID
    if (dest is not None and dest != "document") or (mode is not None and mode != "navigate"):
        return UNASKED
    return ASKED if get("HTTP_SEC_FETCH_USER") == "?1" else GESTURELESS


def _is_ahead(environ: dict[str, Any]) -> bool:
    said = " ".join([str(environ.get(name, "")) for name in (
        "HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")]).lower()
    return any(word in said for word in _AHEAD_WORDS)


def continue_page(shop: str, path: str, languages: str) -> bytes:
    """A page with one link to the same address, whose click carries the gesture."""
    lang, said, why = _CONTINUE[preferred(languages)]
    return _PAGE.format(lang=lang, said=escape(said.format(shop=shop)), why=escape(why),
                        path=escape(path)).encode()


def preferred(languages: str) -> str:
    """The locale of ours that a browser likes best (`Accept-Language`)."""
    wishes = []
    for place, part in enumerate(languages[:LONGEST_LANGUAGES].split(",")):
        tag, _, weight = part.partition(";")
        said = weight.strip().removeprefix("q=")
        try:
            quality = float(said) if said else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0 and tag.strip().lower()[:2] in ("en", "zh", "lv"):
            wishes.append((-quality, place, locale_of(tag.strip())))
    return min(wishes)[2] if wishes else "en"


def locale_of(text: str) -> str:
    """The locale of ours that a language tag comes nearest to."""
    word = text.replace("_", "-").lower()
    if word.startswith("zh"):
        return "zh_Hant" if any(mark in word for mark in ("hant", "tw", "hk", "mo")) else "zh_Hans"
    return "lv" if word.startswith("lv") else "en"
