import { beforeEach, expect, test, vi } from "vitest";
import { Viewport } from "./watching.js";

let viewport: Viewport;
const fetched = vi.fn(async (_url: URL, _options: RequestInit): Promise<Response> => new Response("", { status: 503 }));

beforeEach(async () => {
  viewport = new Viewport();
  fetched.mockClear();
  vi.stubGlobal("fetch", fetched);
  await import("../src/index.js");
  document.documentElement.removeAttribute("lang");
  document.body.removeAttribute("lang");
  document.body.innerHTML = "<al-slate placement='plc_1'><p>The shop's own words</p></al-slate>";
});

test("a second loader is harmless", async () => {
  const first = customElements.get("al-slate");
  vi.resetModules();
  await import("../src/index.js");
  expect(customElements.get("al-slate")).toBe(first);
});

test("nothing is fetched before the slot nears the viewport", () => {
  expect(viewport.watching.get(slot())?.margin).toBe("400px");
  viewport.show(slot(), 0);
  expect(fetched).not.toHaveBeenCalled();
  expect(document.querySelectorAll("script").length).toBe(0);
});

test("near the viewport it asks once", async () => {
  await near();
  viewport.show(slot(), 1);
  expect(fetched).toHaveBeenCalledTimes(1);
});

test.each([
  ["<al-slate placement='plc_1' product='SKU 1' heading='Ours'></al-slate>", "slate?locale=lv&placement=plc_1&product=SKU+1"],
  ["<al-article asset='ast_1'></al-article>", "article?locale=lv&asset=ast_1"],
  ["<al-bundle placement='plc_1' amount='12.50' currency='EUR'></al-bundle>", "bundle?locale=lv&placement=plc_1"],
  ["<al-claim placement='plc_1' proof='secret'></al-claim>", "bundle?locale=lv&placement=plc_1"],
])("%s asks for %s, without cookies", async (html, address) => {
  document.body.lang = "lv";
  document.body.innerHTML = html;
  await near();
  const [url, options] = fetched.mock.calls[0]!;
  expect(url.href.split("/v1/")[1]).toBe(address);
  expect(options.credentials).toBe("omit");
  expect(options.signal).toBeInstanceOf(AbortSignal);
});

test("without a locale the nearest lang decides, then the browser", async () => {
  const locales = async (): Promise<string | null> => {
    slot().setAttribute("product", String(Math.random()));
    await near();
    return fetched.mock.lastCall![0].searchParams.get("locale");
  };
  expect(await locales()).toBe(navigator.language);
  document.documentElement.lang = "lv";
  expect(await locales()).toBe("lv");
  document.body.lang = "zh-TW";
  expect(await locales()).toBe("zh-TW");
  slot().setAttribute("locale", "de");
  expect(await locales()).toBe("de");
});

test("a hub that does not answer leaves the page as it was", async () => {
  fetched.mockRejectedValueOnce(new TypeError("down"));
  const before = document.documentElement.outerHTML;
  const told = new Promise((resolve) => slot().addEventListener("al-empty", resolve));
  viewport.show(slot(), 1);
  await told;
  viewport.show(slot(), 0);
  expect(document.documentElement.outerHTML).toBe(before);
  expect(slot().shadowRoot).toBeNull();
});

test("the tag tells who is held out, as the last answer has it, before the event", async () => {
  const seen: boolean[] = [];
  slot().addEventListener("al-empty", () => seen.push(slot().hasAttribute("held-out")));
  const answers = ['{"hold_out":true}', '{"offers":[]}', '{"hold_out":true}', "null", '{"hold_out":"yes"}', ""];
  for (const [turn, answer] of answers.entries()) {
    fetched.mockResolvedValueOnce(new Response(answer));
    slot().setAttribute("product", String(turn));
    await near();
    await vi.waitFor(() => expect(seen.length).toBe(turn + 1));
  }
  expect(seen).toEqual([true, false, true, false, false, false]);
});

test("another product asks again, the same one does not", async () => {
  await near();
  slot().setAttribute("product", "SKU2");
  await near();
  slot().setAttribute("product", "SKU2");
  await near();
  expect(fetched.mock.calls.map(([url]) => url.searchParams.get("product"))).toEqual([null, "SKU2"]);
});

test("a slot taken out of the page asks no more", async () => {
  const gone = slot();
  gone.remove();
  viewport.show(gone, 0);
  await Promise.resolve();
  expect(fetched).not.toHaveBeenCalled();
});

async function near(): Promise<void> {
  viewport.show(slot(), 0.01);
  await new Promise((resolve) => setTimeout(resolve));
}

function slot(): HTMLElement {
  return document.body.firstElementChild as HTMLElement;
}
