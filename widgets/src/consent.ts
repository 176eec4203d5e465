/**
 * What the shopper said to the store's own consent tool, read where a documented signal exists.
 * Nothing here asks, and nothing is written: tools are looked at, again each time it matters.
 */

/** `unsaid` is a shopper who was not asked or has not answered yet. */
export type Word = "yes" | "no" | "unsaid";

/** The tools that may be on a page; each is somebody else's code, so nothing about it is certain. */
interface Tools {
  readonly wp_consent_type?: unknown;
  readonly wp_fallback_consent_type?: unknown;
  readonly wp_has_consent?: (category: string) => unknown;
  readonly Shopify?: { readonly customerPrivacy?: {
    readonly currentVisitorConsent?: () => { readonly marketing?: unknown } | null;
    readonly marketingAllowed?: () => unknown;
  } };
  readonly dataLayer?: unknown;
  readonly __tcfapi?: (command: string, version: number, tell: (told: Told, ok: boolean) => void) => void;
}

interface Told {
  readonly gdprApplies?: boolean;
  readonly eventStatus?: string;
  readonly purpose?: { readonly consents?: Readonly<Record<string, boolean>> };
}

interface Change {
  readonly marketing?: unknown;
}

const page = window as unknown as Tools;
/** What tools tell rather than answer: TCF by its listener, WP Consent API when something changes. */
let tcf: Word = "unsaid";
let wordPress: Word = "unsaid";

/** One no counts more than any yes; a browser that sends Global Privacy Control has said no. */
export function consent(): Word {
  if ((navigator as { readonly globalPrivacyControl?: boolean }).globalPrivacyControl) return "no";
  const words = [safely(askWordPress), safely(askShopify), safely(readGoogle), tcf];
  return words.includes("no") ? "no" : words.includes("yes") ? "yes" : "unsaid";
}

/** Call `tell` whenever a tool says that something may have changed. */
export function whenChanged(tell: () => void): void {
  document.addEventListener("wp_listen_for_consent_change", (event) => {
    const marketing = ((event as CustomEvent<Change | null>).detail ?? {}).marketing;
    if (marketing) wordPress = marketing === "allow" ? "yes" : "no";
    tell();
  });
  document.addEventListener("visitorConsentCollected", tell);
  safely(() => {
    page.__tcfapi?.("addEventListener", 2, (told, ok) => {
      if (ok) tcf = readTcf(told);
      tell();
    });
    return "unsaid";
  });
}

function askWordPress(): Word {
  // Its own no says the same as no answer: only its cookie tells the two apart.
  if (wordPress === "no" || /(^|; )wp_consent_marketing=deny/.test(document.cookie)) return "no";
  // Without a type there is no consent tool behind it, and its yes would be nobody's.
  const isAsked = page.wp_consent_type ?? page.wp_fallback_consent_type;
  return isAsked && page.wp_has_consent?.("marketing") ? "yes" : wordPress;
}

export function askShopify(): Word {
  const tool = page.Shopify?.customerPrivacy;
  const said = String(tool?.currentVisitorConsent?.()?.marketing ?? "");
  if (said === "no" || said === "false") return "no";
  return said === "yes" || said === "true" || tool?.marketingAllowed?.() === true ? "yes" : "unsaid";
}

/** Consent Mode: a default that is denied waits for an answer; an update is the answer. */
function readGoogle(): Word {
  let word: Word = "unsaid";
  for (const entry of Array.isArray(page.dataLayer) ? page.dataLayer : []) {
    const [what, when, how] = Array.from((entry ?? []) as ArrayLike<unknown>);
    const { ad_storage: storage, region } = (how ?? {}) as Readonly<Record<string, unknown>>;
    if (what !== "consent" || !storage) continue;
    if (when === "update") word = storage === "granted" ? "yes" : "no";
    // A default for some regions only does not say whether this shopper is in one.
    else if (!region) word = storage === "granted" ? "yes" : "unsaid";
  }
  return word;
}

/** TCF purposes 1 (keep on the device) and 7 (measure advertising), both or none. */
function readTcf({ gdprApplies, eventStatus, purpose }: Told): Word {
  if (gdprApplies === false || eventStatus === "cmpuishown") return "unsaid";
  return purpose?.consents?.[1] && purpose.consents[7] ? "yes" : "no";
}

export function safely(ask: () => Word): Word {
  try {
    return ask();
  } catch {
    // A tool that fails has said nothing.
    return "unsaid";
  }
}
