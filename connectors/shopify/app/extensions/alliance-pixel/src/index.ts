/**
 * A second witness of an order, for shops whose theme carries no token. The hub takes what is told here as a hint and
 * asks the shop; money never follows from it alone. Nothing of the event is read but the order's number.
 */
import { register, type ExtensionApi } from "@shopify/web-pixels-extension";
import { lastOf, NAME, TOKEN } from "./tokens.js";

type Said = ExtensionApi["init"]["customerPrivacy"];

const COOKIE = "alliance_alc";
const MONTH = 30 * 24 * 3600;
const STORE = /^sto_[0-9a-hjkmnp-tv-z]{26}$/;

register(({ analytics, browser, customerPrivacy, init, settings }) => {
  const hub = hubOf(settings["hub"]);
  const store = String(settings["store"]);
  if (!hub || !STORE.test(store)) return;
  let isAllowed = allows(init.customerPrivacy);

  customerPrivacy.subscribe("visitorConsentCollected", async (event) => {
    isAllowed = allows(event.customerPrivacy);
    if (!isAllowed) await write([], 0);
  });

  // The same cookie that the theme keeps after a yes: one place, however many of us are on a page.
  analytics.subscribe("page_viewed", async ({ context }) => {
    if (!isAllowed) return;
    const landed = new URLSearchParams(context.document.location.search).getAll(NAME).filter((each) => TOKEN.test(each));
    if (landed.length) await write(lastOf([...await kept(), ...landed]), MONTH);
  });

  analytics.subscribe("checkout_completed", async ({ data }) => {
    const order = /\d+$/.exec(String(data.checkout.order?.id ?? ""))?.[0];
    if (!isAllowed || !order) return;
    const token = (await kept()).at(-1);
    if (!token) return;
    // As text: a browser asks no leave for it beforehand.
    await fetch(new URL("stores/shopify/hints", hub), {
      method: "POST", body: JSON.stringify({ store, order, token }), keepalive: true, credentials: "omit",
    }).catch(() => undefined);
  });

  async function kept(): Promise<string[]> {
    return String(await browser.cookie.get(COOKIE) ?? "").split("!").filter((each) => TOKEN.test(each));
  }

  async function write(all: readonly string[], age: number): Promise<void> {
    await browser.cookie.set(`${COOKIE}=${all.join("!")}; path=/; max-age=${age}; samesite=lax; secure`);
  }
});

/** All that a shopper was asked for, and no sale of data refused, as Global Privacy Control refuses it. */
function allows({ analyticsProcessingAllowed, marketingAllowed, saleOfDataAllowed }: Said): boolean {
  return analyticsProcessingAllowed && marketingAllowed && saleOfDataAllowed;
}

function hubOf(named: unknown): URL | undefined {
  try {
    const url = new URL(String(named).replace(/\/*$/, "/"));
    return url.protocol === "https:" && !url.username && !url.password ? url : undefined;
  } catch {
    return undefined;
  }
}
