"""Short codes: eight signs by chance and one to check them, for what people read and type."""

from __future__ import annotations

import secrets

from alliance.core.errors import Invalid

SIGNS = "023456789abcdefghjkmnpqrstvwxyz"
"""31 signs without 1, i, l, o and u: a prime number, so every single slip is noticed."""

LENGTH = 8
"""Signs without the one that checks them."""


def draw() -> str:
    """A fresh short code."""
    body = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return body + _check_sign(body)


def check(text: str) -> str:
    """The code in lower case, or `Invalid` when its check sign says that it was mistyped."""
    code = text.strip().lower()
    if not fits(code):
        raise Invalid("mistyped_code", f"{text[:20]!r} is not one of our links: a sign of it "
                      "was mistyped. Compare it with where you read it.")
    return code


def fits(code: str) -> bool:
    """Whether these signs, as they stand, can be a code of ours: the check sign fits."""
    known = len(code) == LENGTH + 1 and all(sign in SIGNS for sign in code)
    return known and _check_sign(code[:-1]) == code[-1]


def _check_sign(body: str) -> str:
    # Weights differ by one between neighbours, so swapping two neighbours is noticed too.
    total = sum((place + 2) * SIGNS.index(sign) for place, sign in enumerate(body))
    return SIGNS[-total % len(SIGNS)]
