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

/** The catalogue of a locale that `localeOf` gave; English for any other. */
export function messages(locale: string): Messages {
  return CATALOGUES[locale] ?? en;
}
