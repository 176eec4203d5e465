"""Statements: is it right to the cent?"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from alliance.insights import closings
from alliance.settlement import reading as closing_reads
from alliance.settlement import statements
from alliance.settlement.statements import Line, Statement
from alliance.web import ui
from alliance.web.asked import by, reading

pages = Blueprint("statements", __name__)

KINDS = ("earned", "owed", "gifts", "corrected")


@pages.get("/statements")
def index() -> ResponseReturnValue:
    """Every cycle with its closing, by alliance."""
    found = [(alliance, [(cycle, statements.of_member(reading(), by(), cycle.id))
                         for cycle in cycles])
             for alliance, cycles in closings.of_member(reading(), by())]
    return render_template("statements/index.html", found=found)


@pages.get("/statements/<cycle_id>")
def show(cycle_id: str) -> ResponseReturnValue:
    """Opening to closing, a currency each, and the lines behind every sum."""
    cycle, alliance, _member = closing_reads.cycle(reading(), by(), cycle_id)
    found = statements.of_member(reading(), by(), cycle_id)
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    wanted = request.args.get("currency", "")
    chosen = next((each for each in found if str(each.currency) == wanted),
                  found[0] if found else None)
    head, is_sealed = closings.proof_of(reading(), alliance.id, cycle.id)
    lines = ui.paged(_lines(chosen, kind))
    return render_template(
        "statements/show.html", cycle=cycle, alliance=alliance, statements=found, kind=kind,
        chosen=chosen, lines=lines, head=head, is_sealed=is_sealed,
        entries=closing_reads.booked_by(reading(), [line.commission_id for line in lines.rows]))


def _lines(statement: Statement | None, kind: str) -> list[Line]:
    if statement is None:
        return []
    return [line for line in statement.lines if not kind or statements.kind(line) == kind]
