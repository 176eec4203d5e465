"""Who the four shops are: names, words about them, their menus and their terms of sale."""

from __future__ import annotations

from collections.abc import Mapping

from alliance.connect.demo.records import Profile
from alliance.core.money import Currency

EUR = Currency("EUR")
"""All four shops sell in the currency of their alliance."""

VAT_BP = 2100


def _words(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh_Hans": zh}


LI = Profile(
    slug="li", look="li", names=_words("Li’s Cotton Cradle", "李姐有机童装"),
    taglines=_words("Organic clothes for the first three years", "陪宝宝走过头三年的有机棉衣"),
    about=_words(
        "I started sewing when my own daughter could wear nothing without a rash. Every piece is "
        "GOTS cotton or merino, cut and sewn by five of us, and made to be handed on.",
        "女儿小时候穿什么都起疹子，我便开始自己缝衣服。每一件都用有机棉或美丽诺羊毛，"
        "由我们五个人裁剪缝制，可以一代代传下去。"),
    currency=EUR, tax_bp=VAT_BP, shipping_minor=390, free_from_minor=4900,
    categories={
        "bodysuits": _words("Bodysuits & sleepsuits", "连体衣"),
        "clothes": _words("Clothes", "衣裤"),
        "small-things": _words("Hats, socks & bibs", "帽袜围兜"),
        "sleep": _words("Sleep & blankets", "睡袋毯子"),
    })

WANG = Profile(
    slug="wang", look="wang", names=_words("Little Wang’s Bath House", "小王宝宝洗护"),
    taglines=_words("Gentle, natural care from the first bath on", "从第一次洗澡开始的天然呵护"),
    about=_words(
        "A pharmacist and a new father: I mix in small lots, with oats, calendula and olive oil, "
        "and print every ingredient on the front. Nothing we would not use on our own twins.",
        "我是药剂师，也是新手爸爸。用燕麦、金盏花和橄榄油小批量调制，"
        "成分全部印在正面。不给自家双胞胎用的，绝不卖给您。"),
    currency=EUR, tax_bp=VAT_BP, shipping_minor=350, free_from_minor=3500,
    categories={
        "washing": _words("Washing", "清洁沐浴"),
        "skin-care": _words("Skin care", "润肤护理"),
        "bath": _words("Bath time", "洗澡用品"),
        "gift-sets": _words("Gift sets", "礼盒"),
    })

ZHANG = Profile(
    slug="zhang", look="zhang", names=_words("Old Zhang’s Toy Bench", "老张木玩工坊"),
    taglines=_words("Early-learning toys, made to order in wood", "按您心意定制的木质早教玩具"),
    about=_words(
        "Forty years a joiner, eight a grandfather. Send a name, a favourite animal or a colour: "
        "each toy is cut, oiled and signed at my bench, and mended for life.",
        "做了四十年木匠，当了八年爷爷。告诉我孩子的名字、喜欢的动物或颜色，"
        "每件玩具都在我的木工台上裁切、上油、落款，终身保修。"),
    currency=EUR, tax_bp=VAT_BP, shipping_minor=490, free_from_minor=6000,
    categories={
        "first-year": _words("First year", "0–1 岁"),
        "building": _words("Building & sorting", "搭建与认知"),
        "moving": _words("Push & pull", "推拉玩具"),
        "with-a-name": _words("Made with a name", "刻名定制"),
        "workshop": _words("At the bench", "木工体验"),
    })

ZHAO = Profile(
    slug="zhao", look="zhao", names=_words("Zhao at Home", "小赵上门摄影"),
    taglines=_words("Baby photography in your own light", "就在您家，用自然光记录宝宝"),
    about=_words(
        "No studio, no flash, no costume: I come to your home, wait until the baby is ready, and "
        "stay as long as it takes. Book a session, receive a code, choose a day.",
        "没有影棚，没有闪光灯，也不摆造型。我来到您家，等宝宝准备好，"
        "需要多久就待多久。下单即得兑换码，再挑一个日子。"),
    currency=EUR, tax_bp=0, shipping_minor=0, free_from_minor=None,
    categories={
        "sessions": _words("Sessions at home", "上门拍摄"),
        "milestones": _words("Milestones", "成长纪念"),
        "keepsakes": _words("Albums & prints", "相册与装裱"),
    })

PROFILES = (LI, WANG, ZHANG, ZHAO)

ABOUT: Mapping[str, Mapping[str, str]] = {
    "workshop": _words(
        "One hour, one family, one small toy that you sand and oil yourselves. Receive a code, "
        "choose a day.",
        "一小时，一家人，亲手打磨、上油一件小玩具。下单即得兑换码，再挑一个日子。"),
    "bodysuits": _words(
        "Soft interlock of organic cotton, nickel-free snaps, flat seams outside. Washes at 40 °C "
        "and lasts for the next child.",
        "有机棉双面布，无镍按扣，接缝平整朝外。可 40 °C 水洗，留给下一个宝宝也依然柔软。"),
    "clothes": _words(
        "Cut wide for nappies and wild knees, with cuffs that turn down and grow along for two "
        "sizes.",
        "裆部宽松，膝盖耐磨，袖口裤脚可以放长，陪宝宝多穿两个尺码。"),
    "small-things": _words(
        "Knitted or sewn from what is left of larger pieces, so that nothing is thrown away. "
        "Stays on, even in the pram.",
        "用裁剪余料编织缝制，一点也不浪费。在婴儿车里也不容易掉。"),
    "sleep": _words(
        "Warm without weight: brushed cotton inside, merino where nights are cold. Tested for "
        "harmful substances.",
        "暖而不重：内层拉绒棉，冬款加美丽诺羊毛。经有害物质检测。"),
    "washing": _words(
        "Plant-based and free of perfume and tears. One pump is enough for a small bath.",
        "植物配方，无香精、不刺激眼睛。一泵就够洗一次小澡。"),
    "skin-care": _words(
        "Cold-pressed oils and beeswax in small lots. Try a drop on the inside of the elbow first.",
        "冷榨植物油与蜂蜡，小批量调制。初次使用请先在肘内侧试一滴。"),
    "bath": _words(
        "For ten quiet minutes in warm water. Natural materials, easy to rinse and to dry.",
        "为温水里的十分钟而做。天然材质，易冲洗，易晾干。"),
    "gift-sets": _words(
        "Packed by hand in a box that becomes a memory chest. A card with your words is included.",
        "手工包装，盒子可留作纪念匣。附一张写有您祝福的卡片。"),
    "first-year": _words(
        "Maple and lime, rounded by hand, finished with food-safe oil. Made for mouths as much as "
        "for hands.",
        "枫木与椴木，手工磨圆，食品级木蜡油。给小手抓，也给小嘴咬。"),
    "building": _words(
        "Colours from plants, corners without splinters, and sizes that really fit each other.",
        "植物染色，边角无毛刺，每块尺寸都严丝合缝。"),
    "moving": _words(
        "Quiet wheels with a rubber tread, and a cord short enough to be safe.",
        "静音橡胶轮，安全长度的拉绳，陪宝宝迈出第一步。"),
    "with-a-name": _words(
        "Write the name in the note of your order; I carve it the same week and send a photograph.",
        "请在订单备注里写下名字，我当周刻好，并发照片给您看。"),
    "sessions": _words(
        "You receive a voucher code at once and book the day by telephone. All pictures edited, "
        "in full size, within two weeks.",
        "下单即得兑换码，电话预约日期。两周内交付全部精修原图。"),
    "milestones": _words(
        "A short visit for one great day. Voucher code at once, weekends at no extra cost.",
        "为一个重要的日子上门一趟。即得兑换码，周末不加价。"),
    "keepsakes": _words(
        "Ordered after your session and handed over in person, printed on cotton paper.",
        "拍摄后定制，棉浆纸印制，亲手送到您手中。"),
}
