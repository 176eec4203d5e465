"""Passwords: what is good enough, and argon2id over it. Nothing here is kept or logged."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alliance.core.errors import Invalid

SHORTEST, LONGEST = 12, 128

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = ("$argon2id$v=19$m=19456,t=2,p=1$"
           "3Oa4E7JORbA1B7w+PjyGrA$TlSGwxPo+ESo7H6MygT1EOj9XVpFeMSLPFjGgBiNLww")
_COMMON = frozenset((
    "password1234", "password12345", "password123456", "passwordpassword", "passw0rd1234",
    "1234567890123", "123456789012", "12345678901234", "123456123456", "123123123123",
    "qwertyuiop12", "qwertyuiop123", "qwerty123456", "qwertyqwerty", "1qaz2wsx3edc",
    "1q2w3e4r5t6y", "abcdefghijkl", "abcdefghijklm", "abcd12345678", "administrator",
    "administrator1", "letmeinletmein", "letmein12345", "iloveyou1234", "iloveyouiloveyou",
    "welcome12345", "welcome123456", "changeme1234", "changemechangeme",
    "correcthorsebatterystaple", "correct horse battery staple",
    "woaini1314520", "woaini521314", "monkeymonkey",
    "dragondragon", "sunshine1234", "football1234", "trustno1trustno1",
))


def check(password: str, email: str) -> None:
    """Refuse a password that is short, well known, or made from the mail address: `Invalid`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("password_length", f"A password has {SHORTEST} to {LONGEST} characters; "
                      "four words that do not belong together are a good one.",
                      shortest=SHORTEST, longest=LONGEST)
    lower = password.casefold()
    if lower in _COMMON or len(set(lower)) < 5:
        raise Invalid("password_common", "That password is among the first that thieves try.")
    local = email.partition("@")[0].casefold()
    if len(local) >= 4 and local in lower:
        raise Invalid("password_from_email", "Leave your mail address out of the password.")


def hashed(password: str) -> str:
    """The argon2id hash that is kept."""
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether the password fits. With nothing kept the same work is done, so time tells nothing."""
    # One character more than the longest can fit no hash, and bounds what a stranger makes us do.
    tried = password[:LONGEST + 1]
    try:
        return _HASHER.verify(_NOBODY if kept is None else kept, tried) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker costs than today's."""
    return _HASHER.check_needs_rehash(kept)
