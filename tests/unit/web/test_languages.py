"""Every text of the pages is there in each language, and sentences keep their numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from alliance.locale import refresh
from alliance.rules.attribution import Reason
from alliance.rules.sentences import TEMPLATES
from alliance.web import i18n, words
from alliance.web.refusals import REFUSALS
from alliance.web.saying import VOICE
from tests import surface

EATEN = re.compile(r"(?<!%)%(?!\(\w+\)s|%)")
FIELDS = re.compile(r"%\(\w+\)s|\{\w+\}|</?strong>")


@pytest.mark.parametrize("locale", refresh.TRANSLATED)
def test_nothing_that_pages_say_is_left_in_english(locale: str) -> None:
    catalogue = _catalogue(locale)
    silent = [message.id for message in refresh.spoken()
              if message.id and not _said(catalogue.get(message.id))]

    assert silent == []


@pytest.mark.parametrize("locale", refresh.TRANSLATED)
def test_catalogues_hold_what_is_said_and_nothing_else(locale: str) -> None:
    said = {message.id for message in refresh.spoken()}
    kept = {message.id for message in _catalogue(locale)}

    assert kept == said, "run `python -m alliance.locale.refresh`"


@pytest.mark.parametrize("locale", refresh.TRANSLATED)
def test_translations_keep_every_value(locale: str) -> None:
    changed = []
    for message in _catalogue(locale):
        singular = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        changed += [singular for form in forms if message.id
                    and set(FIELDS.findall(singular)) != set(FIELDS.findall(form))]

    assert changed == []


@pytest.mark.parametrize("locale", refresh.TRANSLATED)
def test_no_percent_sign_is_eaten_by_the_formatting_of_templates(locale: str) -> None:
    # A template's text is always formatted: "5 % of all" would come out without its "of".
    eaten = []
    for message in _catalogue(locale):
        if any(place.startswith("web/templates/") for place, _ in message.locations):
            forms = (message.string,) if isinstance(message.string, str) else message.string
            texts = (*([message.id] if isinstance(message.id, str) else message.id), *forms)
            eaten += [text for text in texts if EATEN.search(text.replace("%%", ""))]

    assert eaten == []


@pytest.mark.parametrize("locale", i18n.LANGUAGES)
def test_every_sentence_of_the_law_can_be_said(locale: str) -> None:
    speaking = i18n.translations(locale)
    unsaid = [code for code in TEMPLATES
              if not speaking.ugettext(VOICE.get(code) or TEMPLATES[code]).strip()]

    assert unsaid == []


def test_the_pages_voice_speaks_of_codes_that_the_law_has() -> None:
    assert set(VOICE) - set(TEMPLATES) == set()


def test_each_reason_has_a_word() -> None:
    assert {f"reason.{reason}" for reason in Reason} - set(words.WORDS) == set()


def test_refusals_are_told_in_the_reference() -> None:
    told = surface.told(surface.ROOT / "docs" / "reference" / "errors.md")

    assert set(REFUSALS) - told == set()


@pytest.mark.parametrize(("tag", "locale"), [
    ("zh-CN", "zh_Hans"), ("zh", "zh_Hans"), ("zh-TW", "zh_Hant"), ("zh-Hant-HK", "zh_Hant"),
    ("lv-LV", "lv"), ("en-GB", "en"), ("de", None), ("", None)])
def test_a_language_tag_means_one_of_ours_or_none(tag: str, locale: str | None) -> None:
    assert i18n.known(tag) == locale


def _said(message: object) -> bool:
    string = getattr(message, "string", None)
    return bool(string) and (isinstance(string, str) or all(string))


def _catalogue(locale: str):  # type: ignore[no-untyped-def]
    path = Path(refresh.FOLDER, locale, "LC_MESSAGES", "messages.po")
    with path.open("rb") as source:
        return read_po(source, locale=locale)
