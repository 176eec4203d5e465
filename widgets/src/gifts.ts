/**
 * <al-bundle> and <al-claim>: a gift pack before and after the purchase. What both share stands here;
 * what one alone needs is fetched once a pack is running, and gets the shared parts handed over.
 */
import sheet from "./gifts.css";
import { HERE, load } from "./load.js";
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
}

type Content = readonly (string | Node)[];
/** What this module hands to the one that it fetches. */
export type Tools = typeof tools;
/** Draws a pack; false when there is nothing to show. */
export type DrawPack = (pack: Pack, tools: Tools) => boolean;

declare const BUNDLE: string;
declare const CLAIM: string;

const tools = { address, cardsOf, dayOf, fields, filled, hub: HERE, items, make, showPack, text };

/** Draw the answer into the slot; false, and nothing touched, when no gift is running here. */
export async function draw(slot: HTMLElement, told: unknown, locale: string, hub: string): Promise<boolean> {
  const answer = fields(told);
  const lang = languageOf(locale);
  const gifts = items(answer["components"]).map((item) => ({
    id: text(item["component"]),
    what: text(item["what"]),
    title: text(item["title"]),
    image: address(item["image"], hub),
    seller: text(item["seller"]),
    until: dayOf(item["until"], lang),
  })).filter(({ what, seller }) => what && seller);
  if (!text(answer["bundle"]) || !gifts.length) return false;
  const module = await load<{ draw: DrawPack }>(slot.localName == "al-claim" ? CLAIM : BUNDLE);
  return module.draw({ slot, answer, gifts, lang }, tools);
}

/** A day as people of that language write it; empty if it is none. */
function dayOf(value: unknown, lang: Language): string {
  const time = Date.parse(text(value));
  return time ? new Intl.DateTimeFormat(lang, { dateStyle: "long" }).format(time) : "";
}

/** The gifts as a list of cards, each with last parts of its own. */
function cardsOf({ gifts }: Pack, last: (gift: Gift) => Content): HTMLElement {
  return list(gifts.map((gift) => make("li", "card", [
    picture(gift.image, gift.what),
    make("div", "body", [
      make("p", "what", gift.what, { dir: "auto" }),
      make("p", "title", gift.title, { dir: "auto" }),
      ...last(gift),
    ]),
  ])));
}

/** Put the pack into the slot, under the label that nothing takes away. */
function showPack({ slot, answer, lang }: Pack, label: string, content: Content, more = ""): void {
  show(slot, make("section", "pack", [
    make("p", "", label, { class: "label" }),
    make("h2", "heading", slot.getAttribute("heading") || text(answer["title"]), { dir: "auto" }),
    ...content,
  ], { "aria-label": label, lang }), base + sheet + more);
}
