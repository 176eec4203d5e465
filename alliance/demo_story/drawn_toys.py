"""Drawings of what Zhang makes: wooden toys, puzzles, rattles and things with a name on them."""

from __future__ import annotations

from math import cos, pi, sin

from alliance.demo_story.pencil import (
    INK,
    Palette,
    both,
    box,
    circle,
    face,
    motif,
    oval,
    path,
    ring,
    stroke,
    turned,
)


def puzzle(p: Palette, sign: str) -> str:
    """Four pieces, one not quite in its place."""
    def piece(x: int, y: int, fill: str) -> str:
        return (box(x, y, 92, 92, 12, fill) + circle(x + 92, y + 46, 16, fill)
                + circle(x + 46, y + 92, 16, fill))
    return (piece(104, 108, p.main) + piece(200, 108, p.accent) + piece(104, 204, p.deep)
            + turned(box(214, 218, 92, 92, 12, p.light), 9, 260, 264)
            + motif(sign, 152, 154, 46, p) + motif(sign, 262, 266, 46, p, p.deep))


def blocks(p: Palette, sign: str) -> str:
    """Three blocks, stacked."""
    def block(x: int, y: int, fill: str, side: str) -> str:
        return (box(x, y, 100, 100, 14, side) + box(x + 8, y + 8, 84, 84, 10, fill))
    return (block(96, 214, p.main, p.deep) + block(204, 214, p.accent, p.deep)
            + turned(block(150, 108, p.light, p.main), -6, 200, 158)
            + motif("star", 146, 264, 44, p) + motif("heart", 254, 266, 44, p)
            + turned(motif(sign, 200, 158, 50, p, p.deep), -6, 200, 158))


def rattle(p: Palette, sign: str) -> str:
    """A round rattle on a handle."""
    drawn = (box(188, 186, 24, 110, 12, p.deep) + ring(200, 312, 24, p.accent, 14)
             + circle(200, 136, 76, p.main) + path("M124 136 a76 76 0 0 0 152 0 z", p.accent)
             + box(120, 126, 160, 20, 10, p.light) + circle(172, 104, 9, p.light)
             + circle(228, 104, 9, p.light) + motif(sign, 200, 180, 40, p))
    return turned(drawn, 24)


def rings(p: Palette, sign: str) -> str:
    """Rings on a peg, from wide to narrow."""
    layers = [(278, 104, p.deep), (236, 88, p.main), (194, 72, p.accent), (152, 56, p.light)]
    return (box(190, 104, 20, 190, 10, p.deep) + box(92, 302, 216, 22, 11, p.deep)
            + "".join(box(200 - half, y - 20, 2 * half, 40, 20, fill)
                      + box(200 - half + 16, y - 12, half, 8, 4, p.light, ' opacity=".55"')
                      for y, half, fill in layers)
            + circle(200, 104, 30, p.main) + face(200, 100, 60))


def car(p: Palette, sign: str) -> str:
    """A wooden car with a driver."""
    return (circle(196, 132, 34, "#f0cfa5") + path("M162 124 a34 34 0 0 1 68 -4 z", p.deep)
            + face(204, 134, 50)
            + path("M84 232 q4 -38 44 -42 l22 -2 q10 -32 42 -34 h20 q34 0 46 36 q58 4 62 40 v34 "
                   "q0 12 -12 12 H96 q-12 0 -12 -12 z", p.main)
            + box(84, 228, 236, 18, 8, p.accent)
            + "".join(circle(x, 282, 36, p.deep) + circle(x, 282, 15, p.light) for x in (140, 262))
            + motif(sign, 200, 216, 40, p))


def train(p: Palette, sign: str) -> str:
    """A small engine with a wagon."""
    wheels = "".join(circle(x, 298, 22, p.deep) + circle(x, 298, 8, p.light)
                     for x in (98, 150, 226, 278, 322))
    return (circle(292, 112, 16, "#ffffff") + circle(316, 90, 11, "#ffffff")
            + box(78, 214, 96, 72, 12, p.accent) + motif(sign, 126, 250, 46, p)
            + stroke("M172 276 h32", p.deep, 8)
            + box(200, 152, 62, 132, 12, p.main) + box(212, 168, 38, 42, 8, p.light)
            + box(256, 202, 84, 82, 22, p.main) + box(278, 146, 30, 60, 6, p.deep)
            + box(268, 138, 50, 18, 9, p.accent) + box(192, 138, 78, 22, 10, p.deep)
            + circle(322, 238, 10, p.accent) + wheels + stroke("M66 324 H346", p.deep, 6))


def abacus(p: Palette, sign: str) -> str:
    """A frame with beads to count."""
    rows = [(146, (110, 136, 162, 262), p.main), (194, (110, 210, 236, 262, 288), p.accent),
            (242, (110, 136, 262, 288), p.deep)]
    beads = "".join(stroke(f"M92 {y} H308", p.deep, 4)
                    + "".join(oval(x, y, 12, 18, fill) for x in spots) for y, spots, fill in rows)
    return (beads + both(box(296, 100, 22, 214, 11, p.main)) + box(72, 96, 256, 22, 11, p.main)
            + box(72, 280, 256, 22, 11, p.main) + motif(sign, 200, 78, 36, p, p.accent))


