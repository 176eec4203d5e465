"""The plugin's texts, gathered into its catalogues: `python connectors/woocommerce/words.py`.

Translations are kept; texts that nobody says any more are dropped, new ones stand empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SLUG = "alliance-for-woocommerce"
PLUGIN = Path(__file__).parent / "plugin" / SLUG
LANGUAGES = ("lv", "zh_CN", "zh_TW")

WRITTEN = datetime(2026, 11, 21, tzinfo=UTC)
"""No date of the clock: only news in the texts may make a difference."""

HEADER = {
    "Plugin Name": "Plugin Name of the plugin",
    "Description": "Description of the plugin",
}
BLOCK_WORDS = {"title": "block title", "description": "block description"}
"""Under these contexts WordPress looks up what a `block.json` says."""

_SAID = re.compile(
    r"(?:/\*\s*translators:\s*(?P<note>[^*]+?)\s*\*/\s*(?:[^;(]*\()*?\s*)?"
    r"\b(?:esc_html|esc_attr)?_(?:_|e)\(\s*'(?P<text>(?:[^'\\]|\\.)*)',\s*'" + SLUG + r"'\s*\)")


def main() -> None:
    """Write the catalogues anew."""
    said = spoken()
    folder = PLUGIN / "languages"
    (folder / f"{SLUG}.pot").write_bytes(template())
    for language in LANGUAGES:
        path = folder / f"{SLUG}-{language}.po"
        path.write_bytes(written(_filled(said, language)))


def spoken() -> Catalog:
    """Every text of PHP, blocks and the plugin's header, in a fixed order."""
    catalogue = Catalog(charset="utf-8")
    for text, context, file, note in texts():
        catalogue.add(text, context=context, locations=[(file, 0)],
                      auto_comments=[f"translators: {note}"] if note else [],
                      flags=["php-format"] if "%s" in text else [])
    return catalogue


def template() -> bytes:
    """What translators begin with."""
    return written(_filled(spoken(), None))


def catalogue_of(language: str) -> Catalog:
    """The committed translation into one language."""
    with (PLUGIN / "languages" / f"{SLUG}-{language}.po").open("rb") as source:
        return read_po(source, locale=language)


def compiled(language: str) -> bytes:
    """A translation as WordPress reads it."""
    out = BytesIO()
    write_mo(out, catalogue_of(language))
    return out.getvalue()


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file without line numbers, so that only news makes a difference."""
    out = BytesIO()
    write_po(out, catalogue, omit_header=False, sort_output=True, include_lineno=False, width=100)
    return out.getvalue()


def texts() -> Iterator[tuple[str, str | None, str, str]]:
    """Each text with its context, file and note, in the order in which they are said."""
    main_file = (PLUGIN / f"{SLUG}.php").read_text(encoding="utf-8")
    for name in HEADER:
        found = re.search(rf"^ \* {name}:\s+(.+)$", main_file, re.MULTILINE)
        if found:
            yield found[1], None, f"{SLUG}.php", f"{HEADER[name]}."
    for path in sorted(PLUGIN.rglob("*.php")):
        for said in _SAID.finditer(path.read_text(encoding="utf-8")):
            text = re.sub(r"\\(['\\])", r"\1", said["text"])
            yield text, None, path.relative_to(PLUGIN).as_posix(), said["note"] or ""
    for path in sorted(PLUGIN.glob("blocks/*/block.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        for key, context in BLOCK_WORDS.items():
            yield told[key], context, path.relative_to(PLUGIN).as_posix(), ""


def _filled(said: Catalog, language: str | None) -> Catalog:
    path = PLUGIN / "languages" / f"{SLUG}-{language}.po"
    before = catalogue_of(language) if language and path.is_file() else Catalog()
    name = language or "any language"
    after = Catalog(
        locale=language, project="Alliance for WooCommerce", version="0", charset="utf-8",
        fuzzy=False, msgid_bugs_address="see the project's CONTRIBUTING.md", creation_date=WRITTEN,
        revision_date=WRITTEN, last_translator="the maintainers", language_team=name,
        header_comment=f"# What the plugin says, in {name}; made by connectors/woocommerce/words.py"
                       "\n# Licence: GPL-2.0-or-later")
    for message in said:
        if message.id:
            known = before.get(message.id, message.context)
            after.add(message.id, known.string if known else None, context=message.context,
                      locations=message.locations, flags=message.flags,
                      auto_comments=message.auto_comments)
    return after


if __name__ == "__main__":
    main()
