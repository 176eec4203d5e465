import type { Messages } from "./index.js";

export const zhHans: Messages = {
  label: "合作伙伴推荐 · 广告",
  sold: "由 {seller} 销售并发货",
  who: "谁负责销售、发货和退款？",
  answer: "由所示卖家在其店铺负责。本店可能获得佣金。",
  reasons: {
    complements: "搭配更合适",
    bought_together: "常被一起购买",
    popular: "近期热门",
    fresh: "新品",
  },
};
