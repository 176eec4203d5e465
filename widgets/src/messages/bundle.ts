/** What `<al-bundle>` says. */
import type { Catalogue } from "./index.js";

export const bundleWords: Catalogue<{
  readonly amount: string;
  readonly other: string;
  readonly missing: string;
  readonly reached: string;
  readonly from: string;
  readonly away: string;
  readonly until: string;
}> = {
  en: {
    amount: "With a purchase of {} or more",
    other: "With {} in your cart",
    missing: "{} to go",
    reached: "Yours after your purchase",
    from: "From {}",
    away: "{} cannot give its part just now. You get the rest.",
    until: "Until {}",
  },
  lv: {
    amount: "Pērkot vismaz par {}",
    other: "Ja grozā ir {}",
    missing: "Vēl {}",
    reached: "Jūsu pēc pirkuma",
    from: "Dāvina {}",
    away: "{} šobrīd nevar dot savu daļu. Pārējo jūs saņemsiet.",
    until: "Līdz {}",
  },
  "zh-Hans": {
    amount: "购满 {} 即可获得",
    other: "购物车中有 {} 即可获得",
    missing: "还差 {}",
    reached: "购买后即可领取",
    from: "由 {} 赠送",
    away: "{} 暂时无法提供，其余照常赠送。",
    until: "有效期至 {}",
  },
  "zh-Hant": {
    amount: "購滿 {} 即可獲得",
    other: "購物車中有 {} 即可獲得",
    missing: "還差 {}",
    reached: "購買後即可領取",
    from: "由 {} 贈送",
    away: "{} 暫時無法提供，其餘照常贈送。",
    until: "有效期至 {}",
  },
};
