"""`POST /embed/v1/vitals`: how heavy an element was for one page. Anything odd is passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from alliance.core.errors import AllianceError
from alliance.core.ids import checked
from alliance.rules.vitals import HIGHEST
from alliance.web.hot.follow import Recorder
from alliance.web.hot.instants import Instant
from alliance.web.hot.seen import body_of
from alliance.web.hot.slates import Slates
from alliance.web.hot.sparing import is_person, is_preview
from alliance.web.pace import VITAL, VITALS, Turnstile
from alliance.web.visitors import Place


class Weighing:
    """Keeps samples of field metrics, without a word of whose they are.

    Enough bad samples pause a placement, and anybody can post one: so a neighbourhood of addresses
    (/24, /48) counts once a day for a placement, and none alone reaches what a pause asks for.
    """

    def __init__(self, slates: Slates, spool: Recorder, public_url: Callable[[], str]) -> None:
        self._slates = slates
        self._spool = spool
        self._public_url = public_url
        self._by_visitor, self._by_prefix = Turnstile(VITAL), Turnstile(VITALS)

    def take(self, environ: dict[str, Any], address: str, place: Place, at: Instant) -> None:
        """Keep one sample, if it is one."""
        found = read(environ)
        if found is None or not is_person(environ) or is_preview(environ, self._public_url()):
            return
        placement_id, sample = found
        if not self._is_known(placement_id, at) or not self._counts(
                placement_id, environ, address, place, at):
            return
        line = json.dumps({"kind": "vital", "at": at.now.isoformat(), "placement": placement_id,
                           **sample}, separators=(",", ":"))
        self._spool.write_line(line.encode() + b"\n", now=at.now)

    def _is_known(self, placement_id: str, at: Instant) -> bool:
        try:
            self._slates.shown(placement_id, at.now)
        except AllianceError:
            return False
        return True

    def _counts(self, placement_id: str, environ: dict[str, Any], address: str, place: Place,
                at: Instant) -> bool:
        if place.stranger:
            return self._by_prefix.lets((placement_id, place.prefix), at.seconds)
        visitor = at.day.visitor(address, environ.get("HTTP_USER_AGENT", ""))
        return self._by_visitor.lets((placement_id, visitor), at.seconds)


def read(environ: dict[str, Any]) -> tuple[str, dict[str, int]] | None:
    """The placement and its sample by metric, or None when it is not understood."""
    try:
        value = json.loads(body_of(environ))
        sample = {metric: value[metric] for metric in HIGHEST}
        if any(type(sample[metric]) is not int or not 0 <= sample[metric] <= highest
               for metric, highest in HIGHEST.items()):
            return None
        return checked("plc", value["placement"]), sample
    except (ValueError, KeyError, TypeError, AllianceError, RecursionError, OSError):
        return None
