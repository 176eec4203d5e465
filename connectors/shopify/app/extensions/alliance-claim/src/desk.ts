/**
 * The gift desk: what the hub says about this purchase, and the codes it gives for it. The shop's platform vouches for
 * the shopper by a token of a minute; the proof of the purchase is the hub's own and is only handed back.
 */
import { address, fields, items, text, type Fields } from "./offers.js";

/** Written in when the app is built. */
export const HUB = "https://hub.invalid";
const PATIENCE = 10_000;
const PROBLEMS = ["below_threshold", "proof_refused", "campaign_over", "too_many_tries"];

/** What the platform's page offers, whichever page it is. */
export interface Platform {
  readonly sessionToken: { get(): Promise<string> };
  readonly i18n: { translate(key: string, options?: Record<string, string>): string };
  readonly localization: { readonly language: { readonly value: { readonly isoCode: string } } };
}

export interface Gift {
  readonly id: string;
  readonly what: string;
  readonly title: string;
  readonly seller: string;
  readonly until: string;
}

export interface Pack {
  readonly placement: string;
  readonly proof: string;
  readonly locale: string;
  readonly title: string;
  readonly gifts: readonly Gift[];
}

/** A code, or that its shop has none left. */
export interface Answer {
  readonly id: string;
  readonly shop: string;
  readonly code: string;
  readonly until: string;
  readonly href: string | null;
}

/**
 * The gifts for this order; undefined where there are none, or the hub does not answer. `mark` is the order's confirmation
 * number: only its own shopper is shown it, so the hub knows by it that the page is theirs.
 */
export async function packFor(gid: string, mark: string | undefined, platform: Platform): Promise<Pack | undefined> {
  const order = /\d+$/.exec(gid)?.[0];
  if (!order || !mark) return undefined;
  try {
    const token = await platform.sessionToken.get();
    const purchase = await read(new URL(`stores/shopify/purchase?${new URLSearchParams({ order, mark })}`, `${HUB}/`), {
      headers: { Authorization: `Bearer ${token}` },
    });
    const [placement, proof] = [text(purchase["placement"]), purchase["proof"]];
    if (!placement || typeof proof !== "string" || !proof) return undefined;
    const locale = platform.localization.language.value.isoCode;
    const asked = new URLSearchParams({ placement, locale });
    const told = await read(new URL(`embed/v1/bundle?${asked}`, `${HUB}/`));
    const gifts = items(told["components"]).map(giftOf).filter(({ id, what, seller }) => id && what && seller);
    return gifts.length ? { placement, proof, locale, title: text(told["title"]), gifts } : undefined;
  } catch {
    // The page goes on without us.
    return undefined;
  }
}

/** Ask for the codes of these gifts; the name of a problem where none came. The same purchase gets the same codes. */
export async function claim(pack: Pack, components: readonly string[]): Promise<readonly Answer[] | string> {
  const { placement, proof, locale } = pack;
  let told: Fields = {};
  try {
    // As text: a browser asks no leave for it beforehand.
    told = await read(new URL("embed/v1/claims", `${HUB}/`), {
      method: "POST", body: JSON.stringify({ placement, proof, components, locale }),
    }, true);
  } catch {
    // Said below, as an answer that holds nothing.
  }
  if (!told["claims"]) return PROBLEMS.find((each) => each === told["code"]) ?? "offline";
  const given = items(told["claims"]).map((each) => ({
    id: text(each["component"]), shop: text(each["where"]), code: text(each["code"]),
    until: dayOf(each["until"]), href: address(each["href"], HUB),
  }));
  const gone = items(told["refused"]).map((each) => ({
    id: text(each["component"]), shop: text(each["seller"]), code: "", until: "", href: null,
  }));
  return [...given, ...gone];
}

async function read(url: URL, how: RequestInit = {}, isProblemRead = false): Promise<Fields> {
  const answer = await fetch(url, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE), ...how });
  return answer.status === 200 || isProblemRead ? fields(await answer.json()) : {};
}

function giftOf(item: Fields): Gift {
  return {
    id: text(item["component"]), what: text(item["what"]), title: text(item["title"]),
    seller: text(item["seller"]), until: dayOf(item["until"]),
  };
}

/** A day as it was answered, which every language reads. */
function dayOf(value: unknown): string {
  return /^\d{4}-\d\d-\d\d/.exec(text(value))?.[0] ?? "";
}
