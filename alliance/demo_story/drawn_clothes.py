"""Drawings of what Li sells: small clothes, hats, socks and blankets."""

from __future__ import annotations

from alliance.demo_story.pencil import Palette, both, box, circle, motif, oval, path, stroke


def onesie(p: Palette, sign: str) -> str:
    """A bodysuit with short sleeves and three snaps."""
    return (path("M160 92 q40 26 80 0 l38 16 q14 6 20 22 l18 50 q4 12 -8 17 l-26 11 q-9 3 -13 -6 "
                 "l-9 -18 v58 q0 40 -34 62 q-6 16 -26 16 q-20 0 -26 -16 q-34 -22 -34 -62 v-58 "
                 "l-9 18 q-4 9 -13 6 l-26 -11 q-12 -5 -8 -17 l18 -50 q6 -16 20 -22 z", p.main)
            + stroke("M160 92 q40 26 80 0", p.deep, 8)
            + both(stroke("M282 206 l28 -12", p.deep, 6)
            + stroke("M258 250 q-2 32 -30 52", p.deep, 5)
                   + circle(216, 306, 4, p.light))
            + circle(200, 310, 4, p.light) + motif(sign, 200, 192, 66, p))


def long_onesie(p: Palette, sign: str) -> str:
    """A suit with legs and feet, for the night."""
    return (both(path("M200 104 q22 -1 36 -12 l34 14 q16 8 22 26 l28 84 q4 12 -7 16 l-18 6 "
                      "q-10 3 -14 -7 l-21 -54 v40 l10 100 q2 20 -18 22 l-22 1 q-14 0 -17 -14 "
                      "l-13 -62 z", p.main)
                 + stroke("M298 250 l20 -7", p.deep, 6) + stroke("M235 318 l34 -2", p.deep, 6))
            + stroke("M164 92 q36 24 72 0", p.deep, 8) + stroke("M200 110 V250", p.deep, 3)
            + "".join(circle(200, y, 4.5, p.light) for y in (132, 160, 188, 216))
            + motif(sign, 234, 176, 34, p))


def hat(p: Palette, sign: str) -> str:
    """A soft beanie with a turned-up brim and a bobble."""
    return (circle(200, 106, 30, p.accent)
            + path("M104 262 C96 150 148 118 200 118 C252 118 304 150 296 262 Z", p.main)
            + box(90, 240, 220, 52, 24, p.deep)
            + "".join(stroke(f"M{x} 250 v32", p.main, 4) for x in range(112, 300, 22))
            + motif(sign, 200, 190, 58, p))


def sun_hat(p: Palette, sign: str) -> str:
    """A hat with a brim and a bow."""
    return (oval(200, 258, 132, 38, p.deep) + oval(200, 250, 132, 36, p.main)
            + path("M118 246 C112 150 150 116 200 116 C250 116 288 150 282 246 "
                   "Q200 278 118 246 Z", p.main)
            + path("M117 224 Q200 262 283 224 L282 248 Q200 280 118 248 Z", p.accent)
            + motif(sign, 200, 176, 56, p))


def socks(p: Palette, sign: str) -> str:
    """Two socks, one a little behind the other."""
    sock = (path("M0 0 h62 v104 q0 12 10 20 l46 34 q22 18 6 42 q-16 22 -44 8 l-66 -38 "
                 "q-22 -12 -22 -38 z", p.main)
            + box(-12, -8, 78, 34, 12, p.deep)
            + path("M-8 120 q6 26 26 38 q14 -18 2 -42 z", p.accent)
            + path("M124 158 q22 18 6 42 q-14 20 -40 10 q-2 -38 34 -52 z", p.accent))
    return (f'<g transform="translate(196 96) rotate(8)">{sock}</g>'
            f'<g transform="translate(108 116) rotate(-4)">{sock}'
            f'{motif(sign, 30, 66, 36, p)}</g>')


def blanket(p: Palette, sign: str) -> str:
    """A folded blanket with a fringe."""
    fringe = "".join(stroke(f"M{x} 296 v18", p.deep, 5) for x in range(100, 306, 16))
    return (fringe + box(88, 236, 226, 62, 20, p.deep) + box(84, 178, 232, 76, 22, p.main)
            + box(88, 122, 224, 72, 24, p.light)
            + stroke("M104 236 h190 M108 180 h186", p.main, 3, ' stroke-dasharray="2 10"')
            + path("M240 122 h48 q24 0 24 24 v108 l-36 -18 l-36 18 z", p.accent)
            + motif(sign, 276, 186, 42, p) + motif(sign, 160, 158, 44, p, p.accent))


