"""The theme extension by the rules of Shopify, and by those that its own check does not know."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shopify_app.node import Stage

TARGETS = {"section", "head", "body", "compliance_head"}
SETTING_TYPES = {"checkbox", "number", "radio", "range", "select", "text", "textarea", "paragraph",
                 "header"}
"""Those that this app uses or may use; Shopify knows more."""
LONGEST_NAME = 25
LANGUAGES = ("en.default", "lv", "zh-CN", "zh-TW")
_SCHEMA = re.compile(r"{%-?\s*schema\s*-?%}(.*?){%-?\s*endschema\s*-?%}", re.DOTALL)


@pytest.fixture(scope="module")
def rules(node: str) -> Iterator[Stage]:
    """Shopify's own check of themes."""
    with Stage(node, "theme") as stage:
        yield stage


def test_shopifys_own_check_has_nothing_to_say(rules: Stage, theme: Path) -> None:
    assert rules.play(folder=str(theme)) == []


@pytest.mark.parametrize(("file", "before", "after", "check"), [
    ("blocks/slate.liquid", "'editor.no_placement'", "'editor.no_such_word'",
     "TranslationKeyExists"),
    *(pytest.param(*each, marks=pytest.mark.long) for each in [
        ("blocks/carry.liquid", "alliance-carry.js", "alliance-gone.js", "MissingAsset"),
        ("blocks/carry.liquid", "\n  defer\n", "\n", "ParserBlockingScript"),
        ("blocks/bundle.liquid", "| modulo", "| no_such_filter", "UndefinedObject|UnknownFilter"),
        ("locales/lv.json", "no_card_yet", "no_card_ever", "MatchingTranslations"),
    ]),
])
def test_shopifys_own_check_would_have_seen_it(
        rules: Stage, theme: Path, tmp_path: Path, file: str, before: str, after: str,
        check: str) -> None:
    careless = _changed(theme, tmp_path, file, before, after)

    assert [each for each in rules.play(folder=str(careless)) if re.match(check, each)]


def test_blocks_keep_the_rules_that_shopifys_check_does_not_know(theme: Path) -> None:
    assert list(_offences(theme)) == []
    assert {path.stem: _schema(path)["target"] for path in _blocks(theme)} == {
        "slate": "section", "bundle": "section", "article": "section", "carry": "head"}


@pytest.mark.parametrize(("file", "before", "after", "says"), [
    ("blocks/slate.liquid", '"target": "section",', '"target": "section"', "is no JSON"),
    ("blocks/slate.liquid", '"target": "section"', '"target": "footer"', "target footer"),
    ("blocks/slate.liquid", '"type": "select"', '"type": "choose"', "setting type choose"),
    ("blocks/slate.liquid", "block.settings.layout", "block.settings.lay_out", "lay_out"),
    ("blocks/slate.liquid", '"id": "seller_note"', '"id": "note"', "seller_note"),
    ("blocks/slate.liquid", '"t:settings.layout.row"', '"t:settings.layout.rows"', "layout.rows"),
    ("blocks/slate.liquid", '"t:settings.layout.row"', '"In a row"', "In a row"),
    ("blocks/slate.liquid", "{{ block.shopify_attributes }}", "", "shopify_attributes"),
    ("blocks/slate.liquid", "{{ id | escape }}", "{{ id }}", "id is not escaped"),
    ("locales/lv.schema.json", "Sabiedroto preces", "Visas sabiedroto veikalu preces",
     "is too long"),
])
def test_a_careless_block_is_caught(theme: Path, tmp_path: Path, file: str, before: str,
                                    after: str, says: str) -> None:
    careless = _changed(theme, tmp_path, file, before, after)

    assert [each for each in _offences(careless) if says in each]


@pytest.mark.parametrize("folder", ["alliance-theme/locales", "alliance-claim/locales"])
def test_every_language_says_every_word_with_the_same_gaps(theme: Path, folder: str) -> None:
    place = theme.parent / folder
    kinds = [kind for kind in ("", ".schema") if (place / f"lv{kind}.json").is_file()]
    for kind in kinds:
        said = {language: _flat(json.loads((place / f"{language}{kind}.json").read_text()))
                for language in LANGUAGES}
        english = said["en.default"]
        assert english
        for language, words in said.items():
            assert words.keys() == english.keys(), language
            assert [key for key, text in words.items() if not text.strip()] == []
            assert [key for key, text in words.items() if _gaps(text) != _gaps(english[key])] == []
            assert language == "en.default" or [
                key for key, text in words.items() if text == english[key]] == []
    assert {path.name.partition(".")[0] for path in place.iterdir()} == {
        language.partition(".")[0] for language in LANGUAGES}


