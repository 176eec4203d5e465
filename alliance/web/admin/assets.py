"""Material: what members give each other to recommend with, where it comes from, who used it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.content import assets, pictures, suggestions
from alliance.content.assets import Told, Wanted
from alliance.content.model import KINDS, LANGUAGES, LICENCES, ORIGINS, Asset
from alliance.content.pictures import Picture
from alliance.core.errors import AllianceError, Invalid
from alliance.core.money import Currency
from alliance.promotions import placements, slates
from alliance.web import asset_files, ui
from alliance.web.asked import again, by, change, hub, now, page_number, reading

pages = Blueprint("assets", __name__)

PAGE = 24
FOLDED = ("origin", "language", "member", "shelf", "placement", "tag", "least", "most", "stock")
"""What the page asks for behind “More filters”."""

UPLOADS = frozenset({"assets.give", "assets.renew"})
LARGEST_UPLOAD = pictures.LARGEST + 3_000_000
"""Bytes of a form with a file: a picture a little too large is refused by name, not by the door."""


@pages.get("/assets")
def index() -> ResponseReturnValue:
    """The library of one's alliances; with a placement, what suits it."""
    place, wanted = page_number(), _wanted()
    found, total = assets.find(reading(), by(), wanted, place=place, size=PAGE)
    placement, suggested = _suggested(request.args.get("placement", ""))
    return render_template(
        "assets/index.html", found=ui.Paged(found, place, total, PAGE), wanted=wanted,
        chosen=request.args, more=any(request.args.get(name) for name in FOLDED),
        kinds=KINDS, origins=ORIGINS, spoken=LANGUAGES,
        members=_members(), placement=placement, suggested=suggested,
        used=assets.used(reading(), [each.id for each in [*found, *suggested]]),
        picture_path=asset_files.path, can_give=bool(members.alliances_of(reading(), by())),
        own_placements=_placements())


@pages.get("/assets/new")
def new() -> ResponseReturnValue:
    """The form."""
    return _form(None)


@pages.post("/assets")
def give() -> ResponseReturnValue:
    """Give a picture, a banner, a text or a video."""
    alliance_id = request.form.get("alliance", "")
    try:
        picture = _picture()
        made = change(lambda session: assets.give(
            session, by(), alliance_id, _told(session, alliance_id), picture, hub().files,
            now=now()))
    except AllianceError as refusal:
        return again(refusal, new)
    flash(_("Given. Every member of the alliance may take it along now."))
    return redirect(url_for("assets.show", asset_id=made.id), 303)


@pages.get("/assets/<asset_id>")
def show(asset_id: str) -> ResponseReturnValue:
    """One asset: what it is, whose, under which licence, how often used; and its versions."""
    asset = assets.seen(reading(), by(), asset_id)
    versions = [asset] if asset.kind == "article" else assets.versions(reading(), asset)
    return render_template(
        "assets/show.html", piece=asset, versions=versions,
        about=assets.products_of(reading(), [asset.id]).get(asset.id, []),
        used=assets.used(reading(), [each.id for each in versions]),
        picture_path=asset_files.path, is_own=_is_own(asset), public_url=hub().settings.public_url)


@pages.get("/assets/<asset_id>/version")
def next_version(asset_id: str) -> ResponseReturnValue:
    """The form with what stands now."""
    return _form(assets.own(reading(), by(), asset_id))


@pages.post("/assets/<asset_id>/version")
def renew(asset_id: str) -> ResponseReturnValue:
    """Give a new version."""
    old = assets.own(reading(), by(), asset_id)
    try:
        picture = _picture(is_needed=False)
        made = change(lambda session: assets.renew(
            session, by(), asset_id, _told(session, old.alliance_id, old.kind), picture,
            hub().files, now=now()))
    except AllianceError as refusal:
        return again(refusal, next_version, asset_id=asset_id)
    flash(_("The new version stands in the library. The old one stays where it is used."))
    return redirect(url_for("assets.show", asset_id=made.id), 303)


