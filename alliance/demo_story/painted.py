"""Three pictures that members give each other, painted by code: flat shapes, the same each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from alliance.demo_story.pencil import PALETTES, Palette

WIDTH, HEIGHT = 960, 640
_FINER = 2
"""Painted larger and made smaller: edges become smooth."""

Brush = Callable[..., Any]


def painted(scene: str) -> bytes:
    """A scene as a PNG: `line`, `bath` or `shelf`. Raises `KeyError` for others."""
    # Only the story paints; a hub that runs need not know how.
    from PIL import Image, ImageDraw  # noqa: PLC0415

    palette, paint = _SCENES[scene]
    colours = PALETTES[palette]
    canvas = Image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), colours.paper)
    paint(_scaled(ImageDraw.Draw(canvas)), colours)
    out = io.BytesIO()
    canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def _scaled(draw: Any) -> Brush:
    def brush(shape: str, *at: float, fill: str, radius: float = 0, width: float = 0) -> None:
        spots = [round(each * _FINER) for each in at]
        if shape == "box":
            draw.rounded_rectangle(spots, round(radius * _FINER), fill=fill)
        elif shape == "oval":
            draw.ellipse(spots, fill=fill)
        elif shape == "line":
            draw.line(spots, fill=fill, width=round(width * _FINER), joint="curve")
        else:
            draw.polygon(spots, fill=fill)

    return brush


def _line(brush: Brush, p: Palette) -> None:
    """Washing on a line: three bodysuits in the wind."""
    brush("oval", 660, -120, 1080, 300, fill=p.shape)
    brush("oval", -200, 470, 700, 900, fill=p.shape)
    brush("oval", 420, 500, 1300, 920, fill=p.light)
    brush("line", 0, 150, 480, 180, 960, 140, fill=p.deep, width=5)
    for x, y, colour in ((110, 160, p.main), (390, 176, p.accent), (670, 160, p.deep)):
        _bodysuit(brush, x, y, colour, p)


def _bodysuit(brush: Brush, x: float, y: float, colour: str, p: Palette) -> None:
    brush("polygon", x - 26, y + 84, x + 30, y + 14, x + 60, y + 62, x + 20, y + 116, fill=colour)
    brush("polygon", x + 206, y + 84, x + 150, y + 14, x + 120, y + 62, x + 160, y + 116,
          fill=colour)
    brush("box", x + 20, y + 8, x + 160, y + 230, fill=colour, radius=30)
    brush("polygon", x + 24, y + 200, x + 156, y + 200, x + 122, y + 276, x + 58, y + 276,
          fill=colour)
    brush("oval", x + 56, y - 16, x + 124, y + 40, fill=p.paper)
    for place in (72, 90, 108):
        brush("oval", x + place - 4, y + 258, x + place + 4, y + 266, fill=p.light)
    for side in (38, 132):
        brush("box", x + side, y - 14, x + side + 12, y + 26, fill=p.light, radius=4)


def _bath(brush: Brush, p: Palette) -> None:
    """A tub full of foam, with a duck."""
    brush("box", 90, 60, 410, 300, fill=p.shape, radius=30)
    brush("box", 550, 60, 870, 300, fill=p.shape, radius=30)
    brush("box", 0, 560, 960, 640, fill=p.main)
    for x in (250, 640):
        brush("oval", x - 20, 520, x + 60, 600, fill=p.deep)
    brush("box", 150, 330, 810, 560, fill=p.light, radius=110)
    brush("box", 120, 310, 840, 366, fill=p.deep, radius=28)
    for x, size in ((210, 60), (290, 84), (390, 64), (470, 92), (575, 70), (660, 86), (745, 58)):
        brush("oval", x - size, 330 - size, x + size, 330 + size / 3, fill=p.light)
    brush("oval", 400, 150, 600, 300, fill=p.accent)
    brush("oval", 520, 70, 640, 190, fill=p.accent)
    brush("polygon", 630, 116, 690, 136, 630, 156, fill=p.deep)
    brush("oval", 580, 108, 600, 128, fill=p.deep)
    brush("polygon", 410, 220, 372, 168, 470, 200, fill=p.accent)


def _shelf(brush: Brush, p: Palette) -> None:
    """A shelf with stacking rings, blocks and a rattle."""
    brush("oval", 300, 40, 860, 600, fill=p.shape)
    brush("box", 60, 500, 900, 530, fill=p.deep, radius=10)
    brush("box", 246, 180, 262, 500, fill=p.deep, radius=6)
    for step, colour in enumerate((p.main, p.accent, p.deep, p.main, p.accent)):
        wide = 150 - step * 24
        brush("box", 254 - wide, 448 - step * 52, 254 + wide, 498 - step * 52, fill=colour,
              radius=25)
    for x, y, colour in ((470, 400, p.accent), (576, 400, p.main), (524, 298, p.deep)):
        brush("box", x, y, x + 98, y + 98, fill=colour, radius=12)
        brush("oval", x + 32, y + 32, x + 66, y + 66, fill=p.light)
    brush("line", 770, 498, 800, 360, fill=p.deep, width=18)
    brush("oval", 735, 240, 875, 380, fill=p.main)
    brush("oval", 775, 280, 835, 340, fill=p.light)


_SCENES: dict[str, tuple[str, Callable[[Brush, Palette], None]]] = {
    "line": ("sage", _line), "bath": ("sky", _bath), "shelf": ("brick", _shelf)}
