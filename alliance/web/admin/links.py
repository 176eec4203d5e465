"""Links: a partner's product for a post, a letter or a printed card."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError
from alliance.insights import showing
from alliance.referrals import links
from alliance.web import ui
from alliance.web.asked import again, by, change, hub, now, reading

pages = Blueprint("links", __name__)


@pages.get("/links")
def index() -> ResponseReturnValue:
    """One's links with their clicks, and the form for one more."""
    return render_template(
        "links/index.html", found=ui.paged(showing.links_of(reading(), by())),
        showable=showing.showable(reading(), by(), now=now()),
        public_url=hub().settings.public_url)


@pages.post("/links")
def make() -> ResponseReturnValue:
    """The link to a product for one channel; asking again gives the same one."""
    alliance_id, _sep, product_id = request.form.get("product", "").partition("/")
    try:
        link = change(lambda session: links.make(
            session, by(), alliance_id, product_id,
            channel=request.form.get("channel", "").strip(), now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Your link: %(address)s", address=f"{hub().settings.public_url}/l/{link.code}"))
    return redirect(url_for("links.index"), 303)
