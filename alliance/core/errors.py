"""The kinds of refusal. The domain names the kind and a code; only the web knows status numbers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class AllianceError(Exception):
    """A refusal: what happened (`code`), and the values a sentence about it needs (`facts`).

    `code` is documented in docs/reference/errors.md and translated at the edge; `str()` is the
    English sentence for logs and for programs.
    """

    kind = "error"

    def __init__(self, code: str, detail: str, **facts: str | int) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.facts: Mapping[str, str | int] = MappingProxyType(facts)


class Invalid(AllianceError):
    """What was sent breaks a rule; sending it again unchanged cannot help."""

    kind = "invalid"


class NotAllowed(AllianceError):
    """The actor is known but has no right to do this."""

    kind = "not_allowed"


class NotFound(AllianceError):
    """There is no such record, or not one that this actor may see: the two look the same."""

    kind = "not_found"

    def __init__(self, what: str, ref: str) -> None:
        super().__init__("not_found", f"There is no {what} {ref} that you can see.",
                         what=what, ref=ref)


class Conflict(AllianceError):
    """The record is in a state that does not allow this, or the same id came with other content."""

    kind = "conflict"


class TooMany(AllianceError):
    """A limit was reached; `facts["retry_after"]` says in how many seconds to come back."""

    kind = "too_many"


class Unavailable(AllianceError):
    """Something outside did not answer; trying again later can help."""

    kind = "unavailable"
