"""The story's shelves and pictures: complete, well-formed, and the same every time."""

from __future__ import annotations

from xml.etree import ElementTree

from alliance.demo_story.pencil import PALETTES
from alliance.demo_story.pictures import DRAWINGS, picture
from alliance.demo_story.profiles import ABOUT, PROFILES
from alliance.demo_story.shelf import SHELVES

DRAWN = {"svg", "rect", "circle", "ellipse", "path", "g"}


def test_the_four_shops_have_a_hundred_articles_with_two_titles_each() -> None:
    articles = [article for shelf in SHELVES.values() for article in shelf]

    assert list(SHELVES) == ["li", "wang", "zhang", "zhao"]
    assert list(SHELVES) == [profile.slug for profile in PROFILES]
    assert len(articles) == 102, "and two that are there to be given"
    assert [a.ref for a in articles if not a.en.isprintable() or not a.zh or a.minor <= 0] == []


def test_no_shop_has_one_ref_or_one_picture_twice() -> None:
    for shelf in SHELVES.values():
        assert len({article.ref for article in shelf}) == len(shelf)
        drawn = {(article.kind, article.palette, article.sign) for article in shelf}
        assert len(drawn) == len(shelf)


def test_every_article_stands_on_a_shelf_of_its_shop() -> None:
    for profile in PROFILES:
        used = {article.category for article in SHELVES[profile.slug]}
        assert used == set(profile.categories)
        assert used <= set(ABOUT)


def test_every_drawing_is_plain_svg_in_every_palette() -> None:
    for kind in DRAWINGS:
        for number, palette in enumerate(PALETTES):
            root = ElementTree.fromstring(picture(kind, palette, "star", number))
            tags = {element.tag.rpartition("}")[2] for element in root.iter()}
            assert tags <= DRAWN, kind


def test_a_picture_is_the_same_every_time() -> None:
    assert picture("onesie", "sage", "leaf", 3) == picture("onesie", "sage", "leaf", 3)
    assert picture("onesie", "sage", "leaf") != picture("onesie", "sage", "bear")