def xylophone(p: Palette, sign: str) -> str:
    """Bars from long to short, and a mallet."""
    fills = (p.deep, p.main, p.accent, p.light, p.main, p.accent)
    bars = "".join(box(96 + 36 * k, 118 + 12 * k, 28, 176 - 24 * k, 12, fill)
                   + circle(110 + 36 * k, 136 + 12 * k, 4, p.light)
                   + circle(110 + 36 * k, 276 - 12 * k, 4, p.light)
                   for k, fill in enumerate(fills))
    return (stroke("M84 152 L318 190 M84 262 L318 222", p.deep, 10) + bars
            + turned(box(120, 312, 170, 10, 5, p.deep)
            + circle(290, 317, 17, p.accent), -14, 200, 317)
            + motif(sign, 306, 120, 40, p, p.main))


def sorter(p: Palette, sign: str) -> str:
    """A box with holes for a star, a heart and a disc."""
    return (path("M96 176 L200 138 L304 176 L200 214 Z", p.light)
            + path("M96 176 L200 214 V328 L96 290 Z", p.main)
            + path("M304 176 L200 214 V328 L304 290 Z", p.deep)
            + motif("star", 148, 250, 50, p, p.deep) + motif("heart", 252, 252, 46, p, p.main)
            + oval(200, 176, 36, 14, p.deep)
            + turned(box(180, 82, 44, 44, 8, p.accent), 16, 202, 104)
            + circle(112, 124, 22, p.accent) + motif(sign, 294, 116, 44, p, p.main))


def elephant(p: Palette, sign: str) -> str:
    """An elephant on wheels with a cord."""
    return (stroke("M92 190 q-36 20 -28 70", p.accent, 5) + circle(64, 266, 10, p.accent)
            + box(138, 232, 34, 70, 12, p.main) + box(252, 232, 34, 70, 12, p.main)
            + oval(218, 202, 92, 70, p.main) + circle(134, 172, 58, p.main)
            + stroke("M90 188 q-18 40 6 70", p.main, 26) + oval(168, 176, 34, 44, p.deep)
            + circle(112, 160, 6, INK) + box(118, 290, 196, 16, 8, p.deep)
            + "".join(circle(x, 310, 24, p.accent) + circle(x, 310, 8, p.light)
                      for x in (150, 280))
            + stroke("M308 190 q20 8 18 28", p.deep, 6) + motif(sign, 240, 200, 54, p))


def mobile(p: Palette, sign: str) -> str:
    """A mobile with four hanging signs."""
    hung = [(108, 236, "moon"), (168, 276, "cloud"), (232, 258, "star"), (294, 228, sign)]
    return (stroke("M200 64 V112", p.deep, 6) + circle(200, 66, 10, p.accent)
            + stroke("M92 144 Q200 92 308 144", p.deep, 10)
            + "".join(stroke(f"M{x} {128 if 120 < x < 280 else 140} V{y - 30}", p.deep, 3)
                      + motif(name, x, y, 66, p, (p.main, p.accent)[k % 2])
                      for k, (x, y, name) in enumerate(hung)))


def name_sign(p: Palette, sign: str) -> str:
    """A wooden plate on which a name will stand."""
    return (stroke("M128 176 L200 92 L272 176", p.deep, 5) + circle(200, 90, 10, p.accent)
            + box(74, 168, 252, 124, 32, p.deep) + box(74, 160, 252, 124, 32, p.main)
            + box(92, 178, 216, 88, 22, p.light)
            + stroke("M122 238 q10 -50 22 -24 t20 6 q12 -30 20 -2 t24 -4 q14 -24 22 2 t24 -2",
                     p.deep, 7) + motif(sign, 276, 206, 38, p, p.accent))


def counting(p: Palette, sign: str) -> str:
    """A wheel of colours to turn and name."""
    fills = (p.main, p.accent, p.deep) * 2
    parts = []
    for k, fill in enumerate(fills):
        start, end = _on_circle(112, k), _on_circle(112, k + 1)
        parts.append(path(f"M200 204 L{start} A112 112 0 0 1 {end} Z", fill))
    knobs = "".join(turned(circle(272, 204, 9, p.light), 60 * k + 30, 200, 204) for k in range(6))
    return (circle(200, 204, 122, p.light) + "".join(parts) + knobs
            + circle(200, 204, 30, p.light) + motif(sign, 200, 204, 36, p, p.deep))


def _on_circle(r: int, sixth: int) -> str:
    angle = sixth * pi / 3
    return f"{200 + r * cos(angle):.1f} {204 + r * sin(angle):.1f}"


DRAWINGS = {
    "puzzle": puzzle, "blocks": blocks, "rattle": rattle, "rings": rings, "car": car,
    "train": train, "abacus": abacus, "xylophone": xylophone, "sorter": sorter,
    "elephant": elephant, "mobile": mobile, "name_sign": name_sign, "counting": counting,
}
