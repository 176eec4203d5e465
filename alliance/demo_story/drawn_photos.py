"""Drawings of what Zhao offers: an hour with the camera, albums, frames and a voucher."""

from __future__ import annotations

from alliance.demo_story.pencil import (
    INK,
    Palette,
    box,
    circle,
    face,
    faded,
    motif,
    oval,
    path,
    stroke,
    turned,
)

_SKIN = "#f3d3b3"


def camera(p: Palette, sign: str) -> str:
    """A camera that looks friendly."""
    return (box(146, 108, 108, 52, 16, p.deep) + box(80, 140, 240, 164, 30, p.main)
            + box(80, 176, 240, 20, 0, p.deep) + box(272, 150, 30, 16, 8, p.accent)
            + circle(200, 230, 66, p.deep) + circle(200, 230, 54, p.light)
            + circle(200, 230, 42, INK)
            + circle(200, 230, 28, p.main) + faded(circle(184, 214, 11, "#ffffff"), 0.85)
            + circle(112, 160, 10, p.light) + motif(sign, 288, 268, 34, p))


def newborn(p: Palette, sign: str) -> str:
    """A sleeping child in a nest."""
    return (oval(200, 274, 138, 54, p.deep) + oval(200, 262, 138, 54, p.main)
            + oval(200, 246, 116, 40, p.light)
            + path("M150 236 q10 -40 62 -40 q76 0 84 52 q-40 26 -92 22 q-44 -4 -54 -34 z", p.accent)
            + circle(146, 208, 50, _SKIN) + path("M98 196 a50 50 0 0 1 94 -14 q-44 -18 -94 14 z",
                                                p.deep)
            + stroke("M122 214 q8 8 16 0 M152 214 q8 8 16 0", INK, 4)
            + stroke("M138 232 q7 6 14 0", INK, 4) + oval(116, 226, 8, 5, "#eeb09a")
            + oval(176, 226, 8, 5, "#eeb09a") + motif(sign, 292, 120, 56, p, p.main)
            + motif(sign, 238, 234, 40, p))


def family(p: Palette, sign: str) -> str:
    """Two grown-ups with a child between them."""
    def head(x: float, y: float, r: float, hair: str) -> str:
        return (circle(x, y, r, _SKIN) + path(
            f"M{x - r:g} {y:g} a{r:g} {r:g} 0 0 1 {2 * r:g} 0 q{-r:g} {-r * .9:g} {-2 * r:g} 0 z",
                    hair)
            + face(x, y + 6, r * 1.3))
    return (path("M72 318 q4 -112 74 -112 q70 0 74 112 z", p.main)
            + path("M180 318 q4 -116 74 -116 q70 0 74 116 z", p.deep)
            + head(142, 164, 46, p.deep) + head(256, 160, 46, INK)
            + path("M144 318 q2 -70 56 -70 q54 0 56 70 z", p.accent) + head(200, 236, 34, p.deep)
            + motif(sign, 200, 96, 44, p, p.accent))


def album(p: Palette, sign: str) -> str:
    """An album bound in linen."""
    return (turned(box(108, 96, 196, 220, 14, p.deep) + box(116, 104, 190, 204, 8, "#ffffff")
                   + box(100, 92, 196, 220, 14, p.main) + box(100, 92, 26, 220, 12, p.deep)
                   + box(150, 132, 120, 96, 10, p.light) + motif(sign, 210, 180, 60, p, p.accent)
                   + stroke("M168 256 h84 M184 276 h52", p.light, 6), -6))


def frame(p: Palette, sign: str) -> str:
    """A framed picture on the wall."""
    return (stroke("M150 116 L200 72 L250 116", p.deep, 4) + box(92, 108, 216, 216, 12, p.deep)
            + box(106, 122, 188, 188, 6, p.light) + box(130, 146, 140, 140, 4, p.shape)
            + circle(200, 208, 44, _SKIN)
            + path("M156 200 a44 44 0 0 1 88 0 q-44 -34 -88 0 z", p.main)
            + face(200, 212, 58) + path("M136 286 q8 -34 64 -34 q56 0 64 34 z", p.accent)
            + motif(sign, 264, 158, 30, p, p.accent))