def trousers(p: Palette, sign: str) -> str:
    """Soft trousers with cuffs and a drawstring."""
    return (both(path("M200 110 h62 l18 168 q2 14 -12 15 l-40 3 q-12 1 -14 -11 l-14 -96 z", p.main)
                 + box(220, 272, 66, 28, 12, p.deep) + circle(240, 230, 15, p.accent))
            + box(132, 96, 136, 34, 14, p.deep)
            + stroke("M194 128 q-14 20 -20 34 M206 128 q14 20 20 34", p.light, 4)
            + motif(sign, 160, 190, 34, p))


def dungarees(p: Palette, sign: str) -> str:
    """Dungarees with a bib pocket and buttons."""
    return (both(stroke("M232 160 L252 88", p.deep, 20)
                 + path("M200 150 h50 q4 30 26 42 l16 112 q2 13 -11 14 l-44 2 q-11 0 -13 -11 "
                        "l-18 -66 h-6 z", p.main)
                 + circle(236, 158, 9, p.accent) + box(226, 296, 66, 24, 10, p.deep))
            + box(172, 176, 56, 46, 10, p.deep) + motif(sign, 200, 198, 36, p))


def cardigan(p: Palette, sign: str) -> str:
    """A knitted jacket, buttoned."""
    return (both(path("M200 138 L230 94 l44 16 q14 6 19 22 l30 104 q4 13 -8 17 l-22 6 q-11 3 "
                      "-15 -8 "
                      "l-18 -52 v100 q0 12 -12 12 h-48 z", p.main)
                 + stroke("M230 96 L202 142 V306", p.deep, 9)
                 + stroke("M290 254 l30 -9", p.deep, 8) + stroke("M212 300 h44", p.deep, 8)
                 + motif(sign, 234, 200, 36, p))
            + "".join(circle(200, y, 7, p.accent) for y in (164, 200, 236, 272)))


def bib(p: Palette, sign: str) -> str:
    """A bib with a soft edge."""
    return (path("M138 82 C120 140 110 150 102 196 C90 270 140 318 200 318 C260 318 310 270 298 "
                 "196 "
                 "C290 150 280 140 262 82 C256 66 240 70 242 88 C248 132 232 156 200 156 "
                 "C168 156 152 132 158 88 C160 70 144 66 138 82 Z", p.deep)
            + path("M140 106 C130 150 122 160 116 200 C106 264 148 304 200 304 "
                   "C252 304 294 264 284 200 C278 160 270 150 260 106 C258 146 240 172 200 172 "
                   "C160 172 142 146 140 106 Z", p.main) + motif(sign, 200, 236, 84, p))


def sleeping_bag(p: Palette, sign: str) -> str:
    """A sleeping bag with a zip."""
    return (both(path("M200 122 q18 0 28 -34 l26 6 q10 4 8 18 q-2 30 12 46 q20 90 20 128 "
                      "q0 38 -38 38 h-56 z", p.main)
                 + stroke("M262 160 q-22 -16 -26 -38", p.deep, 7))
            + stroke("M172 90 q28 64 56 0", p.deep, 7)
            + stroke("M200 130 V306", p.light, 6, ' stroke-dasharray="1 9"')
            + circle(200, 132, 7, p.accent) + motif(sign, 150, 236, 48, p)
            + motif(sign, 250, 262, 40, p) + motif(sign, 244, 198, 28, p))


def mittens(p: Palette, sign: str) -> str:
    """Two mittens on a cord."""
    mitten = (path("M-40 40 v-52 a42 44 0 0 1 84 0 v52 z M38 4 q28 -22 38 0 q6 16 -14 26 l-24 8 z",
                   p.main) + box(-46, 34, 96, 38, 14, p.deep) + motif(sign, 2, -8, 46, p))
    return (stroke("M110 226 C110 336 290 336 290 226", p.accent, 5)
            + f'<g transform="translate(118 172) rotate(-12) scale(.92)">{mitten}</g>'
            + f'<g transform="translate(282 172) rotate(12) scale(-.92 .92)">{mitten}</g>')


def dress(p: Palette, sign: str) -> str:
    """A small dress with a round collar."""
    return (both(path("M200 110 h30 l28 12 q12 26 8 46 l-22 8 l42 114 q-40 18 -86 18 z", p.main)
                 + path("M200 108 q20 2 32 -12 q14 24 -8 32 q-16 4 -24 -14 z", p.light)
                 + stroke("M244 178 L200 178", p.deep, 8)
                 + stroke("M282 282 Q242 298 200 298", p.accent, 7))
            + motif(sign, 200, 236, 58, p) + circle(200, 178, 9, p.accent))


DRAWINGS = {
    "onesie": onesie, "long_onesie": long_onesie, "hat": hat, "sun_hat": sun_hat, "socks": socks,
    "blanket": blanket, "trousers": trousers, "dungarees": dungarees, "cardigan": cardigan,
    "bib": bib, "sleeping_bag": sleeping_bag, "mittens": mittens, "dress": dress,
}
