import { beforeEach, expect, test, vi } from "vitest";
import { define } from "../src/base.js";
import { Viewport } from "./watching.js";

let viewport: Viewport;
const fetched = vi.fn(async (_url: URL): Promise<Response> => new Response("", { status: 503 }));

beforeEach(() => {
  viewport = new Viewport();
  fetched.mockClear();
  vi.stubGlobal("fetch", fetched);
  define();
  document.body.innerHTML = "<al-slate placement='plc_1'><p>The shop's own words</p></al-slate>";
});

test("defining twice is harmless", () => {
  const first = customElements.get("al-slate");
  expect(() => define()).not.toThrow();
  expect(customElements.get("al-slate")).toBe(first);
});

test("nothing is fetched before the slot nears the viewport", () => {
  expect(viewport.watching.get(slot())?.margin).toBe("400px");
  viewport.show(slot(), 0);
  expect(fetched).not.toHaveBeenCalled();
  expect(document.querySelectorAll("script").length).toBe(0);
});

test("near the viewport it asks once", () => {
  viewport.show(slot(), 0.01);
  viewport.show(slot(), 1);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(fetched.mock.calls[0]![0].searchParams.get("placement")).toBe("plc_1");
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

test("another product asks again, the same one does not", () => {
  viewport.show(slot(), 1);
  slot().setAttribute("product", "SKU2");
  viewport.show(slot(), 1);
  slot().setAttribute("product", "SKU2");
  viewport.show(slot(), 1);
  expect(fetched.mock.calls.map(([url]) => url.searchParams.get("product"))).toEqual(["", "SKU2"]);
});

test("a slot taken out of the page asks no more", () => {
  const gone = slot();
  gone.remove();
  expect(viewport.watching.has(gone)).toBe(false);
});

function slot(): HTMLElement {
  return document.querySelector("al-slate")!;
}