def prints(p: Palette, sign: str) -> str:
    """Three prints on a line with pegs."""
    def one(x: int, y: int, fill: str, name: str) -> str:
        return (box(x, y, 82, 104, 6, "#ffffff") + box(x + 9, y + 9, 64, 66, 4, fill)
                + motif(name, x + 41, y + 42, 40, p) + box(x + 35, y - 16, 12, 28, 5, p.deep))
    return (stroke("M56 138 Q200 176 344 138", p.deep, 4)
            + turned(one(74, 158, p.main, sign), -4, 115, 200) + one(160, 168, p.accent, "heart")
            + turned(one(244, 158, p.deep, "star"), 4, 285, 200))


def balloons(p: Palette, sign: str) -> str:
    """A first birthday: balloons and a cake."""
    def balloon(x: int, y: int, fill: str) -> str:
        return (stroke(f"M{x} {y + 44} Q{x + 8} {y + 84} 200 250", p.deep, 3)
                + oval(x, y, 36, 44, fill) + faded(oval(x - 12, y - 16, 7, 11, "#ffffff"), 0.6))
    return (balloon(130, 128, p.main) + balloon(200, 104, p.accent) + balloon(270, 130, p.deep)
            + box(190, 204, 20, 44, 8, p.light)
            + path("M200 182 q14 14 0 26 q-14 -12 0 -26 z", p.accent)
            + box(128, 244, 144, 72, 14, p.main)
            + path("M128 262 q18 26 36 0 q18 26 36 0 q18 26 36 0 q18 26 36 0 v-10 q0 -12 -12 "
                   "-12 H140 "
                   "q-12 0 -12 12 z", p.light)
            + box(104, 312, 192, 14, 7, p.deep) + motif(sign, 200, 292, 30, p))


def voucher(p: Palette, sign: str) -> str:
    """A gift card with a ribbon."""
    return turned(
        box(70, 132, 260, 160, 20, p.deep) + box(66, 126, 260, 160, 20, p.main)
        + box(66, 126, 70, 160, 20, p.accent) + box(112, 126, 24, 160, 0, p.accent)
        + motif(sign, 101, 206, 54, p) + stroke("M166 176 h128 M166 206 h92", p.light, 9)
        + box(166, 234, 104, 28, 14, p.light)
        + stroke("M136 130 v152", p.light, 4, ' stroke-dasharray="2 10"'), -7)


def footprints(p: Palette, sign: str) -> str:
    """Two small footprints in clay."""
    foot = (oval(0, 34, 24, 32, p.deep) + oval(4, -10, 28, 26, p.deep)
       + circle(-20, -46, 11, p.deep)
            + circle(0, -52, 9, p.deep) + circle(16, -48, 8, p.deep) + circle(29, -40, 7, p.deep)
            + circle(38, -28, 6, p.deep))
    return (circle(200, 206, 122, p.main) + circle(200, 206, 108, p.light)
            + f'<g transform="translate(248 208) rotate(10)">{foot}</g>'
            + f'<g transform="translate(152 208) rotate(-10) scale(-1 1)">{foot}</g>'
            + motif(sign, 200, 132, 34, p, p.accent))


def belly(p: Palette, sign: str) -> str:
    """Waiting together: a round belly and a hand."""
    return (path("M164 92 q-14 60 -20 96 q-12 76 8 138 h108 q18 -34 10 -66 q50 -20 44 -72 "
                 "q-8 -46 -64 -44 q6 -26 2 -52 z", p.main)
            + circle(204, 84, 50, p.deep) + circle(238, 44, 20, p.deep) + circle(206, 96, 38, _SKIN)
            + path("M168 172 q50 26 92 70 q10 14 -6 18 q-60 -14 -100 -50 z", _SKIN)
            + face(210, 98, 50) + motif(sign, 272, 190, 44, p, p.light))


DRAWINGS = {
    "camera": camera, "newborn": newborn, "family": family, "album": album, "frame": frame,
    "prints": prints, "balloons": balloons, "voucher": voucher, "footprints": footprints,
    "belly": belly,
}
