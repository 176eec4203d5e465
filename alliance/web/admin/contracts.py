"""Contracts: what did we agree? Plain language first, then clauses, versions and signatures."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from alliance.alliances import contracts, members
from alliance.alliances.contracts import ContractSeen, VersionSeen
from alliance.alliances.model import Contract, TermsVersion
from alliance.core.errors import AllianceError, NotFound
from alliance.insights import bonds, seats
from alliance.rules.gaps import gaps
from alliance.rules.sentences import Sentence
from alliance.rules.summary import summary
from alliance.rules.terms import Basis, Terms
from alliance.settlement import commissions
from alliance.web.asked import again, by, change, now, own_seats, reading

pages = Blueprint("contracts", __name__)


@pages.get("/contracts")
def index() -> ResponseReturnValue:
    """All that the reader may know of, by alliance; one's own first."""
    found = []
    for alliance in members.alliances_of(reading(), by()):
        seen = contracts.contracts_of(reading(), by(), alliance.id)
        found.append((alliance, sorted(seen, key=lambda each: not each.is_party)))
    return render_template("contracts/index.html", found=found, own=set(own_seats().values()),
                           state_of=_state)


@pages.get("/contracts/<contract_id>")
def show(contract_id: str) -> ResponseReturnValue:
    """The newest version in words, its clauses, and the history with signatures."""
    versions = contracts.history(reading(), by(), contract_id)
    contract = reading().get_one(Contract, contract_id)
    if not versions:
        raise NotFound("contract", contract_id)
    shown = _wanted(versions)
    own = seats.own(reading(), by()).get(contract.alliance_id, "")
    is_party = own in (contract.seller_member_id, contract.host_member_id)
    bound = bonds.running(reading(), contract, versions, now=now()) if is_party else None
    signed = {hand.member_id for hand in shown.signatures}
    return render_template(
        "contracts/show.html", contract=contract, versions=versions, shown=shown,
        is_party=is_party, own=own, bound=bound, parts=parts(shown.terms), gaps=gaps(shown.terms),
        may_sign=is_party and own not in signed and shown is versions[0]
        and contract.state != "ended" and not gaps(shown.terms),
        pieces=[clause for clause in shown.terms.clauses if clause.basis is Basis.FLAT_FEE]
        if shown.span and own == contract.seller_member_id else [],
        alliance=members.place(reading(), by(), contract.alliance_id)[0])


@pages.post("/contracts/<contract_id>/signature")
def sign(contract_id: str) -> ResponseReturnValue:
    """Sign one version; the second signature puts it in force."""
    terms_id = request.form.get("terms", "")
    if reading().scalar(select(TermsVersion.id).where(
            TermsVersion.id == terms_id, TermsVersion.contract_id == contract_id)) is None:
        raise NotFound("terms", terms_id[:40])
    try:
        contract = change(lambda session: contracts.sign(session, by(), terms_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, contract_id=contract_id)
    flash(_("Signed. The contract is in force.") if contract.state == "in_force"
          else _("Signed. It binds as soon as the other side has signed too."))
    return redirect(url_for("contracts.show", contract_id=contract_id), 303)


@pages.post("/contracts/<contract_id>/ending")
def end(contract_id: str) -> ResponseReturnValue:
    """Withdraw what does not bind yet, or give notice."""
    try:
        change(lambda session: contracts.end(session, by(), contract_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, contract_id=contract_id)
    flash(_("Ended. What binds runs on until the notice is over; what was earned stays."))
    return redirect(url_for("contracts.show", contract_id=contract_id), 303)


@pages.post("/contracts/<contract_id>/acceptance")
def accept(contract_id: str) -> ResponseReturnValue:
    """The seller takes a piece of content: its agreed sum is due, once."""
    form = request.form
    try:
        booked = change(lambda session: commissions.accept_content(
            session, by(), contract_id, form.get("clause", ""), piece=form.get("piece", ""),
            now=now()))
    except AllianceError as refusal:
        return again(refusal, show, contract_id=contract_id)
    flash(_("Accepted. The sum is due and stands in the next close.") if booked
          else _("This piece was accepted before; nothing is owed twice."))
    return redirect(url_for("contracts.show", contract_id=contract_id), 303)


def parts(terms: Terms) -> dict[str, list[Sentence]]:
    """The summary in three parts: who pays what, when, and the rest about money and endings."""
    found: dict[str, list[Sentence]] = {"pays": [], "times": [], "rest": []}
    for sentence in summary(terms):
        kind, _dot, rest = sentence.code.partition(".")
        if kind != "terms" or rest in ("parties", "from", "from_until"):
            found["pays"].append(sentence)
        elif rest.partition(".")[0] in (
                "window", "credit", "bond", "no_bond", "recurring", "hold", "cycle"):
            found["times"].append(sentence)
        else:
            found["rest"].append(sentence)
    return found


def _wanted(versions: list[VersionSeen]) -> VersionSeen:
    asked = request.args.get("version", "")
    return next((each for each in versions if str(each.version.version) == asked), versions[0])


def _state(seen: ContractSeen) -> tuple[str, str]:
    state, span = seen.contract.state, seen.span
    if state == "ended" and span is not None and span.ends_at is not None and span.ends_at > now():
        return "contract.notice", "warn"
    tones = {"draft": "quiet", "offered": "warn", "in_force": "good", "ended": "quiet"}
    return f"contract.{state}", tones[state]
