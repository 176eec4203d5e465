"""Addresses that links lead to: a page proved to be the seller's own, and what is added to it.

Pure functions: the hot path builds each shopper's address from memory with them. An address that
a member typed is hostile until it is proved to lie in the seller's own shop (T18).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from alliance.core.errors import Invalid

LONGEST = 1000
UTM = ("source", "medium", "campaign", "content", "term")
TOKEN = "alc"
"""The parameter that carries the click token into the seller's shop."""

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
                   r"(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+", re.ASCII)
_QUERY = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=:@/?\[\]|-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_HIDDEN_IN_PATH = re.compile(r"[\x00-\x20\\/\x7f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ELSEWHERE = re.compile(r"\s*([a-z][a-z0-9+.-]*:\s*[/\\]|[/\\]\s*[/\\]|[^/]*\\|"
                        r"(https?|ftp|file|javascript|vbscript|data|blob|about|mailto|tel):)",
                        re.ASCII | re.IGNORECASE)


class Stem(NamedTuple):
    """An address up to where the click token stands, and what comes after it."""

    before: str
    after: str

    def with_token(self, token: str) -> str:
        """The whole address for one click."""
        return f"{self.before}{token}{self.after}"


def homes(own: str, extra_hosts: Sequence[str]) -> list[str]:
    """Where a store's pages lie: its own address, and the further hosts proved to be its own."""
    return [own, *(f"https://{host}" for host in extra_hosts)]


def stem(url: str, *, channel: str, asset: str = "",
         utm: Mapping[str, str] | None = None) -> Stem:
    """A target's address with its labels, ready for any number of click tokens.

    What the host gave in `utm` (by the names in `UTM`) stands before all; what the page's address
    says itself is kept; what neither says is the hub's own: source `alliance`, medium `referral`,
    campaign the channel, content the asset. All other parameters stay byte for byte.
    """
    head, mark, fragment = url.partition("#")
    path, _, query = head.partition("?")
    given = {name: value for name, value in (utm or {}).items() if name in UTM and value}
    kept = [piece for piece in query.split("&") if piece and _name(piece) != TOKEN
            and _name(piece) not in {f"utm_{name}" for name in given}]
    said = {_name(piece) for piece in kept}
    ours = {"source": "alliance", "medium": "referral", "campaign": channel, "content": asset}
    labels = given | {name: value for name, value in ours.items()
                      if value and name not in given and f"utm_{name}" not in said}
    pairs = [f"utm_{name}={quote(labels[name], safe='')}" for name in UTM if name in labels]
    return Stem(f"{path}?{'&'.join([*kept, *pairs, f'{TOKEN}='])}", mark + fragment)


def address(url: str, token: str, *, channel: str, asset: str = "",
            utm: Mapping[str, str] | None = None) -> str:
    """Where one click leads: the target's address with its labels and the click's token."""
    return stem(url, channel=channel, asset=asset, utm=utm).with_token(token)


def page(text: str, homes: Sequence[str]) -> str:
    """The address of a page in one of these shops, in one spelling, or `Invalid`.

    `homes` are whole beginnings such as `https://shop.example` or `https://shop.example/shop`:
    scheme, host, port and folder must be theirs. A fragment and a click token are dropped.
    `malformed_page` for what two readers could read differently, `foreign_page` for another
    place, `page_leads_on` for an address within the address, which a shop might follow.
    """
    scheme, origin, path, query = _parts(text)
    if not any(origin == _origin(home) and _is_within(path, home) for home in homes):
        raise Invalid("foreign_page", "This page is not in a shop of a member whose contract with "
                      "you is in force.")
    pieces = [piece for piece in query.split("&") if piece and _name(piece) != TOKEN]
    for piece in pieces:
        # Some shops part their queries at semicolons too.
        for part in re.split("[=;]", piece):
            _check_part(part)
    whole = f"{origin}{path}" + (f"?{'&'.join(pieces)}" if pieces else "")
    if len(whole) > LONGEST:
        raise _malformed(f"it has more than {LONGEST} characters")
    return whole


def _parts(text: str) -> tuple[str, str, str, str]:
    text = text.strip(" ").partition("#")[0]
    if not text or len(text) > LONGEST:
        raise _malformed(f"an address has 1 to {LONGEST} characters")
    if not text.isprintable() or "\\" in text or " " in text:
        raise _malformed("it has a blank, a backslash or a sign that cannot be seen")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _malformed("it cannot be read") from None
    if parts.scheme not in ("https", "http") or not text.lower().startswith(f"{parts.scheme}://"):
        raise _malformed("it does not start with https://")
    # What is between :// and / must be the host and the port alone, in the plainest spelling.
    usual = {"https": 443, "http": 80}[parts.scheme]
    if parts.netloc.lower() not in {host, f"{host}:{port}"} or not _HOST.fullmatch(host):
        raise _malformed("its host is not a plain name")
    place = host if port in (None, usual) else f"{host}:{port}"
    return (parts.scheme, f"{parts.scheme}://{place}", _path(parts.path or "/"),
            _spelled(parts.query, "/?:@!$&'()*+,;=[]|~"))


def _path(path: str) -> str:
    path = _spelled(path, "/:@!$&'()*+,;=~")
    if not _PATH.fullmatch(path):
        raise _malformed("its path has signs that paths do not have")
    if "//" in path:
        raise _malformed("its path has an empty part")
    for segment in path.split("/"):
        for read in _readings(unquote, segment):
            if read.split(";")[0] in {".", ".."} or _HIDDEN_IN_PATH.search(read):
                raise _malformed("its path does not say one place")
    return path


def _spelled(text: str, safe: str) -> str:
    # Letters of other scripts travel as UTF-8; what is escaped already stays as it is.
    return quote(text, safe=safe + "%")


def _check_part(part: str) -> None:
    if not _QUERY.fullmatch(part):
        raise _malformed("its query has signs that queries do not have")
    for read in _readings(unquote_plus, part):
        if _CONTROL.search(read):
            raise _malformed("its query has a sign that cannot be seen")
        if _ELSEWHERE.match(read):
            raise Invalid("page_leads_on", "The address carries another address in it, to which "
                          "the shop might send on. Link to the page itself.")


def _readings(unescape: object, text: str) -> Iterator[str]:
    # Shops unescape once, some twice: neither may find what the first look did not.
    for _ in range(4):
        yield text
        read = unescape(text)  # type: ignore[operator]
        if read == text:
            return
        text = read
    raise _malformed("it is escaped again and again")


def _is_within(path: str, home: str) -> bool:
    folder = urlsplit(home).path.rstrip("/")
    return not folder or path == folder or path.startswith(f"{folder}/")


def _origin(home: str) -> str:
    parts = urlsplit(home)
    return f"{parts.scheme}://{parts.netloc}"


def _name(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0]).lower()


def _malformed(why: str) -> Invalid:
    return Invalid("malformed_page", f"This is not the address of a page: {why}.")
