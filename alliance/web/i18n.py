"""Languages: which one a reader gets, and the catalogues, compiled in memory from their .po files.

Nothing has to be compiled beforehand, so pages speak from an empty clone and from a wheel alike.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, request
from flask_babel import Babel, Domain, get_locale

from alliance import locale as catalogues

LANGUAGES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文", "lv": "Latviešu"}
"""The locales that pages speak, each in its own name."""

COOKIE = "lang"

_FOLDER = Path(catalogues.__file__).parent
_ALSO = {"zh": "zh_Hans", "zh_cn": "zh_Hans", "zh_sg": "zh_Hans", "zh_hans_cn": "zh_Hans",
         "zh_tw": "zh_Hant", "zh_hk": "zh_Hant", "zh_mo": "zh_Hant", "zh_hant_tw": "zh_Hant",
         "zh_hant_hk": "zh_Hant"}


class Catalogue(Domain):  # type: ignore[misc]
    """The hub's own messages."""

    def get_translations(self) -> Any:
        """The messages of the language of this request."""
        return translations(str(get_locale()))


def install(app: Flask) -> None:
    """Let the application choose a language for each request and speak it."""
    babel = Babel(app, locale_selector=choose)
    # A cached property: set before anybody asks, it is the domain of every request.
    babel.domain_instance = Catalogue()


def choose() -> str:
    """The signed-in person's language, else the cookie's, else what the browser prefers.

    In the demo one visitor lends four people its eyes, so there it is never the person's.
    """
    person = None if current_app.extensions["alliance"].settings.demo else g.get("person_locale")
    for wanted in (person, request.cookies.get(COOKIE)):
        found = known(wanted or "")
        if found:
            return found
    preferred = [known(tag) or tag for tag in request.accept_languages.values()]
    return negotiate_locale(preferred, list(LANGUAGES)) or "en"


def known(tag: str) -> str | None:
    """The locale of ours that a language tag such as `zh-TW` means, or None."""
    plain = tag.replace("-", "_").lower()
    ours = {name.lower(): name for name in LANGUAGES}
    return ours.get(plain) or _ALSO.get(plain) or ours.get(plain.partition("_")[0])


def tag() -> str:
    """The language of this request as HTML writes it, such as `zh-Hans`."""
    return str(get_locale()).replace("_", "-")


def locale() -> Locale:
    """The language of this request, for formats of numbers and dates."""
    found = get_locale()
    assert isinstance(found, Locale)
    return found


@cache
def translations(name: str) -> Any:
    """A catalogue, compiled in memory; English needs none, since the code speaks it."""
    path = _FOLDER / name / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as source:
        read = read_po(source, locale=name)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled)
