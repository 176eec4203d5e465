"""A flat picture for every product, made by code: the same product always has the same picture."""

from __future__ import annotations

from alliance.demo_story import drawn_care, drawn_clothes, drawn_photos, drawn_toys
from alliance.demo_story.pencil import PALETTES, Palette, box, circle, faded, oval, path

DRAWINGS = {
    **drawn_clothes.DRAWINGS, **drawn_care.DRAWINGS, **drawn_toys.DRAWINGS,
    **drawn_photos.DRAWINGS,
}
"""Every kind of thing we can draw, by name."""


def picture(kind: str, palette: str, sign: str, stage: int = 0) -> str:
    """An SVG of this kind of thing in these colours; `sign` is the print on it.

    `stage` chooses the shape behind it (0 to 3). Raises `KeyError` for what we cannot draw.
    """
    colours = PALETTES[palette]
    drawn = DRAWINGS[kind](colours, sign)
    shadow = faded(oval(200, 336, 120, 13, colours.deep), 0.22)
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" '
            'width="400" height="400" role="img">'
            f"{box(0, 0, 400, 400, 0, colours.paper)}{_STAGES[stage % 4](colours)}"
            f"{shadow}{drawn}</svg>")


def _disc(p: Palette) -> str:
    return (circle(200, 204, 158, p.shape) + circle(66, 72, 14, p.shape)
            + circle(340, 92, 9, p.shape))


def _arch(p: Palette) -> str:
    return (path("M58 346 V190 A142 142 0 0 1 342 190 V346 Z", p.shape)
            + faded(box(36, 338, 328, 10, 5, p.main), 0.5))


def _pebble(p: Palette) -> str:
    return (path("M66 130 C104 34 250 28 318 92 C386 158 372 292 300 336 C222 380 104 364 60 286 "
                 "C36 240 44 178 66 130 Z", p.shape) + circle(350, 58, 12, p.shape)
            + circle(46, 340, 9, p.shape))


def _hills(p: Palette) -> str:
    return (path("M0 300 Q90 232 190 290 T400 270 V400 H0 Z", p.shape)
            + circle(316, 92, 40, p.shape) + faded(circle(96, 90, 10, p.main), 0.4)
            + faded(circle(140, 62, 6, p.main), 0.4))


_STAGES = (_disc, _arch, _pebble, _hills)
