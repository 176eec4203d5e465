"""Pictures from outside: what they are by their bytes, and only the picture itself, written anew.

A file that somebody uploads is hostile until it was decoded whole. Its name and its stated type
are not looked at. What is kept was written by this module from the bare pixels: no camera's place,
no author, no second file behind the first (docs/decisions/0013).
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from alliance.content.model import MOST_PIXELS_A_SIDE
from alliance.core.errors import Invalid

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 5_000_000
"""Bytes of an upload."""

LARGEST_KEPT = 2 * LARGEST
"""Bytes of a picture as it is kept: another program may have packed the same pixels tighter."""

MOST_PIXELS = 40_000_000
SMALL = 480
"""The longer side of the small copy, in pixels."""

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
"""How the address of a kept picture ends, by its media type."""

_QUALITY = 88
_ONE_AT_A_TIME = threading.Lock()
"""Forty million pixels take 160 MB while they are decoded: a process holds them once."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept, and a small copy of it; sizes in pixels."""

    body: bytes
    small: bytes
    media_type: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """The name of its bytes."""
        return sha256(self.body).hexdigest()

    @property
    def small_sha256(self) -> str:
        """The name of the small copy's bytes."""
        return sha256(self.small).hexdigest()


def read(raw: bytes) -> Picture:
    """The picture in these bytes, the first one where there are several.

    Raises `Invalid`: `picture_missing`, `picture_too_large`, `not_a_picture` (no JPEG, PNG or
    WebP), `too_many_pixels` (by what its head says, before any of it is decoded), or
    `picture_broken`.
    """
    if not raw:
        raise Invalid("picture_missing", "Choose a file.", field="file")
    if len(raw) > LARGEST:
        raise _too_large()
    media_type = _type_of(raw)
    if media_type == "image/webp":
        # Its library sets the room for all pixels aside as soon as it is opened.
        _check_pixels(*_webp_size(raw))
    with _ONE_AT_A_TIME:
        try:
            return _rewritten(raw, media_type)
        except Invalid:
            raise
        except Exception as error:
            # Decoders of broken files fail in every way there is; none of them is ours to tell.
            raise _broken() from error


def _type_of(raw: bytes) -> str:
    if raw.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "image/webp"
    raise Invalid("not_a_picture", "This file is no JPEG, PNG or WebP picture.", field="file")


def _rewritten(raw: bytes, media_type: str) -> Picture:
    # Nobody who uploads nothing needs to know how to decode.
    from PIL import Image, ImageOps  # noqa: PLC0415

    with warnings.catch_warnings():
        # That it has many pixels is refused by our own bound; a file with a flaw is decoded or not.
        warnings.simplefilter("ignore")
        try:
            opened = Image.open(io.BytesIO(raw), formats=[media_type.partition("/")[2].upper()])
        except Image.DecompressionBombError:
            raise _too_many() from None
        _check_pixels(*opened.size)
        opened.seek(0)
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        bare = _bare(upright, media_type)
    body = _written(bare, media_type)
    if len(body) > LARGEST_KEPT:
        raise _too_large()
    copy = bare.copy()
    copy.thumbnail((SMALL, SMALL))
    return Picture(body, _written(copy, media_type), media_type, bare.width, bare.height)


def _bare(image: Image.Image, media_type: str) -> Image.Image:
    """The pixels alone, as red, green and blue, with transparency where the format has it."""
    see_through = media_type != "image/jpeg" and (
        "A" in image.getbands() or "transparency" in image.info)
    bare = image.convert("RGBA" if see_through else "RGB")
    # Profiles, comments and places would be written again from here.
    bare.info = {}
    return bare


def _written(image: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    if media_type == "image/png":
        image.save(out, "PNG", compress_level=9 if image.width * image.height < 4_000_000 else 6)
    else:
        image.save(out, media_type.partition("/")[2].upper(), quality=_QUALITY)
    return out.getvalue()


def _webp_size(raw: bytes) -> tuple[int, int]:
    """Width and height by the head of a WebP file, whose first part is of one of three kinds."""
    kind, head = raw[12:16], raw[20:30]
    if len(head) < 10:
        raise _broken()
    if kind == b"VP8X":
        return (1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little"))
    if kind == b"VP8L" and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise _broken()


def _check_pixels(width: int, height: int) -> None:
    if max(width, height) > MOST_PIXELS_A_SIDE or width * height > MOST_PIXELS:
        raise _too_many()


def _too_many() -> Invalid:
    return Invalid("too_many_pixels", "A picture has at most 40 million pixels, and 10,000 on a "
                   "side.", field="file")


def _too_large() -> Invalid:
    return Invalid("picture_too_large", "A picture has at most 5 MB.", field="file")


def _broken() -> Invalid:
    return Invalid("picture_broken", "This picture cannot be read to its end. Save it anew and "
                   "try again.", field="file")
