"""Articles: write one with product cards, publish it, take it to any blog, see what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.content import articles, assets, rendering
from alliance.content.articles import Words
from alliance.content.assets import Wanted
from alliance.content.model import Asset
from alliance.content.rendering import CARD, PICTURE, Part
from alliance.core.errors import AllianceError, NotFound
from alliance.insights import articles as reports
from alliance.insights.articles import Good
from alliance.referrals import publishing
from alliance.rules.promised import Promise, promised
from alliance.rules.terms import Basis
from alliance.web import asset_files, i18n, ui, words
from alliance.web.asked import again, by, change, hub, now, own_seats, reading
from alliance.web.hot.slates import LABELS

pages = Blueprint("articles", __name__)

PICTURES = 8
"""Pictures of the library that the editor offers, the newest first."""


@pages.get("/articles")
def index() -> ResponseReturnValue:
    """One's articles and what they brought."""
    return render_template("articles/index.html", found=reports.of_author(reading(), by()),
                           can_write=bool(members.alliances_of(reading(), by())))


@pages.get("/articles/new")
def new() -> ResponseReturnValue:
    """The editor, empty."""
    found = members.alliances_of(reading(), by())
    wanted = request.values.get("alliance") or (found[0].id if found else "")
    if not wanted:
        return render_template("articles/index.html", found=[], can_write=False)
    return _editor(None, wanted, _typed(Words("", str(i18n.locale()), "")))


@pages.post("/articles")
def begin() -> ResponseReturnValue:
    """Preview, keep or publish a new article."""
    if request.form.get("step") not in ("keep", "publish"):
        return new()

    def work(session: Any) -> str:
        made = articles.begin(session, by(), request.form.get("alliance", ""), _words(), now=now())
        if request.form["step"] == "publish":
            publishing.publish(session, by(), made.id, now=now())
        return made.id

    return _kept(work, new)


@pages.post("/articles/preview")
def preview() -> ResponseReturnValue:
    """How it will look, while it is written; nothing is kept."""
    alliance_id = request.form.get("alliance", "")
    article = _own(request.form.get("article", ""))
    if article is not None:
        alliance_id = article.alliance_id
    members.place(reading(), by(), alliance_id)
    return render_template("articles/preview.html", **_seen(alliance_id, _typed(_words())))


@pages.get("/articles/<article_id>")
def show(article_id: str) -> ResponseReturnValue:
    """What each card brought, the snippet for a blog, and the versions."""
    told = reports.article(reading(), by(), article_id)
    version = told.published or told.newest
    seen = _seen(told.article.alliance_id, Words(version.title, version.language, version.body))
    return render_template(
        "articles/show.html", told=told, versions=articles.versions(reading(), article_id),
        snippet=_snippet(told) if told.published and not told.article.withdrawn_at else "", **seen)


@pages.get("/articles/<article_id>/edit")
def edit(article_id: str) -> ResponseReturnValue:
    """The editor with what was written last."""
    article = articles.own(reading(), by(), article_id)
    newest = articles.newest_of(reading(), article_id)
    return _editor(article, article.alliance_id,
                   _typed(Words(newest.title, newest.language, newest.body)))


@pages.post("/articles/<article_id>")
def write(article_id: str) -> ResponseReturnValue:
    """Preview, keep or publish what was written."""
    if request.form.get("step") not in ("keep", "publish"):
        return edit(article_id)

    def work(session: Any) -> str:
        articles.write(session, by(), article_id, _words(), now=now())
        if request.form["step"] == "publish":
            publishing.publish(session, by(), article_id, now=now())
        return article_id

    return _kept(work, edit, article_id=article_id)


