/**
 * Reading what the hub answered. Titles, sellers and addresses were typed by other shops: text
 * stays text, and an address counts only if it is one that a shopper may safely be sent to.
 */

export interface Offer {
  readonly id: string;
  readonly title: string;
  readonly image: string | null;
  readonly price: string;
  readonly seller: string;
  readonly reason: string;
  readonly href: string;
}

export type Fields = Readonly<Record<string, unknown>>;

const MOST = 12;
const LONGEST = 200;
// Control characters, line breaks, and what turns the direction of the text that follows.
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/gu;

/** The first twelve of a list in an answer, each as fields; none if it is no list. */
export function items(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.slice(0, MOST).map(fields) : [];
}

/** The offers that have an address and a title. */
export function offersOf(answer: Fields, hub: string): readonly Offer[] {
  return items(answer["offers"]).map((item) => ({
    id: text(item["offer"]),
    title: text(item["title"]),
    image: address(item["image"], hub),
    price: text(fields(item["price"])["text"]),
    seller: text(item["seller"]),
    reason: text(item["reason"]),
    href: address(item["href"], hub) ?? "",
  })).filter(({ href, title }) => href && title);
}

/** The address, made absolute, if it is https (or a neighbour of a hub on this machine); else null. */
export function address(value: unknown, hub: string): string | null {
  if (typeof value != "string" || !value) return null;
  try {
    const url = new URL(value, hub);
    const isSafe = url.protocol == "https:" || url.protocol == "http:" && isLocal(url) && isLocal(new URL(hub));
    return isSafe && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

/** Plain http is for the demo: a hub on loopback and what it names on loopback. */
function isLocal({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** What can be asked for its fields; nothing has them all. */
export function fields(value: unknown): Fields {
  return Object(value) as Fields;
}

/** One short line of text; empty for what is no text. */
export function text(value: unknown): string {
  return typeof value == "string" ? value.replace(HIDDEN, " ").trim().slice(0, LONGEST) : "";
}
