"""Texts to share a link with, a channel each, in any of the four languages, and honest: each
says that it is an advertisement, in the way that is custom there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import escape

from alliance.insights.sharing import Shared
from alliance.referrals.link_model import CARDS
from alliance.web import ui
from alliance.web.words import N_

CHANNELS = {
    "wechat": N_("WeChat"), "xiaohongshu": N_("Xiaohongshu"), "instagram": N_("Instagram"),
    "facebook": N_("Facebook"), "whatsapp": N_("WhatsApp"), "email": N_("E-mail"),
    "blog": N_("Blog"),
}
"""Channels with words of their own; any other short word is a channel too."""

HINTS = {
    "wechat": N_("In Moments, add the code as a picture: a long press on it opens the link."),
    "xiaohongshu": N_("Links in notes are not opened there: make the code one of the pictures."),
    "instagram": N_("Links in captions are not opened there: put the link into your profile, or "
                    "the link sticker into a story."),
    "blog": N_("The snippet tells search engines that the link is paid for, so that it harms "
               "neither shop."),
}

HEALTH = {
    "fine": N_("Works"), "withdrawn": N_("No longer on offer"), "sold_out": N_("Sold out"),
    "no_contract": N_("No contract in force"), "gone": N_("Page is gone"),
    "moved": N_("Page moved"), "moved_away": N_("Leads elsewhere"),
    "kept_out": N_("Could not be looked at"), "unreachable": N_("Shop does not answer"),
}

_NO_FILE_NAME = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class Text:
    """What to post in one channel. `href` opens the channel with it where the channel can."""

    channel: str
    name: str
    words: str
    hint: str
    href: str = ""


def channel_name(channel: str) -> str:
    """A channel as people say it."""
    names = {**CHANNELS, CARDS: N_("Article")}
    return str(_(names[channel])) if channel in names else channel


def health_name(health: str) -> str:
    """The state of a page in two or three words."""
    return str(_(HEALTH[health]))


def text(told: Shared, channel: str, address: str, language: str) -> Text:
    """The words for a channel in a language; the hint stays in the reader's own."""
    name = channel_name(channel)
    hint = str(_(HINTS[channel])) if channel in HINTS else ""
    with force_locale(language):
        what = _what(told)
        words = snippet(told, address) if channel == "blog" else _words(channel, what, address)
        return Text(channel, name, words, hint, _href(channel, what, words, address))


def snippet(told: Shared, address: str) -> str:
    """HTML for a page of one's own: picture, title, the label, and `rel` as the link has it."""
    product = told.product
    picture = ""
    if product and product.image_url:
        picture = f'<img src="{escape(product.image_url)}" alt="" width="320" loading="lazy"><br>'
    title = _what(told) if product else told.store.name
    return (f'<p><a href="{escape(address)}" rel="{escape(told.link.rel)}">{picture}'
            f'{escape(title)}</a> <small>{escape(_("Ad"))}</small></p>')


def file_name(told: Shared) -> str:
    """A name for downloads: what it is of and for which channel, in any script."""
    title = told.product.title if told.product else told.store.name
    parts = (title[:40], told.link.asset[:30], told.link.channel)
    return "-".join(_NO_FILE_NAME.sub("-", part).strip("-").lower() for part in parts if part)


def _what(told: Shared) -> str:
    if told.product is None:
        return str(_("A look around at %(shop)s", shop=told.store.name))
    return str(_("%(title)s from %(shop)s, %(price)s", title=told.product.title,
                 shop=told.store.name, price=ui.money(told.product.price)))


def _words(channel: str, what: str, address: str) -> str:
    tag, short = _("#ad"), ui.host(address)
    if channel == "wechat":
        return str(_("[Ad] %(what)s\n%(address)s", what=what, address=address))
    if channel == "xiaohongshu":
        return str(_("%(what)s\nScan the code in the picture.\n%(tag)s", what=what, tag=tag))
    if channel == "instagram":
        return str(_("%(what)s\nLink in my profile: %(short)s\n%(tag)s", what=what, short=short,
                     tag=tag))
    if channel == "email":
        return str(_("I recommend: %(what)s\n%(address)s\n\nAdvertisement: the shop pays me when "
                     "you buy through this link. It costs you nothing.", what=what,
                     address=address))
    return f"{what}\n{address}\n{tag}"


def _href(channel: str, what: str, words: str, address: str) -> str:
    if channel == "facebook":
        return f"https://www.facebook.com/sharer/sharer.php?u={quote(address, safe='')}"
    if channel == "whatsapp":
        return f"https://wa.me/?text={quote(words, safe='')}"
    if channel == "email":
        return f"mailto:?subject={quote(what, safe='')}&body={quote(words, safe='')}"
    return ""
