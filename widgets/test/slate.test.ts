import { beforeEach, expect, test } from "vitest";
import { load } from "../src/load.js";
import { languageOf } from "../src/messages/index.js";
import { slateWords } from "../src/messages/slate.js";
import { draw } from "../src/slate.js";
import { Viewport } from "./watching.js";

const HUB = "https://hub.example/embed/slate.js";

beforeEach(() => {
  new Viewport();
  document.body.innerHTML = "<al-slate placement='plc_1'><p>The shop's own words</p></al-slate>";
});

test("a slate is a section with a labelled list of cards", () => {
  expect(drawn()).toBe(true);
  expect(root().querySelector("section ul")?.getAttribute("aria-label")).toBe("Recommended by our partner · Ad");
  expect([...root().querySelectorAll("ul[role=list] > li")].map(words)).toEqual([
    "Goes well with this|Rattle|€12.90|Sold and shipped by Calm Meadow",
    "Cap|€9.00|Sold and shipped by $& & Sons",
  ]);
});

test("links are marked as paid for, and lead where the hub said", () => {
  drawn();
  const link = root().querySelector("a")!;
  expect(link.rel).toBe("sponsored noopener");
  expect(link.href).toBe("https://hub.example/go/1");
});

test.each(["en", "lv", "zh-Hans", "zh-Hant"])("the label is shown in %s, whatever was answered", (locale) => {
  const slot = document.querySelector("al-slate")!;
  for (const name of ["label", "label-text", "hide-label", "nolabel"]) slot.setAttribute(name, "");
  drawn({ label: "Our own" }, locale);
  expect(root().querySelector("p.label")?.textContent).toBe(slateWords[languageOf(locale)].label);
});

test("markup in any field stays text", () => {
  const evil = "<img src=x onerror=alert(1)>";
  drawn({ offers: [{ ...first(), title: evil, seller: evil, reason: evil, price: { text: evil } }] });
  expect(root().querySelectorAll("img").length).toBe(0);
  expect(words(root().querySelector("li")!)).toBe(`${evil}|${evil}|Sold and shipped by ${evil}`);
});

test("a picture is decoration, and its place shows a letter until it is there", () => {
  drawn({ offers: [{ ...first(), image: "/i/1.png" }] });
  const image = root().querySelector("img")!;
  expect([image.alt, image.loading, image.src]).toEqual(["", "lazy", "https://hub.example/i/1.png"]);
  expect(root().querySelector(".picture")?.textContent).toBe("R");
  image.dispatchEvent(new Event("load"));
  expect(root().querySelector(".picture")?.textContent).toBe("");
});

test("a reason that is the name of something else is not shown", () => {
  drawn({ offers: [{ ...first(), reason: "constructor" }] });
  expect(root().querySelector(".reason")?.textContent).toBe("");
});

test("the answer's layout holds, and the shop's own goes before it", () => {
  drawn({ layout: "compact" });
  expect(root().querySelector("section.slate.compact")).not.toBeNull();
  document.querySelector("al-slate")!.setAttribute("layout", "grid");
  drawn({ layout: "compact" });
  expect(root().querySelector("section")?.className).toBe("slate grid");
});

test("the alliance is named once, where it has a name", () => {
  drawn({ alliance: "Fine $& Parenting" });
  expect(root().querySelector(".member")?.textContent).toBe("Member of Fine $& Parenting");
  drawn();
  expect(root().querySelector(".member")).toBeNull();
});

test("with no usable offer nothing is touched", () => {
  expect(drawn({ offers: [] })).toBe(false);
  expect(document.querySelector("al-slate")?.shadowRoot).toBeNull();
});

test("a second answer takes the place of the first", () => {
  drawn();
  drawn({ offers: [{ ...first(), title: "Newer" }] });
  expect(root().querySelectorAll("section").length).toBe(1);
  expect(root().querySelector("a")?.textContent).toBe("Newer");
});

test("the shop may add a heading and a note of its own, as text", () => {
  const slot = document.querySelector("al-slate")!;
  slot.setAttribute("heading", "Goes <b>well</b>");
  slot.setAttribute("seller-note", "Paid apart");
  drawn();
  expect(root().querySelector("h2")?.textContent).toBe("Goes <b>well</b>");
  expect(root().querySelector(".note")?.textContent).toBe("Paid apart");
});

function drawn(changed: Record<string, unknown> = {}, locale = "en"): boolean {
  const second = { ...first(), offer: "prd_2", title: "Cap", seller: "$& & Sons", reason: "unheard_of",
    price: { text: "€9.00" } };
  const answer = { slate: "slt_1", label: "x", offers: [first(), second], ...changed };
  return draw(document.querySelector<HTMLElement>("al-slate")!, answer, locale, HUB, load) !== false;
}

function first(): Record<string, unknown> {
  return {
    offer: "prd_1", title: "Rattle", image: null, seller: "Calm Meadow", reason: "complements",
    price: { minor: 1290, currency: "EUR", text: "€12.90" }, href: "/go/1",
  };
}

function root(): ShadowRoot {
  return document.querySelector("al-slate")!.shadowRoot!;
}

function words(card: Element): string {
  return [...card.querySelectorAll(".body > *")].map((part) => part.textContent).filter(Boolean).join("|");
}
