"""What the operator of a hub gets to deploy: filled in, whole, the same each time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from tests.shopify_app.conftest import CLIENT_ID, HUB
from tests.shopify_app.packages import APP, ROOT
from tests.widgets.shop import built


def test_hub_id_and_name_are_filled_in_everywhere(app: Path) -> None:
    texts = {path.relative_to(app).as_posix(): path.read_text() for path in _files(app)
             if path.suffix != ".png"}
    settings = texts["shopify.app.toml"]

    assert [name for name, text in texts.items() if "hub.invalid" in text] == []
    assert [name for name, text in texts.items() if HUB in text] == [
        "extensions/alliance-claim/src/desk.ts",
        "extensions/alliance-theme/snippets/alliance-elements.liquid", "shopify.app.toml"]
    assert f'client_id = "{CLIENT_ID}"\nname = "Our alliance"\nhandle = "our-alliance"\n' \
        in settings


def test_the_theme_has_the_built_scripts_themselves(theme: Path, build: ModuleType) -> None:
    for name, called in build.SCRIPTS.items():
        assert (theme / "assets" / called).read_bytes() == built(name), name


def test_the_same_words_give_the_same_app(app: Path, build: ModuleType, tmp_path: Path) -> None:
    other = tmp_path / "again"
    (other / "extensions" / "left-over").mkdir(parents=True)
    (other / "left-over.txt").write_text("of an older version")
    (other / "node_modules").mkdir()
    (other / "node_modules" / "fetched.js").write_text("stays")

    assert build.main([f"{HUB}/", CLIENT_ID, "our-alliance", str(other)]) == 0

    assert (other / "node_modules" / "fetched.js").is_file()
    assert _digests(other) == _digests(app)


@pytest.mark.parametrize(("hub", "client_id", "handle", "says"), [
    ("http://hub.example", CLIENT_ID, "our-alliance", "begins with https"),
    ("hub.example", CLIENT_ID, "our-alliance", "begins with https"),
    ("", CLIENT_ID, "our-alliance", "begins with https"),
    ("https://me:word@hub.example", CLIENT_ID, "our-alliance", "begins with https"),
    ('https://hub.example"onload=', CLIENT_ID, "our-alliance", "begins with https"),
    ("https://hub.example?x=1", CLIENT_ID, "our-alliance", "begins with https"),
    ("https://hub.example\n", CLIENT_ID, "our-alliance", "begins with https"),
    ("https://hub.invalid", CLIENT_ID, "our-alliance", "begins with https"),
    (HUB, "", "our-alliance", "client id"),
    (HUB, CLIENT_ID + "\n", "our-alliance", "client id"),
    (HUB, 'x"\nname = "y', "our-alliance", "client id"),
    (HUB, CLIENT_ID, "Our alliance", "name in addresses"),
    (HUB, CLIENT_ID, "our--alliance", "name in addresses"),
    (HUB, CLIENT_ID, "a" * 31, "name in addresses"),
])
def test_what_would_build_somebody_elses_app_or_none_is_refused(
        build: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        hub: str, client_id: str, handle: str, says: str) -> None:
    target = tmp_path / "app"

    assert build.main([hub, client_id, handle, str(target)]) == 1

    assert says in capsys.readouterr().err
    assert not target.exists()


def test_too_few_words_say_which_are_needed(
        build: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main([HUB]) == 1
    assert "HUB=https://…, CLIENT_ID=… and HANDLE=…" in capsys.readouterr().err


def test_without_built_scripts_it_says_what_to_do(build: ModuleType, tmp_path: Path) -> None:
    whose = build.operator(HUB, CLIENT_ID, "our-alliance")
    with pytest.raises(build.NotBuilt, match="make assets"):
        dict(build.contents(whose, tmp_path))
    listed = {name: {"file": f"shopify/{name}"} for name in build.SCRIPTS}
    (tmp_path / "manifest.json").write_text(json.dumps(listed))
    with pytest.raises(build.NotBuilt, match="make assets"):
        dict(build.contents(whose, tmp_path))


def test_its_icon_is_what_a_listing_asks_for(app: Path) -> None:
    with Image.open(app / "listing" / "icon.png") as icon:
        assert (icon.format, icon.size, icon.mode) == ("PNG", (1200, 1200), "RGB")
        assert len(icon.getcolors(1 << 20)) > 5


def test_its_packages_are_pinned_by_hash_and_no_host_is_named() -> None:
    lock = json.loads((APP / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    wanted = json.loads((APP / "package.json").read_text())

    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert [name for kind in ("dependencies", "devDependencies")
            for name, version in wanted[kind].items() if not version[0].isdigit()] == []


def test_make_hands_its_words_over() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nshopify:")[2].partition("\n\n")[0]

    assert 'connectors/shopify/build.py "$(HUB)" "$(CLIENT_ID)" "$(HANDLE)"' in recipe


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()
                  and "node_modules" not in path.relative_to(folder).parts)


def _digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in _files(folder)}
