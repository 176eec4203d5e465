/** Asking the hub: one request without cookies, short patience, and no word to the page if it fails. */

const PATIENCE = 1500;

/** What a module learns about the page: where the hub answers, and in which language to speak. */
export interface Place {
  readonly hub: string;
  readonly locale: string;
}

/** The JSON that the hub answers for this slot; rejects when it is late, down or not JSON. */
export async function ask(slot: Element, place: Place): Promise<unknown> {
  const url = new URL("v1/slate", place.hub);
  for (const name of ["placement", "product"]) {
    url.searchParams.set(name, slot.getAttribute(name) || "");
  }
  url.searchParams.set("locale", place.locale);
  // The signal also covers a body that stops half way.
  const answer = await fetch(url, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
  // An empty slate is a 200; anything else is a hub that cannot answer now.
  return answer.ok && answer.json();
}

/** The language asked for: the slot's `locale`, the nearest `lang`, or the browser's. */
export function localeOf(slot: Element): string {
  return slot.getAttribute("locale")
    || slot.closest("[lang]")?.getAttribute("lang")
    || navigator.language;
}
