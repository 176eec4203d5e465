"""What a hub answers for a gift pack and its claims, in the words of four languages."""

from __future__ import annotations

from typing import Any

LANGUAGES = ("en", "lv", "zh-Hans", "zh-Hant")
UNTIL = "2026-12-31T21:59:00Z"

_TITLES = {"en": "Newborn welcome pack", "lv": "Dāvanu komplekts jaundzimušajam",
           "zh-Hans": "新生礼包", "zh-Hant": "新生禮包"}
_GIFTS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (("A free sample", "Baby wash, 50 ml"), ("20 % off", "Moon blocks"),
           ("€15 voucher", "Photo session at home")),
    "lv": (("Bezmaksas paraugs", "Bērnu mazgāšanas līdzeklis, 50 ml"),
           ("20 % atlaide", "Mēness klucīši"), ("Kupons 15 € vērtībā", "Fotosesija mājās")),
    "zh-Hans": (("免费小样", "婴儿沐浴露 50 毫升"), ("八折", "月亮积木"),
                ("15 欧元代金券", "上门拍照")),
    "zh-Hant": (("免費試用品", "嬰兒沐浴乳 50 毫升"), ("八折", "月亮積木"),
                ("15 歐元禮券", "到府拍照")),
}
SELLERS = ("Little Wang’s Bath House", "Old Zhang’s Toy Bench", "Zhao at Home")
CODES = ("7K4Q-M2XD-9RWT-5HCE", "B3NV-8JPL-2YZA-6FQS", "W9GT-4MRK-7DXC-3VHN")
AWAY = "Chen’s Nursery"


def pack(hub: str = "", language: str = "en", **changed: Any) -> dict[str, Any]:
    """An answer to `GET /embed/v1/bundle`: three gifts for a purchase of 60 euros."""
    return {
        "bundle": "cmp_1", "title": _TITLES[language], "label": "ignored",
        "alliance": "Fine Parenting", "until": UNTIL,
        "trigger": {"kind": "amount", "minor": 6000, "currency": "EUR", "scale": 2,
                    "text": "€60.00", "name": ""},
        "components": [component(number, hub, language) for number in range(3)],
        "away": [], **changed,
    }


def component(number: int, hub: str = "", language: str = "en", **changed: Any) -> dict[str, Any]:
    """One gift of the pack."""
    what, title = _GIFTS[language][number]
    return {"component": f"cpt_{number}", "kind": ("sample", "percent", "voucher")[number],
            "what": what, "title": title, "image": f"{hub}/pictures/{number + 4}.svg",
            "seller": SELLERS[number], "until": UNTIL, **changed}


def claims(*numbers: int, hub: str = "", refused: tuple[int, ...] = ()) -> dict[str, Any]:
    """An answer to `POST /embed/v1/claims`: the codes of these, and a no for those."""
    return {
        "claims": [{"component": f"cpt_{n}", "code": CODES[n], "what": "", "title": "",
                    "seller": SELLERS[n], "where": SELLERS[n], "href": f"{hub}/open/{n}",
                    "until": UNTIL} for n in numbers],
        "refused": [{"component": f"cpt_{n}", "seller": SELLERS[n], "reason": "used_up"}
                    for n in refused],
    }
