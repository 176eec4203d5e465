/** What `<al-claim>` says; `problems` and `refused` by the code that the hub answers. */
import type { Catalogue } from "./index.js";

export const claimWords: Catalogue<{
  readonly works: string;
  readonly until: string;
  readonly get: string;
  readonly all: string;
  readonly copy: string;
  readonly copied: string;
  readonly open: string;
  readonly again: string;
  readonly offline: string;
  readonly gone: string;
  readonly problems: Readonly<Record<string, string>>;
}> = {
  en: {
    works: "Works at {}",
    until: "until {}",
    get: "Get the code",
    all: "Get all codes",
    copy: "Copy",
    copied: "Copied",
    open: "Open the shop",
    again: "Try again",
    offline: "We could not reach the gift desk. Nothing is lost.",
    gone: "{} has nothing left to give just now.",
    problems: {
      below_threshold: "This purchase is below the sum for the gift.",
      proof_refused: "We could not match this with a purchase.",
      campaign_over: "This gift has ended.",
      too_many_tries: "Too many tries. Please try again later.",
    },
  },
  lv: {
    works: "Der veikalā {}",
    until: "līdz {}",
    get: "Saņemt kodu",
    all: "Saņemt visus kodus",
    copy: "Kopēt",
    copied: "Nokopēts",
    open: "Atvērt veikalu",
    again: "Mēģināt vēlreiz",
    offline: "Neizdevās sazināties. Nekas nav zaudēts.",
    gone: "{} šobrīd vairs nav ko dot.",
    problems: {
      below_threshold: "Pirkuma summa dāvanai ir par mazu.",
      proof_refused: "Neatradām šim atbilstošu pirkumu.",
      campaign_over: "Šī akcija ir beigusies.",
      too_many_tries: "Pārāk daudz mēģinājumu. Mēģiniet vēlāk.",
    },
  },
  "zh-Hans": {
    works: "适用于 {}",
    until: "有效期至 {}",
    get: "领取优惠码",
    all: "全部领取",
    copy: "复制",
    copied: "已复制",
    open: "前往店铺",
    again: "重试",
    offline: "暂时无法连接，您的礼品仍然保留。",
    gone: "{} 暂时没有可赠送的了。",
    problems: {
      below_threshold: "本次购买未达到赠礼金额。",
      proof_refused: "未能找到对应的购买记录。",
      campaign_over: "本次赠礼已结束。",
      too_many_tries: "尝试次数过多，请稍后再试。",
    },
  },
  "zh-Hant": {
    works: "適用於 {}",
    until: "有效期至 {}",
    get: "領取優惠碼",
    all: "全部領取",
    copy: "複製",
    copied: "已複製",
    open: "前往商店",
    again: "重試",
    offline: "暫時無法連線，您的禮品仍然保留。",
    gone: "{} 暫時沒有可贈送的了。",
    problems: {
      below_threshold: "本次購買未達到贈禮金額。",
      proof_refused: "未能找到對應的購買紀錄。",
      campaign_over: "本次贈禮已結束。",
      too_many_tries: "嘗試次數過多，請稍後再試。",
    },
  },
};
