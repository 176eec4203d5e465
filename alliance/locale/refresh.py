"""Gather every text that pages say into the catalogues: `python -m alliance.locale.refresh`.

Translations are kept; texts that nobody says any more are dropped, new ones stand empty.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from alliance.rules.sentences import TEMPLATES
from alliance.web.refusals import REFUSALS
from alliance.web.saying import VOICE

FOLDER = Path(__file__).parent
WEB = FOLDER.parent / "web"
TRANSLATED = ("zh_Hans", "zh_Hant", "lv")

WRITTEN = datetime(2026, 11, 21, tzinfo=UTC)
"""No date of the clock: only news in the texts may make a difference."""

_METHODS = [("admin/**.py", "python"), ("*.py", "python"),
            ("templates/**.html", "jinja2.ext.babel_extract")]
_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
_OPTIONS = {"templates/**.html": {"trimmed": "false", "silent": "false"}}


def main() -> None:
    """Write the catalogues anew."""
    gathered = spoken()
    for locale in TRANSLATED:
        path = FOLDER / locale / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(_merged(gathered, locale, path)))


def spoken() -> Catalog:
    """Every message of code, templates and the law, in a fixed order."""
    catalogue = Catalog(project="alliance", charset="utf-8")
    found = extract_from_dir(WEB, _METHODS, _OPTIONS, _KEYWORDS, directory_filter=_wanted)
    for file, _line, message, _comments, _context in found:
        if not Path(file).name.startswith("shop_"):
            catalogue.add(message, locations=[(f"web/{file}", 0)])
    for code in TEMPLATES:
        catalogue.add(VOICE.get(code) or TEMPLATES[code], locations=[("rules/sentences.py", 0)])
    for sentence in REFUSALS.values():
        catalogue.add(sentence, locations=[("web/refusals.py", 0)])
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file without line numbers, so that only news makes a difference."""
    out = BytesIO()
    write_po(out, catalogue, omit_header=False, sort_output=True, include_lineno=False, width=100)
    return out.getvalue()


def _wanted(folder: str) -> bool:
    return Path(folder).name not in ("static", "shops", "__pycache__")


def _merged(gathered: Catalog, locale: str, path: Path) -> Catalog:
    before = Catalog(locale=locale)
    if path.is_file():
        with path.open("rb") as source:
            before = read_po(source, locale=locale)
    after = Catalog(
        locale=locale, project="merchant-alliance-hub", version="1", charset="utf-8", fuzzy=False,
        header_comment=f"# What the hub's pages say in {locale}; made by alliance.locale.refresh.",
        msgid_bugs_address="see SECURITY.md and CONTRIBUTING.md", creation_date=WRITTEN,
        revision_date=WRITTEN, last_translator="the maintainers", language_team=locale)
    for message in gathered:
        if message.id:
            known = before.get(message.id)
            after.add(message.id, known.string if known else None, locations=message.locations,
                      flags=message.flags)
    return after


if __name__ == "__main__":
    main()
