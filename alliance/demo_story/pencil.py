"""The pencil case: flat shapes, palettes and small motifs, from which every picture is drawn.

A picture is 400 by 400. Shapes are strings of SVG made by this code only; no text from outside
ever enters one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin


@dataclass(frozen=True, slots=True)
class Palette:
    """Six colours that go together: paper, the shape on it, and the thing in four tones."""

    paper: str
    shape: str
    main: str
    deep: str
    light: str
    accent: str


PALETTES = {
    "sage": Palette("#f3f5ec", "#dfe7d0", "#a9bf91", "#6f8a5c", "#f8faf2", "#e2a76f"),
    "clay": Palette("#fbf1ea", "#f4dccb", "#dd9d79", "#a8643f", "#fff8f2", "#7fa08a"),
    "oat": Palette("#f8f4ea", "#ebe0c8", "#d8c29a", "#9a7f50", "#fffcf4", "#c9715d"),
    "rose": Palette("#fcf0f0", "#f6d9d9", "#e3a3a5", "#b0666d", "#fff8f7", "#8fae9f"),
    "sky": Palette("#eef5f8", "#d2e6ee", "#8fbccd", "#4f8197", "#f7fcfe", "#f0b86a"),
    "sea": Palette("#ebf6f3", "#cbe8e0", "#7dbfae", "#3f8576", "#f5fcfa", "#f2a488"),
    "lilac": Palette("#f5f1f9", "#e2d8ef", "#b39fd0", "#77609b", "#fcfaff", "#f0c069"),
    "sun": Palette("#fdf6e3", "#fae6b0", "#f2c14e", "#b98419", "#fffbef", "#e4715a"),
    "berry": Palette("#fbeef2", "#f3d0dc", "#d4708f", "#98395a", "#fff6f9", "#f2c14e"),
    "night": Palette("#eceef6", "#cfd5ea", "#6f7fb5", "#3d4a7c", "#f6f7fd", "#f4c95d"),
    "wood": Palette("#f9f3e9", "#f0dfc4", "#d9aa70", "#94683a", "#fff9ef", "#5f9ea0"),
    "brick": Palette("#fbf0ec", "#f6d6ca", "#e07a5f", "#a3452d", "#fff7f3", "#3d8b84"),
    "tea": Palette("#f4f1ee", "#e3d8ce", "#b79c86", "#735a47", "#fdfaf7", "#c96f53"),
    "plum": Palette("#f6eff3", "#e6d2de", "#a8738f", "#6b3f58", "#fdf8fb", "#e0b04f"),
}

INK = "#4a4038"


def path(d: str, fill: str, extra: str = "") -> str:
    """A filled shape."""
    return f'<path d="{d}" fill="{fill}"{extra}/>'


def stroke(d: str, colour: str, width: float = 6, extra: str = "") -> str:
    """A line with round ends."""
    return (f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-linecap="round" stroke-linejoin="round"{extra}/>')


def circle(x: float, y: float, r: float, fill: str) -> str:
    """A disc."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{fill}"/>'


def ring(x: float, y: float, r: float, colour: str, width: float) -> str:
    """A circle's line."""
    return (f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="none" stroke="{colour}" '
            f'stroke-width="{width:g}"/>')


