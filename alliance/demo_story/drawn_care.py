"""Drawings of what Wang sells: bottles, soap, towels, oils and what belongs beside a bath."""

from __future__ import annotations

from alliance.demo_story.pencil import (
    INK,
    Palette,
    both,
    box,
    circle,
    face,
    faded,
    motif,
    oval,
    path,
    ring,
    stroke,
    turned,
)


def bottle(p: Palette, sign: str) -> str:
    """A bottle with a pump."""
    return (stroke("M206 92 h44 q12 0 12 14", p.deep, 12) + box(190, 84, 30, 46, 8, p.deep)
            + box(168, 122, 72, 26, 10, p.deep)
            + box(132, 142, 144, 184, 36, p.main) + box(150, 196, 108, 96, 16, p.light)
            + faded(stroke("M150 176 v110", "#ffffff", 9), 0.5)
            + motif(sign, 204, 232, 48, p, p.accent)
            + stroke("M184 272 h40", p.deep, 4) + _bubbles(p))


def tube(p: Palette, sign: str) -> str:
    """A tube standing on its cap."""
    return (path("M140 92 h120 l-16 196 h-88 z", p.main) + box(136, 80, 128, 24, 6, p.deep)
            + box(154, 284, 92, 40, 10, p.deep) + stroke("M170 296 v18 M200 296 v18 M230 296 v18",
                                                        p.main, 4)
            + box(160, 150, 80, 92, 14, p.light) + motif(sign, 200, 184, 44, p, p.accent)
            + stroke("M182 224 h36", p.deep, 4))


def soap(p: Palette, sign: str) -> str:
    """A bar of soap on a wooden dish, with foam."""
    return (oval(200, 300, 130, 24, "#c69a68") + oval(200, 292, 130, 24, "#dcb585")
            + box(96, 186, 208, 100, 40, p.deep) + box(96, 176, 208, 98, 40, p.main)
            + box(124, 194, 152, 62, 26, p.light) + motif(sign, 200, 225, 50, p, p.accent)
            + circle(120, 174, 24, "#ffffff") + circle(150, 158, 18, "#ffffff")
            + circle(98, 152, 12, "#ffffff") + circle(132, 128, 8, p.light)
            + faded(circle(262, 132, 22, "#ffffff") + circle(296, 104, 12, "#ffffff"), 0.85))


def towel(p: Palette, sign: str) -> str:
    """A towel with a hood and two ears."""
    return (both(circle(244, 120, 26, p.main) + circle(244, 120, 13, p.accent))
            + path("M200 92 C262 92 296 150 304 300 Q306 320 286 320 H114 Q94 320 96 300 "
                   "C104 150 138 92 200 92 Z", p.main)
            + path("M200 106 C244 106 268 146 266 196 Q200 228 134 196 C132 146 156 106 200 106 Z",
                   p.light)
            + face(200, 160, 84) + both(oval(246, 176, 12, 8, p.accent))
            + stroke("M106 296 H294", p.deep, 7, ' stroke-dasharray="2 12"')
            + motif(sign, 200, 256, 50, p))


def oil(p: Palette, sign: str) -> str:
    """A small bottle of oil with a dropper."""
    return (box(180, 70, 40, 62, 20, p.deep) + box(170, 126, 60, 28, 8, INK)
            + path("M176 152 h48 v16 q44 14 44 58 v70 q0 26 -26 26 h-84 q-26 0 -26 -26 v-70 "
                   "q0 -44 44 -58 z", p.main)
            + path("M132 244 h136 v52 q0 26 -26 26 h-84 q-26 0 -26 -26 z", p.accent)
            + box(150, 212, 100, 76, 12, p.light) + motif(sign, 200, 250, 52, p, p.deep)
            + faded(stroke("M150 206 q8 -18 22 -24", "#ffffff", 7), 0.6))


def jar(p: Palette, sign: str) -> str:
    """A jar of cream, its lid beside a dab."""
    return (box(116, 176, 168, 136, 30, p.main) + box(104, 132, 192, 58, 18, p.deep)
            + stroke("M128 150 v24 M152 150 v24 M176 150 v24 M200 150 v24 M224 150 v24 M248 150 "
                     "v24 "
                     "M272 150 v24", p.main, 3)
            + box(138, 206, 124, 80, 16, p.light) + motif(sign, 200, 240, 50, p, p.accent)
            + stroke("M180 274 h40", p.deep, 4)
            + path("M286 316 q-6 -26 18 -34 q4 -14 18 -10 q22 10 14 32 q-4 14 -24 14 z", "#ffffff"))


def brush(p: Palette, sign: str) -> str:
    """A soft brush and a comb."""
    hairs = "".join(stroke(f"M{x} 148 v-34", p.light, 7) for x in range(150, 256, 13))
    teeth = "".join(stroke(f"M{x} 250 v30", p.accent, 6) for x in range(112, 222, 13))
    drawn = hairs + box(136, 142, 130, 36, 18, p.main) + box(254, 148, 100, 24, 12, p.deep)
    comb = box(104, 226, 120, 30, 14, p.accent) + teeth + box(214, 228, 90, 24, 12, p.accent)
    return turned(drawn, -18, 200, 160) + turned(comb, 10, 200, 250) + motif(sign, 276, 302, 40, p,
                                                                            p.main)


