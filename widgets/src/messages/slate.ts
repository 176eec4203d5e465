/** What `<al-slate>` and `<al-article>` say. */
import type { Catalogue } from "./index.js";

export const slateWords: Catalogue<{
  readonly label: string;
  readonly member: string;
  readonly sold: string;
  readonly who: string;
  readonly answer: string;
  readonly reasons: Readonly<Record<string, string>>;
}> = {
  en: {
    label: "Recommended by our partner · Ad",
    member: "Member of {}",
    sold: "Sold and shipped by {}",
    who: "Who sells, ships and refunds?",
    answer: "The named seller, in its own shop. This shop may earn a commission.",
    reasons: {
      complements: "Goes well with this",
      bought_together: "Often bought together",
      popular: "Popular now",
      fresh: "New",
    },
  },
  lv: {
    label: "Mūsu partnera ieteikums · Reklāma",
    member: "Dalībnieks: {}",
    sold: "Pārdod un piegādā {}",
    who: "Kas pārdod, piegādā un atmaksā?",
    answer: "Norādītais pārdevējs savā veikalā. Šis veikals var saņemt komisiju.",
    reasons: {
      complements: "Labi sader kopā",
      bought_together: "Bieži pērk kopā",
      popular: "Šobrīd iecienīts",
      fresh: "Jaunums",
    },
  },
  "zh-Hans": {
    label: "合作伙伴推荐 · 广告",
    member: "{} 成员",
    sold: "由 {} 销售并发货",
    who: "谁负责销售、发货和退款？",
    answer: "由所示卖家在其店铺负责。本店可能获得佣金。",
    reasons: {
      complements: "搭配更合适",
      bought_together: "常被一起购买",
      popular: "近期热门",
      fresh: "新品",
    },
  },
  "zh-Hant": {
    label: "合作夥伴推薦 · 廣告",
    member: "{} 成員",
    sold: "由 {} 銷售並出貨",
    who: "誰負責銷售、出貨和退款？",
    answer: "由所示賣家在其商店負責。本店可能獲得佣金。",
    reasons: {
      complements: "搭配更合適",
      bought_together: "常被一起購買",
      popular: "近期熱門",
      fresh: "新品",
    },
  },
};