def oval(x: float, y: float, rx: float, ry: float, fill: str, extra: str = "") -> str:
    """An ellipse."""
    return (f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{extra}/>')


def box(x: float, y: float, w: float, h: float, r: float, fill: str, extra: str = "") -> str:
    """A rectangle with round corners."""
    return (f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{r:g}" '
            f'fill="{fill}"{extra}/>')


def turned(content: str, degrees: float, x: float = 200, y: float = 200) -> str:
    """The same, turned about a point."""
    return f'<g transform="rotate({degrees:g} {x:g} {y:g})">{content}</g>'


def moved(content: str, x: float, y: float, scale: float = 1) -> str:
    """The same, moved and scaled about the origin."""
    return f'<g transform="translate({x:g} {y:g}) scale({scale:g})">{content}</g>'


def both(content: str) -> str:
    """The same and its mirror image about the middle: what is worn is mostly symmetric."""
    return f'{content}<g transform="matrix(-1 0 0 1 400 0)">{content}</g>'


def faded(content: str, opacity: float) -> str:
    """The same, let through."""
    return f'<g opacity="{opacity:g}">{content}</g>'


def motif(name: str, x: float, y: float, size: float, p: Palette, colour: str = "") -> str:
    """A small printed sign around (x, y), drawn for a size of 100; unknown names give nothing."""
    drawn = _MOTIFS.get(name)
    if drawn is None:
        return ""
    return moved(drawn(colour or p.light, p), x, y, size / 100)


def face(x: float, y: float, size: float, colour: str = INK) -> str:
    """Two eyes and a smile."""
    k = size / 100
    return (circle(x - 26 * k, y, 6.5 * k, colour) + circle(x + 26 * k, y, 6.5 * k, colour)
            + stroke(f"M{x - 13 * k:g} {y + 15 * k:g} q{13 * k:g} {14 * k:g} {26 * k:g} 0",
                     colour, 5 * k))


def _leaf(c: str, p: Palette) -> str:
    return (path("M0 48 C-46 20 -40 -30 0 -50 C40 -30 46 20 0 48 Z", c)
            + stroke("M0 46 V-26 M0 18 L18 2 M0 18 L-18 2 M0 -4 L14 -18 M0 -4 L-14 -18",
                     p.deep, 4))


def _star(c: str, p: Palette) -> str:
    points = []
    for step in range(10):
        r = 50 if step % 2 == 0 else 24
        angle = -pi / 2 + step * pi / 5
        points.append(f"{r * cos(angle):.1f} {r * sin(angle):.1f}")
    return (f'<path d="M{" L".join(points)} Z" fill="{c}" stroke="{c}" stroke-width="10" '
            'stroke-linejoin="round"/>')


def _moon(c: str, p: Palette) -> str:
    return (path("M12 -48 A48 48 0 1 0 46 24 A40 40 0 0 1 12 -48 Z", c)
            + circle(34, -26, 6, p.accent) + circle(12, 2, 4, p.accent))


def _heart(c: str, p: Palette) -> str:
    return path("M0 44 C-62 4 -48 -44 -20 -44 C-8 -44 0 -34 0 -26 "
                "C0 -34 8 -44 20 -44 C48 -44 62 4 0 44 Z", c)


def _cloud(c: str, p: Palette) -> str:
    return path("M-34 26 A22 22 0 0 1 -32 -18 A30 30 0 0 1 24 -26 A26 26 0 0 1 36 26 Z", c)


def _dots(c: str, p: Palette) -> str:
    spots = [(-40, -30), (0, -34), (40, -30), (-20, 0), (20, 0), (-40, 32), (0, 34), (40, 32)]
    return "".join(circle(x, y, 8, c) for x, y in spots)


def _bear(c: str, p: Palette) -> str:
    return (circle(-32, -30, 18, c) + circle(32, -30, 18, c) + circle(-32, -30, 9, p.accent)
            + circle(32, -30, 9, p.accent) + oval(0, 4, 48, 42, c) + oval(0, 16, 18, 14, p.paper)
            + circle(-20, -4, 5, INK) + circle(20, -4, 5, INK) + oval(0, 11, 7, 5, INK))


def _rabbit(c: str, p: Palette) -> str:
    return (oval(-16, -42, 11, 30, c) + oval(16, -42, 11, 30, c) + oval(-16, -40, 5, 20, p.accent)
            + oval(16, -40, 5, 20, p.accent) + oval(0, 12, 40, 36, c)
            + circle(-15, 6, 5, INK) + circle(15, 6, 5, INK)
            + stroke("M-8 22 q8 8 16 0", INK, 4))


def _drop(c: str, p: Palette) -> str:
    return (path("M0 -50 C20 -18 36 2 36 18 A36 34 0 0 1 -36 18 C-36 2 -20 -18 0 -50 Z", c)
            + stroke("M-18 20 q2 14 16 16", p.paper, 6))


def _flower(c: str, p: Palette) -> str:
    petals = "".join(circle(28 * cos(k * pi / 3), 28 * sin(k * pi / 3), 19, c) for k in range(6))
    return petals + circle(0, 0, 16, p.accent)


def _sunny(c: str, p: Palette) -> str:
    rays = "".join(turned(box(-4, -50, 8, 16, 4, c), 45 * k, 0, 0) for k in range(8))
    return rays + circle(0, 0, 26, c)


def _fish(c: str, p: Palette) -> str:
    return (oval(-6, 0, 38, 24, c) + path("M24 0 L50 -22 V22 Z", c) + circle(-24, -5, 5, INK)
            + stroke("M-4 -10 q8 10 0 20", p.paper, 4))


_MOTIFS = {
    "leaf": _leaf, "star": _star, "moon": _moon, "heart": _heart, "cloud": _cloud, "dots": _dots,
    "bear": _bear, "rabbit": _rabbit, "drop": _drop, "flower": _flower, "sun": _sunny,
    "fish": _fish,
}
