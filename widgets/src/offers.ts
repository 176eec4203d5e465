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

export interface Slate {
  readonly id: string;
  readonly offers: readonly Offer[];
}

type Fields = Readonly<Record<string, unknown>>;

const MOST = 12;
const LONGEST = 200;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
// Control characters, line breaks, and what turns the direction of the text that follows.
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/gu;

/** The slate in an answer, without the offers that lack an address or a title; null if none is left. */
export function read(answer: unknown, hub: string): Slate | null {
  const { slate, offers } = fields(answer);
  const list = (Array.isArray(offers) ? offers.slice(0, MOST) : []).flatMap((item) => {
    const offer = readOffer(fields(item), hub);
    return offer ? [offer] : [];
  });
  return list.length ? { id: text(slate), offers: list } : null;
}

/** The address, made absolute, if it is https (or a neighbour of a hub on this machine); else null. */
export function address(value: unknown, hub: string): string | null {
  if (typeof value !== "string" || !value) return null;
  try {
    const url = new URL(value, hub);
    if (url.username || url.password) return null;
    return url.protocol === "https:" || isNeighbour(url, new URL(hub)) ? url.href : null;
  } catch {
    return null;
  }
}

function readOffer(item: Fields, hub: string): Offer | null {
  const href = address(item["href"], hub);
  const title = text(item["title"]);
  if (!href || !title) return null;
  return {
    id: text(item["offer"]),
    title,
    image: address(item["image"], hub),
    price: text(fields(item["price"])["text"]),
    seller: text(item["seller"]),
    reason: text(item["reason"]),
    href,
  };
}

/** Plain http is for the demo: a hub on loopback and what it names on loopback. */
function isNeighbour(url: URL, hub: URL): boolean {
  return url.protocol === "http:" && LOOPBACK.test(url.hostname) && LOOPBACK.test(hub.hostname);
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value.replace(HIDDEN, " ").trim().slice(0, LONGEST) : "";
}