@pages.post("/articles/<article_id>/withdrawal")
def withdraw(article_id: str) -> ResponseReturnValue:
    """Take it back."""
    try:
        change(lambda session: publishing.withdraw(session, by(), article_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, article_id=article_id)
    flash(_("Withdrawn. Its cards show nothing from now on, wherever they stand."))
    return redirect(url_for("articles.show", article_id=article_id), 303)


def promise_words(promise: Promise | None) -> str:
    """What a seller promises for a product, as it stands beside it."""
    if promise is None:
        return str(_("pays nothing for this"))
    clause = promise.clause
    amount = ui.money(clause.amount) if clause.amount is not None else ""
    if clause.basis is Basis.PERCENT_OF_SALE and clause.rate is not None:
        said = str(_("%(rate)s of the sale", rate=ui.share(clause.rate)))
    elif clause.basis is Basis.PER_CLICK:
        said = str(_("%(amount)s a visit", amount=amount))
    elif clause.basis is Basis.BARTER:
        said = f"{amount} · {words.word(f'per.{clause.per}')}"
    else:
        said = f"{amount} · {words.word(f'wanted.{clause.wanted}')}"
    return str(_("%(promise)s, depending on the order", promise=said)) if promise.depends else said


def _kept(work: Any, view: Any, **values: str) -> ResponseReturnValue:
    try:
        article_id = change(work)
    except AllianceError as refusal:
        return again(refusal, view, **values)
    flash(_("Published. Copy the snippet into your blog.") if request.form["step"] == "publish"
          else _("Kept. Nobody else sees it until you publish it."))
    return redirect(url_for("articles.show", article_id=article_id), 303)


def _words() -> Words:
    form = request.form
    return Words(form.get("title", ""), form.get("language", ""), form.get("body", ""))


def _typed(otherwise: Words) -> Words:
    """What is in the form, with the piece that a button without script asks to insert."""
    found = _words() if request.method == "POST" else otherwise
    piece = request.form.get("insert", "")
    body = f"{found.body.rstrip()}\n\n{piece}\n" if piece else found.body
    return Words(found.title, found.language, body)


def _own(article_id: str) -> Asset | None:
    return articles.own(reading(), by(), article_id) if article_id else None


def _editor(article: Asset | None, alliance_id: str, typed: Words) -> ResponseReturnValue:
    text, shelf = request.form.get("q", "")[:80], request.form.get("shelf", "")[:40]
    goods = reports.goods(reading(), by(), alliance_id, now=now(), text=text, shelf=shelf)
    pictures = assets.find(reading(), by(), Wanted(kind="picture"), size=PICTURES)[0]
    return render_template(
        "articles/edit.html", article=article, alliance_id=alliance_id, typed_words=typed,
        alliances=members.alliances_of(reading(), by()), goods=goods, promise_words=promise_words,
        refs=_refs(alliance_id, goods), wanted={"q": text, "shelf": shelf}, pictures=pictures,
        most=reports.MOST_GOODS, longest=rendering.LONGEST, **_seen(alliance_id, typed))


def _refs(alliance_id: str, goods: Sequence[Good]) -> dict[str, str]:
    """How a card names each product: by its number where that says which, else by its id."""
    numbers = [each.product.sku for each in goods if each.product.sku]
    meant = articles.resolved_for(reading(), by(), alliance_id, numbers, now=now())
    return {each.product.id: each.product.sku if each.product.sku in meant and rendering.named(
        f"[card: {each.product.sku}]") and meant[each.product.sku].id == each.product.id
        else each.product.id for each in goods}


def _seen(alliance_id: str, typed: Words) -> dict[str, Any]:
    """An article's parts with the products, sellers, promises and pictures that they name."""
    parts = rendering.parts(typed.body[:rendering.LONGEST])
    seat = own_seats()[alliance_id]
    products = articles.resolved_for(reading(), by(), alliance_id, _named(parts, CARD), now=now())
    terms = reports.terms_by_seller(reading(), alliance_id, seat, now())
    sellers = {each.merchant.id: each for each in members.members_of(reading(), by(), alliance_id)}
    promises = {
        ref: promise_words(promised(
            terms[sellers[product.merchant_id].member.id], product.ref,
            (product.shelf, *product.categories)))
        for ref, product in products.items()}
    return {"parts": parts, "title": typed.title, "language_of": typed.language,
            "products": products, "promises": promises, "picture_path": asset_files.path,
            "sellers": {key: seat.merchant.name for key, seat in sellers.items()},
            "pieces": _pictures(parts)}


def _pictures(parts: Sequence[Part]) -> dict[str, Asset]:
    found = {}
    for ref in _named(parts, PICTURE):
        try:
            asset = assets.seen(reading(), by(), ref)
        except NotFound:
            continue
        if asset.sha256 is not None and asset.withdrawn_at is None:
            found[ref] = asset
    return found


def _named(parts: Sequence[Part], kind: str) -> list[str]:
    return [part.ref for part in parts if part.kind == kind]


def _snippet(told: reports.Told) -> str:
    version = told.published
    assert version is not None
    seen = _seen(told.article.alliance_id, Words(version.title, version.language, version.body))
    built, address = current_app.extensions["assets"], hub().settings.public_url
    # By the product: a number may mean another one by now, or none; the card stays the same.
    cards = {card.product.id: card for card in told.cards if card.card.place}
    by_ref = {ref: cards[product.id] for ref, product in seen["products"].items()
              if product.id in cards}
    return render_template(
        "articles/snippet.html", cards=by_ref, public_url=address, version=version,
        label=LABELS.get(version.language, LABELS["en"]), integrity=built.integrity("embed.js"),
        loader=f"{address}/embed/{built.path('embed.js').rpartition('/')[2]}", **seen)