def sponge(p: Palette, sign: str) -> str:
    """A sea sponge with holes and bubbles."""
    holes = [(140, 210, 12), (180, 182, 9), (216, 224, 14), (262, 196, 10), (166, 254, 10),
             (248, 254, 12), (206, 270, 7), (122, 246, 7), (286, 232, 7)]
    return (path("M96 230 C84 176 130 140 176 150 C206 126 262 136 282 166 C324 182 322 252 292 "
                 "276 "
                 "C262 312 150 314 124 288 C102 280 94 254 96 230 Z", p.main)
            + "".join(oval(x, y, r, r * 0.8, p.deep) for x, y, r in holes)
            + both(circle(300, 134, 16, "#ffffff")) + circle(150, 110, 10, "#ffffff")
            + circle(212, 104, 20, "#ffffff") + motif(sign, 318, 96, 34, p, p.accent))


def duck(p: Palette, sign: str) -> str:
    """A rubber duck on the water."""
    return (path("M96 216 C110 232 136 236 152 222 C150 176 164 112 224 112 C276 112 300 156 "
                 "284 196 "
                 "C318 216 320 300 248 304 H158 C108 304 84 262 96 216 Z", p.main)
            + path("M284 158 q40 -6 44 14 q-8 20 -46 12 z", p.accent) + circle(246, 152, 9, INK)
            + circle(249, 149, 3, "#ffffff")
            + path("M150 238 q44 -22 84 4 q-10 44 -54 40 q-28 -4 -30 -44 z", p.deep)
            + stroke("M76 306 q20 -16 40 0 t40 0 t40 0 t40 0 t40 0 t40 0", p.shape, 12)
            + stroke("M76 306 q20 -16 40 0 t40 0 t40 0 t40 0 t40 0 t40 0", p.deep, 5)
            + motif(sign, 196, 256, 30, p))


def basket(p: Palette, sign: str) -> str:
    """A gift basket with a bow."""
    weave = "".join(stroke(f"M{96 + shift} {y} h{208 - 2 * shift}", p.deep, 5,
                           ' stroke-dasharray="18 12"')
                    for shift, y in ((4, 244), (10, 266), (16, 288)))
    return (box(134, 120, 52, 110, 16, p.accent) + box(144, 100, 32, 28, 8, p.deep)
            + box(196, 140, 62, 90, 14, p.light) + motif(sign, 227, 182, 40, p, p.accent)
            + circle(276, 204, 34, p.shape) + ring(276, 204, 20, p.main, 6)
            + path("M84 222 h232 l-20 92 q-3 12 -16 12 H120 q-13 0 -16 -12 z", p.main) + weave
            + stroke("M110 222 C110 60 290 60 290 222", p.deep, 9)
            + both(path("M200 102 q34 -34 48 -8 q6 26 -48 12 z", p.accent))
            + circle(200, 102, 12, p.deep))


def wipes(p: Palette, sign: str) -> str:
    """A box of cotton cloths, one peeping out."""
    return (path("M168 156 q-4 -66 34 -58 q20 -30 34 8 q18 14 0 50 z", "#ffffff")
            + stroke("M186 146 q4 -26 16 -38 M216 148 q4 -20 12 -30", p.shape, 5)
            + box(92, 150, 216, 150, 28, p.main) + oval(200, 160, 62, 15, p.deep)
            + box(120, 196, 160, 78, 16, p.light) + motif(sign, 200, 236, 54, p, p.accent))


def thermometer(p: Palette, sign: str) -> str:
    """A bath thermometer shaped like a fish."""
    return (path("M84 206 C120 120 232 116 282 196 L338 150 q12 -6 12 8 v96 q0 14 -12 8 L282 216 "
                 "C232 296 120 292 84 206 Z", p.main)
            + circle(132, 190, 12, "#ffffff") + circle(130, 191, 6, INK)
            + box(170, 178, 96, 52, 14, p.light) + stroke("M186 204 h40", p.accent, 9)
            + circle(184, 204, 10, p.accent) + stroke("M240 194 v6 M250 194 v12", p.deep, 3)
            + stroke("M104 226 q14 12 26 6", p.deep, 5) + circle(96, 132, 12, p.shape)
            + circle(116, 104, 8, p.shape) + circle(84, 98, 5, p.shape)
            + motif(sign, 216, 264, 0, p))


def _bubbles(p: Palette) -> str:
    return (ring(308, 196, 15, p.deep, 4) + ring(326, 158, 9, p.deep, 4)
            + ring(104, 226, 11, p.deep, 4) + ring(92, 262, 6, p.deep, 3))


DRAWINGS = {
    "bottle": bottle, "tube": tube, "soap": soap, "towel": towel, "oil": oil, "jar": jar,
    "brush": brush, "sponge": sponge, "duck": duck, "basket": basket, "wipes": wipes,
    "thermometer": thermometer,
}
