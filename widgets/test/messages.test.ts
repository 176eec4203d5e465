import { expect, test } from "vitest";
import { bundleWords } from "../src/messages/bundle.js";
import { claimWords } from "../src/messages/claim.js";
import { giftLabels } from "../src/messages/gifts.js";
import { filled, languageOf, type Language } from "../src/messages/index.js";
import { slateWords } from "../src/messages/slate.js";

const CATALOGUES = { slate: slateWords, bundle: bundleWords, claim: claimWords };
const LANGUAGES: readonly Language[] = ["en", "lv", "zh-Hans", "zh-Hant"];

test.each([
  ["zh", "zh-Hans"], ["zh-CN", "zh-Hans"], ["zh-Hans-SG", "zh-Hans"], ["zh-TW", "zh-Hant"],
  ["zh-HK", "zh-Hant"], ["zh-Hant", "zh-Hant"], ["lv", "lv"], ["lv-LV", "lv"], ["LV", "lv"],
  ["en-GB", "en"], ["de", "en"], ["zhx", "en"],
])("%s is spoken in %s", (wanted, language) => {
  expect(languageOf(wanted)).toBe(language);
});

test.each(Object.entries(CATALOGUES))("every language of %s has every word", (_name, catalogue) => {
  const keys = (words: object): string[] =>
    Object.entries(words).flatMap(([name, word]) => typeof word === "string" ? [name] : keys(word as object));
  for (const language of LANGUAGES) expect(keys(catalogue[language])).toEqual(keys(catalogue.en));
});

test.each(Object.entries(CATALOGUES))("every language of %s fills in the same places", (_name, catalogue) => {
  const places = (words: object): unknown[] => Object.values(words).map((word: unknown) =>
    typeof word === "string" ? word.split("{}").length : places(word as object));
  for (const language of LANGUAGES) expect(places(catalogue[language])).toEqual(places(catalogue.en));
});

test.each([
  ["en", "Ad"], ["lv", "Reklāma"], ["zh-Hans", "广告"], ["zh-Hant", "廣告"],
] as const)("every label in %s has the word the law asks for", (language, word) => {
  for (const label of [slateWords[language].label, giftLabels[language]]) expect(label.split(" · ")[1]).toBe(word);
});

test("what is filled in is taken as it is", () => {
  expect(filled("By {}", "$& {} & Sons")).toBe("By $& {} & Sons");
});
