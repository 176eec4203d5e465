"""What a gift is, as shoppers read it, in the four languages."""

from __future__ import annotations

from datetime import datetime

from alliance.core.money import Money
from alliance.promotions.packs import Pack, Part
from alliance.rules.gifts import TriggerKind
from alliance.web.hot.prices import price

LABELS = {"en": "Together with our partners · Ad", "zh_Hans": "与合作伙伴一起送出 · 广告",
          "zh_Hant": "與合作夥伴一起送出 · 廣告", "lv": "Kopā ar mūsu partneriem · Reklāma"}
_WHAT = {
    "percent": {"en": "{much} % off", "lv": "{much} % atlaide", "zh_Hans": "立减 {much}%",
                "zh_Hant": "立減 {much}%"},
    "amount": {"en": "{much} off", "lv": "{much} atlaide", "zh_Hans": "立减 {much}",
               "zh_Hant": "立減 {much}"},
    "sample": {"en": "A free sample", "lv": "Bezmaksas paraugs", "zh_Hans": "免费试用装",
               "zh_Hant": "免費試用裝"},
    "free_shipping": {"en": "Free shipping", "lv": "Bezmaksas piegāde", "zh_Hans": "免运费",
                      "zh_Hant": "免運費"},
    "voucher": {"en": "A voucher for {much}", "lv": "Dāvanu karte: {much}",
                "zh_Hans": "{much} 服务抵用券", "zh_Hant": "{much} 服務抵用券"},
}
_FROM = {"en": "{what}, from {least} on", "lv": "{what}, sākot no {least}",
         "zh_Hans": "{what}（满 {least} 可用）", "zh_Hant": "{what}（滿 {least} 可用）"}
_MOST_NAMES = 3


def what(part: Part, locale: str) -> str:
    """`20 % off, from €30.00 on`: what a gift is, and from which sum of goods on."""
    much = (rate(part.rate_bp, locale) if part.rate_bp is not None
            else sum_of(part.amount, locale))
    said = _WHAT[part.kind][locale].format(much=much)
    if not part.minimum:
        return said
    return _FROM[locale].format(what=said, least=sum_of(part.minimum, locale))


def rate(bp: int, locale: str) -> str:
    """Basis points as a percentage: `12.5`, `12,5` in Latvian."""
    text = f"{bp // 100}.{bp % 100:02d}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if locale == "lv" else text


def sum_of(amount: Money, locale: str) -> str:
    """A sum as this language writes it."""
    return price(amount.minor, str(amount.currency), locale)


def bought(pack: Pack, locale: str) -> str:
    """What has to be bought: shelves or products by name; nothing where a sum alone counts."""
    names = pack.names[:_MOST_NAMES]
    if pack.trigger.kind is TriggerKind.CATEGORY:
        names = tuple(_shelf(name, locale) for name in names)
    return ", ".join(names)


def moment(at: datetime | None) -> str | None:
    """An instant as pages read it, in whole seconds of UTC."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _shelf(name: str, locale: str) -> str:
    # The pages' words are only needed by packs that name a shelf of the alliance.
    from alliance.web.i18n import translations  # noqa: PLC0415
    from alliance.web.words import WORDS  # noqa: PLC0415

    english = WORDS.get(name)
    return name if english is None else str(translations(locale).gettext(english))
