"""Overview."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

pages = Blueprint("overview", __name__)


@pages.get("/overview")
def index() -> ResponseReturnValue:
    """What did the alliance bring me, and what needs me?"""
    return render_template("overview/index.html")
