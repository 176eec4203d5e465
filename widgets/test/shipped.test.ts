import { beforeEach, expect, test, vi } from "vitest";
import type * as Fetched from "../src/load.js";

beforeEach(() => {
  vi.resetModules();
});

test.each([
  ["https://hub.example", "https://hub.example/embed/"],
  ["https://hub.example/", "https://hub.example/embed/"],
  ["https://shops.example/hub", "https://shops.example/hub/embed/"],
  ["https://hub.example:8443/?a#b", "https://hub.example:8443/embed/"],
  ["http://127.0.0.1:8000", "http://127.0.0.1:8000/embed/"],
  ["http://localhost:8000", "http://localhost:8000/embed/"],
])("a tag that names %s asks at %s", async (hub, here) => {
  expect((await told(hub)).HERE).toBe(here);
});

test.each([
  "", "hub.example", "/hub", "//hub.example", "http://hub.example", "http://127.0.0.1.evil.example", "ftp://hub.example",
  "javascript:alert(1)", "data:text/html,x", "https://name:word@hub.example", "https://", "blob:https://hub.example/1",
])("a tag that names %j names no hub", async (hub) => {
  expect((await told(hub)).HERE).toBe("");
});

test("a script that is no tag's, such as a module, names no hub", async () => {
  const { HERE } = await told(null);
  expect(HERE).toBe("");
});

test("what the other build fetches by a hash is here by its name, and the same module", async () => {
  const { load } = await told("https://hub.example");
  for (const name of ["slate", "gifts", "bundle", "claim"]) {
    const path = `../src/${name}.ts`;
    expect(await load(name)).toBe(await import(/* @vite-ignore */ path));
  }
});

test("what this build does without is not there, as in the other one what does not come", async () => {
  expect(await (await told("https://hub.example")).load("")).toBeUndefined();
});

test.each([
  ["never", "unsaid"], ["asked", "yes"], ["", "yes"],
])("where the owner says keep %j, a yes counts as %s", async (keep, word) => {
  vi.stubGlobal("wp_consent_type", "optin");
  vi.stubGlobal("wp_has_consent", () => true);
  await told("https://hub.example", keep);
  expect((await import("../src/shipped_consent.js")).consent()).toBe(word);
});

test("a no stays a no, whatever the owner says", async () => {
  vi.stubGlobal("navigator", { globalPrivacyControl: true });
  await told("https://hub.example", "never");
  expect((await import("../src/shipped_consent.js")).consent()).toBe("no");
});

/** What stands in for `load.ts`, as a script finds it whose tag names this hub; null is no tag at all. */
async function told(hub: string | null, keep = ""): Promise<Pick<typeof Fetched, "HERE" | "load">> {
  const script = document.createElement("script");
  if (hub) script.dataset["hub"] = hub;
  if (keep) script.dataset["keep"] = keep;
  vi.spyOn(document, "currentScript", "get").mockReturnValue(hub == null ? null : script);
  return import("../src/shipped_load.js");
}
