"""Files that pretend to be pictures, or carry more than a picture, made by the tests themselves."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SCRIPT = b"<html><script>alert(document.domain)</script></html>"
AUTHOR = "Dora Canary"
PLACE = "56.9496,24.1052"


def plain(kind: str = "PNG", size: tuple[int, int] = (64, 48), **how: object) -> bytes:
    """A picture with a gradient, so that no format packs it into nothing."""
    image = Image.linear_gradient("L").resize(size)
    colours = Image.merge("RGB", (image, image.rotate(90).resize(size), image))
    return saved(colours, kind, **how)


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    """An image as a file of this kind."""
    out = io.BytesIO()
    image.save(out, kind, **how)  # type: ignore[arg-type]
    return out.getvalue()


def with_place(kind: str = "JPEG") -> bytes:
    """A picture whose EXIF tells where it was taken and by whom, turned on its side."""
    exif = Image.Exif()
    exif[0x013B], exif[0x0112], exif[0x8298] = AUTHOR, 6, AUTHOR
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[0x1B] = "N", (56.0, 56.0, 58.5), PLACE.encode()
    more: dict[str, object] = {"exif": exif.tobytes()}
    if kind == "JPEG":
        more["comment"] = AUTHOR.encode()
    if kind in ("JPEG", "WEBP"):
        more["xmp"] = f"<x:xmpmeta>{AUTHOR} {PLACE}</x:xmpmeta>".encode()
    if kind == "PNG":
        told = PngInfo()
        told.add_text("Author", AUTHOR)
        told.add_itxt("XML:com.adobe.xmp", f"{AUTHOR} {PLACE}", zip=True)
        more["pnginfo"] = told
    return plain(kind, icc_profile=AUTHOR.encode() * 8, **more)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head)
            + _chunk(b"IDAT", zlib.compress(bytes(100_000))) + _chunk(b"IEND", b""))


def webp_bomb(kind: bytes, width: int, height: int) -> bytes:
    """The head of a WebP of this kind and size, with nothing of use behind it."""
    if kind == b"VP8X":
        head = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        head = b"\x2f" + (width - 1 | height - 1 << 14).to_bytes(4, "little") + bytes(8)
    else:
        head = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(8)
    body = b"WEBP" + kind + len(head).to_bytes(4, "little") + head
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def jpeg_bomb(width: int, height: int) -> bytes:
    """A JPEG whose frame says that it is this large."""
    raw = plain("JPEG")
    at = raw.index(b"\xff\xc0")
    return raw[:at + 5] + struct.pack(">HH", height, width) + raw[at + 9:]


def png_with_html() -> bytes:
    """A PNG that is a page too, inside a chunk and behind its end."""
    told = PngInfo()
    told.add_text("Comment", SCRIPT.decode())
    return plain("PNG", pnginfo=told) + SCRIPT


def png_with_zip() -> bytes:
    """A PNG that a program for archives opens."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.js", SCRIPT)
    return plain("PNG") + out.getvalue()


def jpeg_with_php() -> bytes:
    """A JPEG with a program in its comment and behind its end."""
    return plain("JPEG", comment=b"<?php system($_GET[0]); ?>") + b"<?php system($_GET[0]); ?>"


def moving(kind: str) -> bytes:
    """Three pictures in one file, the first one red."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


SVG = (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
       b"<script>alert(1)</script></svg>")


def _chunk(name: bytes, body: bytes) -> bytes:
    return (len(body).to_bytes(4, "big") + name + body
            + zlib.crc32(name + body).to_bytes(4, "big"))