def test_every_word_of_the_gifts_is_said_somewhere_and_none_is_missing(theme: Path) -> None:
    claim = theme.parent / "alliance-claim"
    code = "".join(path.read_text() for path in sorted((claim / "src").glob("*.ts*")))
    words = _flat(json.loads((claim / "locales" / "en.default.json").read_text()))
    said = set(re.findall(r'say\("(\w+)"', code)) | {"name", "copied", "copy"}
    problems = set(re.findall(r'"(\w+)"', re.findall(r"PROBLEMS = \[(.*?)\]", code)[0]))

    assert said | problems | {"offline"} == set(words)


def test_no_script_or_style_is_heavier_than_allowed(theme: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in (theme / "assets").iterdir()}

    assert sorted(sizes) == ["alliance-bundle.js", "alliance-carry.js", "alliance-gifts.js",
                             "alliance-slate.js", "alliance.css", "alliance.js"]
    assert {name: size for name, size in sizes.items() if size > 10_000} == {}


def _offences(theme: Path) -> Iterator[str]:
    words = {language: _flat(json.loads((theme / "locales" / f"{language}.schema.json")
                                        .read_text())) for language in LANGUAGES}
    for path in _blocks(theme):
        try:
            schema = _schema(path)
        except ValueError as error:
            yield f"{path.stem}: its schema is no JSON: {error}"
            continue
        yield from (f"{path.stem}: {each}" for each in _block_offences(
            path.read_text(), schema, words))


def _block_offences(text: str, schema: dict[str, Any],
                    words: dict[str, dict[str, str]]) -> Iterator[str]:
    if schema["target"] not in TARGETS:
        yield f"target {schema['target']}"
    if schema["target"] == "section" and "{{ block.shopify_attributes }}" not in text:
        yield "it has no shopify_attributes: the editor cannot find it"
    yield from (f"setting type {each['type']}" for each in schema["settings"]
                if each["type"] not in SETTING_TYPES)
    declared = {each["id"] for each in schema["settings"] if "id" in each}
    used = set(re.findall(r"block\.settings\.(\w+)", text))
    yield from (f"{name} is used and declared nowhere, or the other way round"
                for name in declared ^ used)
    for said in _texts(schema):
        key = said.removeprefix("t:")
        if key == said or any(key not in each for each in words.values()):
            yield f"{said} is not said in every language"
    yield from (f"its name is too long in {language}" for language, each in words.items()
                if len(each.get(schema["name"].removeprefix("t:"), "")) > LONGEST_NAME)
    for output in re.findall(r"{{-?\s*((?:id|asset|heading|block\.settings|cart\.attributes)"
                             r"[^}]*?)\s*-?}}", text):
        if not output.endswith("| escape"):
            yield f"{output} is not escaped"


def _blocks(theme: Path) -> list[Path]:
    return sorted((theme / "blocks").glob("*.liquid"))


def _schema(path: Path) -> dict[str, Any]:
    found = _SCHEMA.findall(path.read_text())
    if len(found) != 1:
        raise ValueError(f"{len(found)} schemas")
    read: dict[str, Any] = json.loads(found[0])
    return read


def _texts(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _texts(each)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key in {"name", "label", "info", "content"}:
                yield value
            else:
                yield from _texts(value)


def _flat(words: dict[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        found |= _flat(value, f"{before}{key}.") if isinstance(value, dict) \
            else {f"{before}{key}": value}
    return found


def _gaps(text: str) -> list[str]:
    return sorted(re.findall(r"{{\w+}}|(?:plc|ast)_", text))


def _changed(theme: Path, tmp_path: Path, file: str, before: str, after: str) -> Path:
    careless = tmp_path / "careless"
    shutil.copytree(theme, careless)
    text = (careless / file).read_text()
    assert before in text
    (careless / file).write_text(text.replace(before, after))
    return careless
