/** The widgets' own words; labels stand in these files so that no answer and no shop can change them. */

export type Language = "en" | "lv" | "zh-Hans" | "zh-Hant";
/** One element's words in every language. */
export type Catalogue<Words> = Readonly<Record<Language, Words>>;

/** Which of the four languages speaks a language tag such as `zh-TW`; English for any other. */
export function languageOf(locale: string): Language {
  if (/^zh\b/i.test(locale)) return /hant|tw|hk|mo/i.test(locale) ? "zh-Hant" : "zh-Hans";
  return /^lv\b/i.test(locale) ? "lv" : "en";
}

/** A sentence with what another shop typed put into its `{}`. */
export function filled(sentence: string, ...values: readonly string[]): string {
  return values.reduce((text, value) => text.replace("{}", () => value), sentence);
}
