import { beforeEach, expect, test, vi } from "vitest";
import { ask, localeOf } from "../src/api.js";
import { catalogueOf } from "../src/messages/index.js";

const HUB = "https://hub.example/embed/v1.js";

beforeEach(() => {
  document.documentElement.removeAttribute("lang");
  document.body.innerHTML = "<al-slate placement='plc_1' product='SKU 1'></al-slate>";
});

test.each([
  ["zh", "zh-Hans"], ["zh-CN", "zh-Hans"], ["zh-Hans-SG", "zh-Hans"], ["zh-TW", "zh-Hant"],
  ["zh-HK", "zh-Hant"], ["zh-Hant", "zh-Hant"], ["lv", "lv"], ["lv-LV", "lv"], ["LV", "lv"],
  ["en-GB", "en"], ["de", "en"], ["zhx", "en"],
])("%s is spoken from the catalogue %s", (wanted, catalogue) => {
  expect(catalogueOf(wanted)).toBe(catalogue);
});

test("without a locale the nearest lang decides, then the browser", () => {
  document.documentElement.lang = "lv";
  expect(localeOf(slot())).toBe("lv");
  document.body.lang = "zh-TW";
  expect(localeOf(slot())).toBe("zh-TW");
  document.body.removeAttribute("lang");
  document.documentElement.removeAttribute("lang");
  expect(localeOf(slot())).toBe(navigator.language);
  slot().setAttribute("locale", "de");
  expect(localeOf(slot())).toBe("de");
});

test("the question names placement, product and locale, and carries no cookies", async () => {
  const fetched = vi.fn(async (_url: URL, _options: RequestInit) => Response.json({ offers: [] }));
  vi.stubGlobal("fetch", fetched);
  expect(await ask(slot(), { hub: HUB, locale: "lv" })).toEqual({ offers: [] });
  const [url, options] = fetched.mock.calls[0]!;
  expect(url.href)
    .toBe("https://hub.example/embed/v1/slate?placement=plc_1&product=SKU+1&locale=lv");
  expect(options.credentials).toBe("omit");
  expect(options.signal).toBeInstanceOf(AbortSignal);
});

test("a hub that refuses has nothing to show", async () => {
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 503 }));
  expect(await ask(slot(), { hub: HUB, locale: "en" })).toBe(false);
});

function slot(): HTMLElement {
  return document.querySelector("al-slate")!;
}
