"""The ledger's proofs: small files that anybody can check without asking a hub."""

from __future__ import annotations

import json
from dataclasses import asdict

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from alliance.settlement import reading as closing_reads
from alliance.web.asked import by, reading

pages = Blueprint("ledger", __name__)


@pages.get("/ledger/entries/<entry_id>/proof")
def proof(entry_id: str) -> ResponseReturnValue:
    """The file that `alliance verify proof.json` takes."""
    found = closing_reads.proof(reading(), by(), entry_id)
    return Response(json.dumps(asdict(found), indent=1) + "\n", mimetype="application/json",
                    headers={"Content-Disposition": 'attachment; filename="proof.json"'})
