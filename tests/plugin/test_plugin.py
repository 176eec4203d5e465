"""The plugin in PHP itself: its syntax, its own tests, its proofs beside ours, and its zip."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

from alliance.connect import purchase_proofs
from alliance.connect.purchase_proofs import Purchase
from alliance.core.money import Currency, Money
from tests.needs import missing
from tests.plugin.php import FILES, PLUGIN, SLUG
from tests.plugin.zipping import build, words

PHP_TESTS = PLUGIN.parent / "tests"
GET = "apt-get install php-cli php-xml php-mbstring phpunit"
SECRET = bytes.fromhex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
PLACED = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

PURCHASES = {
    "EUR": ([("101", "33.45", "6.35"), ("102", "8.318319", "1.580481")], [3980, 990]),
    "JPY": ([("7", "4231.00", "803.91"), ("8", "100", "0")], [5035, 100]),
    "BHD": ([("55", "1.234", "0.001"), ("56", "0.0005", "0")], [1235, 1]),
}
"""By currency: lines as WooCommerce keeps them (product, net, tax), and what was paid in all."""


def test_every_file_is_php() -> None:
    files = [*FILES, *sorted(PHP_TESTS.rglob("*.php"))]

    said = [_php("-l", str(path)) for path in files]

    assert len(files) > 30
    assert [text for text in said if not text.startswith("No syntax errors")] == []


def test_the_plugins_own_tests_pass() -> None:
    phpunit = shutil.which("phpunit")
    if phpunit is None:
        missing("phpunit", "the plugin's stories are told in PHP.", GET)

    done = subprocess.run([phpunit, "--configuration", str(PHP_TESTS / "phpunit.xml")],
                          capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"OK \((\d+) tests", done.stdout + done.stderr)
    assert counted
    assert int(counted[1]) > 100


@pytest.mark.parametrize("currency", PURCHASES)
def test_a_proof_in_php_is_the_proof_in_python_byte_for_byte(currency: str) -> None:
    lines, paid = PURCHASES[currency]
    told = json.dumps({"id": 1001, "currency": currency, "placed": int(PLACED.timestamp()),
                       "secret": SECRET.hex(), "lines": lines})
    unit = Currency(currency)
    purchase = Purchase("1001", unit, PLACED, tuple(
        (ref, Money(minor, unit)) for (ref, _, _), minor in zip(lines, paid, strict=True)))

    proof = _php(str(PHP_TESTS / "prove.php"), told=told)

    assert proof == purchase_proofs.prove(SECRET, purchase)
    assert purchase_proofs.check(proof, SECRET, PLACED) == purchase


def test_the_zip_is_the_same_each_time_and_holds_what_a_shop_needs(tmp_path: Path) -> None:
    script = b"/* the elements */"
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"

    build.write(one, dict(build.contents(script)))
    build.write(other, dict(reversed(list(build.contents(script)))))

    assert one.read_bytes() == other.read_bytes()
    archive = zipfile.ZipFile(BytesIO(one.read_bytes()))
    names = archive.namelist()
    assert names == sorted(names)
    assert {f"{SLUG}/{path.relative_to(PLUGIN).as_posix()}" for path in FILES} <= set(names)
    assert {f"{SLUG}/{name}" for name in (
        "readme.txt", "changelog.txt", "LICENSE.txt", "uninstall.php", "source/src/slate.ts",
        "blocks/card/block.json", f"languages/{SLUG}-zh_TW.mo")} <= set(names)
    assert archive.read(f"{SLUG}/assets/alliance-elements.js") == script
    assert b"GNU GENERAL PUBLIC LICENSE" in archive.read(f"{SLUG}/LICENSE.txt")
    assert {entry.date_time for entry in archive.infolist()} == {build.WHEN}
    assert not [name for name in names if "/tests/" in name or "/." in name or "/admin/" in name]


def test_without_the_elements_the_zip_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(build.NotBuilt, match="make assets"):
        build.elements(tmp_path)
    (tmp_path / "manifest.json").write_text(
        '{"plugin.js": {"file": "plugin/alliance-elements.js"}}')
    with pytest.raises(build.NotBuilt, match="is not there"):
        build.elements(tmp_path)


def test_every_text_is_said_in_every_language() -> None:
    said = {(message.id, message.context) for message in words.spoken() if message.id}
    assert len(said) > 100

    for language in words.LANGUAGES:
        catalogue = words.catalogue_of(language)
        told = {(each.id, each.context): each.string for each in catalogue if each.id}
        assert set(told) == said, language
        assert [text for text, string in told.items() if not string] == [], language
        assert [text for text, string in told.items()
                if text[0].count("%s") != string.count("%s")] == [], language
        assert not any(each.fuzzy for each in catalogue if each.id), language


def test_the_gathered_texts_are_what_is_committed() -> None:
    template = PLUGIN / "languages" / f"{SLUG}.pot"

    assert template.read_bytes() == words.template()


def test_no_text_is_said_in_a_way_that_is_not_gathered() -> None:
    says = re.compile(r"\b(?:esc_html|esc_attr)?_(?:_|e|x|n|nx|ex|html_x|attr_x)\(")
    found = sum(len(says.findall(path.read_text(encoding="utf-8"))) for path in FILES)
    gathered = sum(1 for _ in words.texts() if _[2].endswith(".php")) - len(words.HEADER)

    assert found == gathered


def test_a_compiled_translation_says_what_its_source_says() -> None:
    compiled = {each.id: (each.context, each.string)
                for each in read_mo(BytesIO(words.compiled("zh_TW")))}

    assert compiled["Who recommended us?"] == (None, "是誰推薦了我們？")
    assert compiled["Alliance card"] == (b"block title", "聯盟卡片")


def _php(*arguments: str, told: str = "") -> str:
    php = shutil.which("php")
    if php is None:
        missing("php", "the plugin is written in PHP.", GET)
    done = subprocess.run([php, "-d", "display_errors=1", *arguments], input=told, text=True,
                          capture_output=True, timeout=60, check=False)
    return done.stdout.strip()
