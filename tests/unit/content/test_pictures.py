"""What is uploaded is a picture and nothing else, or it is refused by its reason."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from PIL import Image

from alliance.content import pictures
from alliance.core.errors import Invalid
from tests import hostile_pictures as hostile


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_what_it_is_with_a_small_copy(kind: str) -> None:
    raw = hostile.plain(kind, (1200, 600))

    kept = pictures.read(raw)

    assert (kept.media_type, kept.width, kept.height) == (f"image/{kind.lower()}", 1200, 600)
    assert opened(kept.body).format == opened(kept.small).format == kind
    assert opened(kept.small).size == (480, 240)
    assert kept.body != raw


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_neither_place_nor_author_of_a_photograph_is_kept(kind: str) -> None:
    raw = hostile.with_place(kind)
    # The control: all of it is in what was sent.
    assert hostile.AUTHOR.encode() in raw
    assert opened(raw).getexif().get_ifd(0x8825) != {}

    kept = pictures.read(raw)

    for body in (kept.body, kept.small):
        again = opened(body)
        assert dict(again.getexif()) == {}
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop",
                                   "background", "timestamp", "duration"}
        assert not {word for word in (hostile.AUTHOR, hostile.PLACE, "Exif", "xmp", "ICC")
                    if word.encode() in body}
    # It was turned on its side by its EXIF alone; now it stands as it was meant.
    assert (kept.width, kept.height) == (48, 64)


@pytest.mark.parametrize(("raw", "foreign"), [
    (hostile.png_with_html(), b"<script"), (hostile.png_with_zip(), b"PK\x03\x04"),
    (hostile.jpeg_with_php(), b"<?php")], ids=["html", "zip", "php"])
def test_nothing_but_the_picture_is_left_of_a_file_that_is_two(raw: bytes, foreign: bytes) -> None:
    assert foreign in raw

    kept = pictures.read(raw)

    assert foreign not in kept.body + kept.small
    assert opened(kept.body).size == (64, 48)


@pytest.mark.parametrize(("raw", "code"), [
    (b"", "picture_missing"),
    (b"GIF89a" + bytes(40), "not_a_picture"),
    (hostile.SVG, "not_a_picture"),
    (b"<!doctype html>" + hostile.SCRIPT, "not_a_picture"),
    (b"\x00" * 400, "not_a_picture"),
    (b"RIFF\x10\x00\x00\x00WAVEfmt ", "not_a_picture"),
    (b"%PDF-1.7", "not_a_picture"),
    (b"\x89PNG\r\n\x1a\n", "picture_broken"),
    (b"\x89PNG\r\n\x1a\n" + hostile.SCRIPT, "picture_broken"),
    (b"\xff\xd8\xff" + hostile.SCRIPT, "picture_broken"),
    (b"RIFF\x10\x00\x00\x00WEBP", "picture_broken"),
    (hostile.plain("JPEG")[:400], "picture_broken"),
    (hostile.plain("PNG")[:-40], "picture_broken"),
    (hostile.plain("WEBP")[:-40], "picture_broken"),
    (hostile.plain("PNG") + bytes(pictures.LARGEST), "picture_too_large"),
    (hostile.png_bomb(50_000, 50_000), "too_many_pixels"),
    (hostile.png_bomb(10_001, 10), "too_many_pixels"),
    (hostile.png_bomb(8_000, 5_001), "too_many_pixels"),
    (hostile.jpeg_bomb(50_000, 50_000), "too_many_pixels"),
    (hostile.webp_bomb(b"VP8X", 50_000, 50_000), "too_many_pixels"),
    (hostile.webp_bomb(b"VP8L", 16_000, 16_000), "too_many_pixels"),
    (hostile.webp_bomb(b"VP8 ", 16_000, 16_000), "too_many_pixels"),
    (hostile.webp_bomb(b"VP9 ", 100, 100), "picture_broken"),
])
def test_what_is_no_picture_is_refused_by_its_reason(raw: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.read(raw)

    assert refused.value.code == code


@pytest.mark.parametrize("raw", [
    hostile.png_bomb(50_000, 50_000), hostile.jpeg_bomb(50_000, 50_000),
    hostile.webp_bomb(b"VP8X", 10_000, 10_000)])
def test_a_bomb_is_refused_before_it_takes_any_room(raw: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Invalid):
            pictures.read(raw)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_pictures_that_move_the_first_one_is_kept(kind: str) -> None:
    raw = hostile.moving(kind)
    assert getattr(opened(raw), "n_frames", 1) == 3

    kept = opened(pictures.read(raw).body)

    assert getattr(kept, "n_frames", 1) == 1
    red, green, blue = kept.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
    assert red > 200 > 60 > max(green, blue)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    raw = hostile.saved(Image.new(mode, (30, 20)), "PNG")

    kept = opened(pictures.read(raw).body)

    assert (kept.mode, kept.size) == ("RGBA" if mode in ("LA", "RGBA") else "RGB", (30, 20))


def test_a_cut_or_changed_file_never_breaks_the_reader() -> None:
    whole = [hostile.plain(kind, (40, 30)) for kind in ("JPEG", "PNG", "WEBP")]
    seen = set()
    for raw in whole:
        for place in range(1, len(raw), max(1, len(raw) // 60)):
            for changed in (raw[:place], raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1:],
                            raw[:place] + raw[place:] * 2):
                try:
                    seen.add(pictures.read(changed).media_type)
                except Invalid as refused:
                    seen.add(refused.code)

    assert seen <= {"image/jpeg", "image/png", "image/webp", "not_a_picture", "picture_broken",
                    "too_many_pixels", "picture_missing"}
