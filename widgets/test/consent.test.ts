import { beforeEach, expect, test, vi } from "vitest";
import type { Word } from "../src/consent.js";

type Said = Record<string, unknown>;

beforeEach(() => {
  vi.resetModules();
  vi.unstubAllGlobals();
  document.cookie = "wp_consent_marketing=; max-age=0";
});

/** What is understood on a page with these tools. */
async function heard(tools: Said = {}): Promise<Word> {
  for (const [name, tool] of Object.entries(tools)) vi.stubGlobal(name, tool);
  const { consent, whenChanged } = await import("../src/consent.js");
  whenChanged(() => {});
  return consent();
}

test("without a tool nothing is said", async () => {
  expect(await heard()).toBe("unsaid");
});

test("a browser that sends Global Privacy Control has said no, whatever a tool says", async () => {
  const agreed = { wp_consent_type: "optin", wp_has_consent: () => true };
  expect(await heard({ ...agreed, navigator: { globalPrivacyControl: true } })).toBe("no");
  expect(await heard({ ...agreed, navigator: { globalPrivacyControl: false } })).toBe("yes");
});

test.each<[string, Said, string, Word]>([
  ["yes", { wp_consent_type: "optin", wp_has_consent: () => true }, "", "yes"],
  ["yes by its fallback", { wp_fallback_consent_type: "optin", wp_has_consent: () => true }, "", "yes"],
  ["not answered", { wp_consent_type: "optin", wp_has_consent: () => false }, "", "unsaid"],
  ["no", { wp_consent_type: "optin", wp_has_consent: () => false }, "deny", "no"],
  ["no tool behind it", { wp_has_consent: () => true }, "", "unsaid"],
  ["broken", { wp_consent_type: "optin", wp_has_consent: () => { throw new Error(); } }, "", "unsaid"],
])("WP Consent API: %s", async (_name, tools, cookie, word) => {
  if (cookie) document.cookie = `wp_consent_marketing=${cookie}`;
  expect(await heard(tools)).toBe(word);
});

test.each<[unknown, unknown, Word]>([
  ["yes", undefined, "yes"], ["no", undefined, "no"], ["", undefined, "unsaid"],
  ["", true, "yes"], ["", false, "unsaid"], ["no", true, "no"], ["true", undefined, "yes"],
  ["false", undefined, "no"], [null, undefined, "unsaid"],
])("Shopify: marketing %j, allowed %j is %s", async (marketing, allowed, word) => {
  const customerPrivacy = {
    currentVisitorConsent: () => ({ marketing }), marketingAllowed: () => allowed,
  };
  expect(await heard({ Shopify: { customerPrivacy } })).toBe(word);
});

test.each<[string, unknown[][], Word]>([
  ["a default that waits", [["consent", "default", { ad_storage: "denied" }]], "unsaid"],
  ["a default that grants", [["consent", "default", { ad_storage: "granted" }]], "yes"],
  ["a default for a region", [["consent", "default", { ad_storage: "granted", region: ["US"] }]], "unsaid"],
  ["a yes", [["consent", "default", { ad_storage: "denied" }],
    ["event", "x"], ["consent", "update", { ad_storage: "granted" }]], "yes"],
  ["a no", [["consent", "update", { ad_storage: "granted" }],
    ["consent", "update", { ad_storage: "denied" }]], "no"],
  ["another purpose", [["consent", "update", { analytics_storage: "granted" }]], "unsaid"],
  ["nonsense", [[], ["consent"], ["consent", "update", null as never]], "unsaid"],
])("Consent Mode: %s", async (_name, dataLayer, word) => {
  // Google's own code pushes `arguments`, which is no array.
  const pushed = dataLayer.map((entry) => ({ ...entry, length: entry.length }));
  expect(await heard({ dataLayer: [null, "x", ...pushed] })).toBe(word);
});

test.each<[string, Said, boolean, Word]>([
  ["both purposes", { eventStatus: "useractioncomplete", purpose: { consents: { 1: true, 7: true } } }, true, "yes"],
  ["one of them", { eventStatus: "tcloaded", purpose: { consents: { 1: true } } }, true, "no"],
  ["still asking", { eventStatus: "cmpuishown", purpose: { consents: {} } }, true, "unsaid"],
  ["does not apply", { gdprApplies: false, eventStatus: "tcloaded" }, true, "unsaid"],
  ["failed", { eventStatus: "tcloaded", purpose: { consents: { 1: true, 7: true } } }, false, "unsaid"],
])("TCF: %s", async (_name, told, ok, word) => {
  const tcfapi = (_command: string, _version: number, tell: (told: Said, ok: boolean) => void): void =>
    tell(told, ok);
  expect(await heard({ __tcfapi: tcfapi })).toBe(word);
});

test("one no counts more than another tool's yes", async () => {
  expect(await heard({
    wp_consent_type: "optin", wp_has_consent: () => true,
    Shopify: { customerPrivacy: { currentVisitorConsent: () => ({ marketing: "no" }) } },
  })).toBe("no");
});

test("a change is told, and what it says counts", async () => {
  const told = vi.fn();
  const { consent, whenChanged } = await import("../src/consent.js");
  whenChanged(told);
  const say = (detail: unknown): boolean =>
    document.dispatchEvent(new CustomEvent("wp_listen_for_consent_change", { detail }));
  say({ marketing: "allow" });
  expect([consent(), told.mock.calls.length]).toEqual(["yes", 1]);
  say({ statistics: "deny" });
  expect(consent()).toBe("yes");
  say({ marketing: "deny" });
  expect(consent()).toBe("no");
  say(null);
  document.dispatchEvent(new Event("visitorConsentCollected"));
  expect([consent(), told.mock.calls.length]).toEqual(["no", 5]);
});
