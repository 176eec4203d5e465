"""What stands on the four shelves: a hundred products, each with its two titles and its picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Article(NamedTuple):
    """One product. `minor` is its price in cents; the last three choose its picture."""

    ref: str
    en: str
    zh: str
    minor: int
    category: str
    kind: str
    palette: str
    sign: str


def _shelf(category: str, *rows: tuple[str, str, str, int, str, str, str]) -> tuple[Article, ...]:
    return tuple(Article(ref, en, zh, minor, category, kind, palette, sign)
                 for ref, en, zh, minor, kind, palette, sign in rows)


LI = (
    *_shelf(
        "bodysuits",
        ("leaf-bodysuit", "Leaf bodysuit", "树叶短袖连体衣", 1990, "onesie", "sage", "leaf"),
        ("star-bodysuit", "Little star bodysuit", "小星星短袖连体衣", 1990, "onesie", "sky",
         "star"),
        ("bear-bodysuit", "Brown bear bodysuit", "小熊短袖连体衣", 2190, "onesie", "clay", "bear"),
        ("plain-bodysuit", "Undyed bodysuit", "本色短袖连体衣", 1690, "onesie", "oat", ""),
        ("flower-bodysuit", "Meadow bodysuit", "小花短袖连体衣", 1990, "onesie", "rose", "flower"),
        ("moon-sleepsuit", "Moon sleepsuit", "月亮长袖连体衣", 3290, "long_onesie", "night",
         "moon"),
        ("cloud-sleepsuit", "Cloud sleepsuit", "云朵长袖连体衣", 3290, "long_onesie", "sea",
         "cloud"),
        ("heart-sleepsuit", "Heart sleepsuit", "爱心长袖连体衣", 3290, "long_onesie", "clay",
         "heart"),
        ("rabbit-sleepsuit", "Rabbit sleepsuit", "小兔长袖连体衣", 3490, "long_onesie", "lilac",
         "rabbit"),
    ),
    *_shelf(
        "clothes",
        ("sage-cardigan", "Sage cardigan", "鼠尾草绿针织开衫", 4290, "cardigan", "sage", ""),
        ("berry-cardigan", "Berry cardigan", "莓红针织开衫", 4290, "cardigan", "berry", "dots"),
        ("sun-dungarees", "Sunny dungarees", "太阳背带裤", 4490, "dungarees", "sun", "sun"),
        ("brick-dungarees", "Brick dungarees", "砖红背带裤", 4490, "dungarees", "brick", "bear"),
        ("soft-trousers", "Soft trousers", "柔软小长裤", 2490, "trousers", "oat", ""),
        ("bear-trousers", "Bear-knee trousers", "小熊护膝长裤", 2690, "trousers", "tea", "bear"),
        ("sky-trousers", "Sky trousers", "天空蓝长裤", 2490, "trousers", "sky", "cloud"),
        ("rose-dress", "Rose dress", "玫瑰小裙", 3690, "dress", "rose", "flower"),
        ("sea-dress", "Seaside dress", "海边小裙", 3690, "dress", "sea", "fish"),
    ),
    *_shelf(
        "small-things",
        ("bobble-hat", "Bobble hat", "毛球帽", 1790, "hat", "clay", "heart"),
        ("night-hat", "Night sky hat", "夜空毛线帽", 1790, "hat", "night", "star"),
        ("sun-hat", "Sun hat", "遮阳帽", 1990, "sun_hat", "sun", "flower"),
        ("sage-sun-hat", "Garden sun hat", "花园遮阳帽", 1990, "sun_hat", "sage", "leaf"),
        ("cloud-socks", "Cloud socks, two pairs", "云朵袜（两双）", 990, "socks", "sky", "cloud"),
        ("heart-socks", "Heart socks, two pairs", "爱心袜（两双）", 990, "socks", "berry", "heart"),
        ("flower-bib", "Flower bib", "小花围兜", 1190, "bib", "lilac", "flower"),
        ("fish-mittens", "Fish mittens", "小鱼连指手套", 1290, "mittens", "brick", "fish"),
    ),
    *_shelf(
        "sleep",
        ("summer-sleeping-bag", "Summer sleeping bag", "夏季睡袋", 4990, "sleeping_bag", "sea",
         "sun"),
        ("winter-sleeping-bag", "Merino sleeping bag", "美丽诺冬季睡袋", 7990, "sleeping_bag",
         "plum", "star"),
        ("leaf-blanket", "Leaf blanket", "树叶毯", 3990, "blanket", "sage", "leaf"),
        ("merino-blanket", "Merino blanket", "美丽诺羊毛毯", 6490, "blanket", "oat", "heart"),
    ),
)

WANG = (
    *_shelf(
        "washing",
        ("oat-wash", "Oat wash & shampoo", "燕麦洗发沐浴露", 1290, "bottle", "oat", "drop"),
        ("calendula-wash", "Calendula wash", "金盏花沐浴露", 1290, "bottle", "sun", "flower"),
        ("night-wash", "Good-night wash", "晚安薰衣草沐浴露", 1390, "bottle", "lilac", "moon"),
        ("sea-shampoo", "Gentle sea shampoo", "海盐温和洗发露", 1190, "bottle", "sea", "fish"),
        ("olive-soap", "Olive soap", "橄榄皂", 590, "soap", "sage", "leaf"),
        ("milk-soap", "Goat milk soap", "羊奶皂", 650, "soap", "rose", "heart"),
        ("honey-soap", "Honey soap", "蜂蜜皂", 650, "soap", "sun", "sun"),
        ("cotton-wipes", "Washable cotton cloths", "可水洗棉巾", 1490, "wipes", "sky", "cloud"),
        ("bamboo-wipes", "Bamboo cloths", "竹纤维棉柔巾", 1690, "wipes", "sage", "leaf"),
    ),
    *_shelf(
        "skin-care",
        ("almond-oil", "Almond massage oil", "甜杏仁抚触油", 1590, "oil", "clay", "drop"),
        ("calendula-oil", "Calendula oil", "金盏花护肤油", 1690, "oil", "sun", "flower"),
        ("sleep-oil", "Sleepy oil", "安睡抚触油", 1690, "oil", "night", "moon"),
        ("nappy-cream", "Nappy cream", "护臀膏", 990, "tube", "sea", "rabbit"),
        ("face-cream", "Wind & weather cream", "防风面霜", 1090, "tube", "sky", "cloud"),
        ("sun-cream", "Mineral sun cream", "物理防晒霜", 1890, "tube", "sun", "sun"),
        ("shea-balm", "Shea balm", "乳木果润肤膏", 1390, "jar", "oat", "heart"),
        ("cold-balm", "Chest balm", "舒缓胸口膏", 1190, "jar", "sage", "leaf"),
        ("bear-balm", "Bear-hug balm", "熊抱滋润霜", 1390, "jar", "rose", "bear"),
    ),
    *_shelf(
        "bath",
        ("bear-towel", "Bear hooded towel", "小熊连帽浴巾", 3490, "towel", "oat", "heart"),
        ("sea-towel", "Sea hooded towel", "海洋连帽浴巾", 3490, "towel", "sea", "fish"),
        ("hair-brush", "Soft brush & comb", "软毛刷与梳子", 1690, "brush", "wood", "rabbit"),
        ("sea-sponge", "Sea sponge", "天然海绵", 890, "sponge", "sun", "drop"),
        ("bath-duck", "Natural rubber duck", "天然橡胶小鸭", 1190, "duck", "sun", "flower"),
        ("bath-fish", "Bath thermometer fish", "小鱼水温计", 1490, "thermometer", "sky", ""),
    ),
    *_shelf(
        "gift-sets",
        ("first-bath-set", "First bath set", "第一次洗澡礼盒", 3890, "basket", "rose", "heart"),
        ("good-night-set", "Good-night set", "晚安礼盒", 4290, "basket", "lilac", "moon"),
    ),
    *_shelf(
        "washing",
        ("oat-sample", "Oat wash to try, 30 ml", "燕麦沐浴露试用装 30 毫升", 290, "bottle", "oat",
         "heart"),
    ),
)

ZHANG = (
    *_shelf(
        "first-year",
        ("star-rattle", "Star rattle", "星星摇铃", 1490, "rattle", "sky", "star"),
        ("heart-rattle", "Heart rattle", "爱心摇铃", 1490, "rattle", "berry", "heart"),
        ("leaf-rattle", "Leaf rattle", "树叶摇铃", 1490, "rattle", "sage", "leaf"),
        ("rainbow-rings", "Rainbow stacking rings", "彩虹叠叠圈", 2490, "rings", "brick", ""),
        ("forest-rings", "Forest stacking rings", "森林叠叠圈", 2490, "rings", "sage", ""),
        ("sky-mobile", "Sky mobile", "天空床铃", 3990, "mobile", "night", "star"),
        ("sea-mobile", "Sea mobile", "海洋床铃", 3990, "mobile", "sea", "fish"),
    ),
    *_shelf(
        "building",
        ("story-blocks", "Story blocks", "故事积木", 2990, "blocks", "clay", "rabbit"),
        ("sign-blocks", "Moon blocks", "月亮积木", 2990, "blocks", "night", "moon"),
        ("first-puzzle", "First puzzle", "第一副拼图", 1890, "puzzle", "sea", "fish"),
        ("animal-puzzle", "Animal puzzle", "动物拼图", 2190, "puzzle", "brick", "bear"),
        ("garden-puzzle", "Garden puzzle", "花园拼图", 2190, "puzzle", "sage", "flower"),
        ("shape-sorter", "Shape sorter", "形状配对盒", 3290, "sorter", "sea", "flower"),
        ("sun-sorter", "Sunny shape sorter", "太阳配对盒", 3290, "sorter", "brick", "sun"),
        ("abacus", "Counting frame", "串珠算架", 2790, "abacus", "wood", "star"),
        ("colour-wheel", "Colour wheel", "认色转盘", 1990, "counting", "brick", "sun"),
        ("xylophone", "Xylophone", "小木琴", 3490, "xylophone", "sky", "cloud"),
    ),
    *_shelf(
        "moving",
        ("red-car", "Little red car", "小红车", 2290, "car", "brick", "star"),
        ("sea-car", "Seaside car", "海边小车", 2290, "car", "sea", "fish"),
        ("bear-train", "Bear train", "小熊火车", 4490, "train", "wood", "bear"),
        ("night-train", "Night train", "夜行小火车", 4490, "train", "night", "moon"),
        ("elephant", "Pull-along elephant", "拉拉小象", 3690, "elephant", "lilac", "flower"),
        ("grey-elephant", "Grandfather elephant", "象爷爷拉车", 3690, "elephant", "tea", "heart"),
    ),
    *_shelf(
        "with-a-name",
        ("name-sign", "Door sign with a name", "刻名门牌", 2690, "name_sign", "wood", "star"),
        ("name-sign-rose", "Rose door sign with a name", "玫瑰刻名门牌", 2690, "name_sign", "rose",
         "flower"),
        ("name-blocks", "Name blocks", "刻名积木", 3990, "blocks", "wood", "bear"),
        ("name-puzzle", "Name puzzle", "刻名拼图", 3490, "puzzle", "lilac", "heart"),
        ("name-train", "Train with a name", "刻名小火车", 6490, "train", "brick", "heart"),
    ),
    *_shelf(
        "workshop",
        ("bench-hour", "An hour at the bench", "亲子木工体验一小时", 1500, "sorter", "wood",
         "heart"),
    ),
)

ZHAO = (
    *_shelf(
        "sessions",
        ("newborn-session", "Newborn at home", "新生儿上门拍摄", 18900, "newborn", "rose", "heart"),
        ("family-session", "Family hour", "全家福一小时", 14900, "family", "sage", "heart"),
        ("waiting-session", "Waiting for you", "孕期纪念拍摄", 12900, "belly", "sea", "heart"),
        ("short-session", "Half an hour of light", "半小时自然光", 8900, "camera", "wood", "sun"),
        ("long-session", "A whole morning", "一整个上午", 24900, "camera", "night", "star"),
        ("sibling-session", "Brothers & sisters", "兄弟姐妹合影", 12900, "family", "clay", "star"),
    ),
    *_shelf(
        "milestones",
        ("hundred-days", "Hundred days", "百日照", 11900, "newborn", "sun", "sun"),
        ("first-birthday", "First birthday", "周岁照", 13900, "balloons", "brick", "heart"),
        ("first-steps", "First steps", "第一步", 9900, "footprints", "sky", "sun"),
        ("second-birthday", "Second birthday", "两岁生日", 11900, "balloons", "sea", "star"),
    ),
    *_shelf(
        "keepsakes",
        ("linen-album", "Linen album", "亚麻相册", 6900, "album", "plum", "flower"),
        ("small-album", "Grandparents’ album", "爷爷奶奶小相册", 3900, "album", "sea", "heart"),
        ("oak-frame", "Oak frame", "橡木相框", 4900, "frame", "wood", "star"),
        ("print-string", "Prints on a string", "照片挂绳", 2900, "prints", "clay", "rabbit"),
        ("clay-prints", "Footprints in clay", "手足印泥框", 4500, "footprints", "rose", "heart"),
        ("gift-voucher", "Gift voucher", "礼品券", 5000, "voucher", "berry", "flower"),
    ),
)

SHELVES: Mapping[str, tuple[Article, ...]] = {"li": LI, "wang": WANG, "zhang": ZHANG, "zhao": ZHAO}
"""Every shop's articles in the order in which it shows them."""
