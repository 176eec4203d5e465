import type { Messages } from "./index.js";

export const zhHant: Messages = {
  label: "合作夥伴推薦 · 廣告",
  sold: "由 {seller} 銷售並出貨",
  who: "誰負責銷售、出貨和退款？",
  answer: "由所示賣家在其商店負責。本店可能獲得佣金。",
  reasons: {
    complements: "搭配更合適",
    bought_together: "常被一起購買",
    popular: "近期熱門",
    fresh: "新品",
  },
};
