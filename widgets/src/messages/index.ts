/** The widgets' own words; the label stands here so that no answer and no shop can change it. */
import { en } from "./en.js";
import { lv } from "./lv.js";
import { zhHans } from "./zh-Hans.js";
import { zhHant } from "./zh-Hant.js";

export interface Messages {
  readonly label: string;
  readonly sold: string;
  readonly who: string;
  readonly answer: string;
  readonly reasons: Readonly<Record<string, string>>;
}

const CATALOGUES: Readonly<Record<string, Messages>> = {
  en, lv, "zh-Hans": zhHans, "zh-Hant": zhHant,
};

/** Which of the four catalogues speaks a language tag such as `zh-TW`; English for any other. */
export function catalogueOf(locale: string): string {
  if (/^zh\b/i.test(locale)) return /hant|tw|hk|mo/i.test(locale) ? "zh-Hant" : "zh-Hans";
  return /^lv\b/i.test(locale) ? "lv" : "en";
}

/** The catalogue of that name. */
export function messages(name: string): Messages {
  return CATALOGUES[name] ?? en;
}
