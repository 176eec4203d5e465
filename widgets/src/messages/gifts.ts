/** The label of every gift pack, before and after the purchase. */
import type { Catalogue } from "./index.js";

export const giftLabels: Catalogue<string> = {
  en: "A gift from our partners · Ad",
  lv: "Mūsu partneru dāvana · Reklāma",
  "zh-Hans": "合作伙伴礼品 · 广告",
  "zh-Hant": "合作夥伴禮品 · 廣告",
};