@pages.post("/assets/<asset_id>/download")
def take(asset_id: str) -> ResponseReturnValue:
    """Take it along; counted."""
    try:
        asset = change(lambda session: assets.take(session, by(), asset_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, asset_id=asset_id)
    if asset.sha256 is not None:
        return redirect(f"{asset_files.path(asset)}?download=1", 303)
    if asset.url is not None:
        return redirect(asset.url, 303)
    return asset.words, 200, {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{asset.id}.txt"'}


@pages.post("/assets/<asset_id>/withdrawal")
def withdraw(asset_id: str) -> ResponseReturnValue:
    """Take one's own back."""
    change(lambda session: assets.withdraw(session, by(), asset_id, now=now()))
    flash(_("Withdrawn. It is listed and served no longer."))
    return redirect(url_for("assets.show", asset_id=asset_id), 303)


def _form(old: Asset | None) -> ResponseReturnValue:
    about = [] if old is None else assets.products_of(reading(), [old.id]).get(old.id, [])
    return render_template(
        "assets/form.html", old=old, about=about, kinds=[each for each in KINDS
                                                         if each != "article"],
        origins=ORIGINS, licences=LICENCES, spoken=LANGUAGES,
        alliances=members.alliances_of(reading(), by()))


def _picture(*, is_needed: bool = True) -> Picture | None:
    """What was uploaded, decoded before any transaction begins; its name and type do not count."""
    if request.form.get("kind", "picture") not in assets.WITH_FILE:
        return None
    file = request.files.get("file")
    raw = b"" if file is None else file.stream.read(pictures.LARGEST + 1)
    return pictures.read(raw) if raw or is_needed else None


def _told(session: Session, alliance_id: str, kind: str | None = None) -> Told:
    form = request.form
    members.place(session, by(), alliance_id)
    return Told(
        kind=kind or form.get("kind", ""), origin=form.get("origin", ""),
        title=form.get("title", ""), language=form.get("language", ""),
        licence=form.get("licence", ""), granted_by=form.get("granted_by", ""),
        source=form.get("source", ""), tags=_parts(form.get("tags", "")),
        product_ids=assets.products_called(session, alliance_id, _parts(form.get("products", ""))),
        words=form.get("words", ""), url=form.get("url", ""))


def _parts(text: str) -> list[str]:
    return [part.strip() for line in text.replace("，", ",").replace("、", ",").splitlines()
            for part in line.split(",") if part.strip()]


def _wanted() -> Wanted:
    said = {name: request.args.get(name, "")[:80] for name in (
        "kind", "origin", "language", "tag", "text", "shelf")}
    return Wanted(**said, member_id=request.args.get("member", "")[:40],
                  product_id=request.args.get("product", "")[:40],
                  minor_least=_minor("least"), minor_most=_minor("most"),
                  in_stock=request.args.get("stock") == "1")


def _minor(name: str) -> int | None:
    """A price that was asked for; what is none asks for nothing."""
    text = request.args.get(name, "").strip()
    found = members.alliances_of(reading(), by())
    try:
        return ui.cents(text, found[0].currency if found else Currency("EUR")).minor \
            if text else None
    except Invalid:
        return None


def _members() -> dict[str, str]:
    return {seat.member.id: seat.merchant.name
            for alliance in members.alliances_of(reading(), by())
            for seat in members.members_of(reading(), by(), alliance.id)
            if seat.member.state != "left"}


def _placements() -> list[Any]:
    return [each for alliance in members.alliances_of(reading(), by())
            for each in placements.of_member(
                reading(), members.place(reading(), by(), alliance.id)[1].id)]


def _suggested(placement_id: str) -> tuple[Any, list[Asset]]:
    if not placement_id:
        return None, []
    placement = placements.own(reading(), by(), placement_id)
    slot = slates.slot(reading(), placement.id, now=now())
    return placement, suggestions.for_sellers(
        reading(), placement.alliance_id, [each.merchant_id for each in slot.sellers])


def _is_own(asset: Asset) -> bool:
    return members.place(reading(), by(), asset.alliance_id)[1].id == asset.member_id
