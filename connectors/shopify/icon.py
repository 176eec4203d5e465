"""The app's icon for its listing: three shops that overlap, drawn from nothing but numbers."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw

SIDE = 1200
"""Pixels, as a listing asks for."""

GROUND = (20, 57, 63)
SHOPS = (((0.375, 0.41), (244, 185, 66)), ((0.625, 0.41), (106, 190, 167)),
         ((0.50, 0.625), (233, 120, 92)))
RADIUS = 0.175
SHARED = (255, 248, 236)
_FINER = 2
"""Drawn so many times larger, so that edges are smooth."""


@cache
def icon() -> bytes:
    """The icon as a PNG: a disc for each shop, and light where two of them meet."""
    side = SIDE * _FINER
    picture = Image.new("RGB", (side, side), GROUND)
    discs = [_disc(centre, side) for centre, _ in SHOPS]
    for disc, (_, colour) in zip(discs, SHOPS, strict=True):
        picture.paste(colour, mask=disc)
    for one in range(len(discs)):
        picture.paste(SHARED, mask=ImageChops.multiply(discs[one], discs[one - 1]))
    out = BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def _disc(centre: tuple[float, float], side: int) -> Image.Image:
    mask = Image.new("L", (side, side))
    x, y = (part * side for part in centre)
    reach = RADIUS * side
    ImageDraw.Draw(mask).ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    return mask
