/**
 * <al-bundle> and <al-claim>: a gift pack before and after the purchase. What both share stands here;
 * what one alone needs is fetched once a pack is running, and gets the shared parts handed over.
 */
import type { Began } from "./base.js";
import sheet from "./gifts.css";
import type { Load } from "./load.js";
import { giftLabels } from "./messages/gifts.js";
import { filled, languageOf, type Language } from "./messages/index.js";
import { address, fields, items, text, type Fields } from "./offers.js";
import base from "./parts.css";
import { list, make, picture, show } from "./parts.js";

/** One component of a pack. */
export interface Gift {
  readonly id: string;
  readonly what: string;
  readonly title: string;
  readonly image: string | null;
  readonly seller: string;
  readonly until: string;
}

/** A pack that was answered, and the slot and the language it is shown in. */
export interface Pack {
  readonly slot: HTMLElement;
  readonly answer: Fields;
  readonly gifts: readonly Gift[];
  readonly lang: Language;
  readonly hub: string;
}

type Content = readonly (string | Node)[];
/** What this module hands to the one that it fetches. */
export type Tools = typeof tools;
/** Draws a pack; false when there is nothing to show. */
export type DrawPack = (pack: Pack, tools: Tools) => boolean;

declare const BUNDLE: string;
declare const CLAIM: string;

const tools = { address, cardsOf, dayOf, fields, filled, items, make, showPack, text };

/** Draw the answer into the slot; false, and nothing touched, when no gift is running here. */
export async function draw(
  slot: HTMLElement, told: unknown, locale: string, hub: string, load: Load,
): Promise<Began> {
  const answer = fields(told);
  const components = items(answer["components"]);
  if (!text(answer["bundle"]) || !components.length) return false;
  const module = await load<{ draw: DrawPack }>(slot.localName == "al-claim" ? CLAIM : BUNDLE);
  const began = performance.now();
  const lang = languageOf(locale);
  const gifts = components.map((item) => ({
    id: text(item["component"]),
    what: text(item["what"]),
    title: text(item["title"]),
    image: address(item["image"], hub),
    seller: text(item["seller"]),
    until: dayOf(item["until"]),
  })).filter(({ what, seller }) => what && seller);
  return !!gifts.length && module.draw({ slot, answer, gifts, lang, hub }, tools) && began;
}

/** A day as it was answered, which every language reads: a slow machine needs 100 ms for its first date format. */
function dayOf(value: unknown): string {
  return /^\d{4}-\d\d-\d\d/.exec(text(value))?.[0] ?? "";
}

/** The gifts as a list of cards, each with last parts of its own. */
function cardsOf({ gifts, lang }: Pack, last: (gift: Gift) => Content): HTMLElement {
  return list(gifts.map((gift) => make("li", "card", [
    picture(gift.image, gift.what),
    make("div", "body", [
      make("p", "what", gift.what),
      make("p", "title", gift.title),
      ...last(gift),
    ]),
  ])), giftLabels[lang]);
}

/** Put the pack into the slot, under the label that nothing takes away. */
function showPack({ slot, answer, lang }: Pack, content: Content, more = ""): void {
  const label = giftLabels[lang];
  show(slot, make("section", "pack", [
    make("p", "", label, { class: "label" }),
    make("h2", "heading", slot.getAttribute("heading") || text(answer["title"])),
    ...content,
  ], { lang }), base + sheet + more);
}
