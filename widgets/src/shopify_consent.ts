/**
 * What stands in for `consent.ts` in a Shopify theme. There the platform itself keeps what the shopper
 * said, so only its yes counts; a no counts from wherever it comes.
 */
import { askShopify, consent as said, safely, whenChanged as others, type Word } from "./consent.js";

/** The platform brings its tool only to a page that asks for it. */
interface Platform {
  readonly customerPrivacy?: unknown;
  readonly loadFeatures?: (features: readonly object[], tell: (problem?: unknown) => void) => void;
}

const told: (() => void)[] = [];
let isAsked = false;

export function consent(): Word {
  const word = said();
  return word === "yes" && safely(askShopify) !== "yes" ? "unsaid" : word;
}

/** Call `tell` whenever what the shopper said may have changed, or is known only now. */
export function whenChanged(tell: () => void): void {
  told.push(tell);
  others(tell);
}

/** Have the platform's tool on this page; asked for once, and only where there is something to carry. */
export function ready(): void {
  const { Shopify: platform } = window as { readonly Shopify?: Platform };
  if (isAsked || platform?.customerPrivacy) return;
  isAsked = true;
  platform?.loadFeatures?.([{ name: "consent-tracking-api", version: "0.1" }], () => told.forEach((tell) => tell()));
}
