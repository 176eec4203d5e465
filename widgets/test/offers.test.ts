import { expect, test } from "vitest";
import { address, fields, offersOf, type Offer } from "../src/offers.js";

const HUB = "https://hub.example/embed/slate.js";
const LOCAL = "http://127.0.0.1:8000/embed/slate.js";

test.each([
  "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\tjavascript:alert(1)",
  "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "blob:https://hub.example/1",
  "file:///etc/passwd", "ftp://hub.example/a", "http://hub.example/go/1", "http://127.0.0.1/go/1",
  "https://bank.example@evil.example/", "https://", "", "http://[", null, undefined, 7, {}, ["https://a.example"],
])("%j is no address for a shopper", (value) => {
  expect(address(value, HUB)).toBeNull();
});

test("https is one, and what is relative belongs to the hub", () => {
  expect(address("https://shop.example/p?alc=1", HUB)).toBe("https://shop.example/p?alc=1");
  expect(address("/go/token", HUB)).toBe("https://hub.example/go/token");
});

test("plain http serves the demo only: hub and target both on this machine", () => {
  expect(address("/go/token", LOCAL)).toBe("http://127.0.0.1:8000/go/token");
  expect(address("http://localhost:8001/p", LOCAL)).toBe("http://localhost:8001/p");
  expect(address("http://shop.example/p", LOCAL)).toBeNull();
  expect(address("http://127.0.0.1.evil.example/", LOCAL)).toBeNull();
});

test("an offer is read field by field", () => {
  expect(read({ offers: [offer()] })).toEqual([{
    id: "prd_1", title: "Rattle", image: "https://hub.example/i/1.png", price: "€12.90",
    seller: "Calm Meadow", reason: "popular", href: "https://hub.example/go/1",
  }]);
});

test("an offer without a title or a safe address is left out, the others stay", () => {
  const offers = [offer({ title: "  " }), offer({ href: "javascript:1" }), offer({ offer: "prd_2" }), null, 3];
  expect(read({ offers }).map(({ id }) => id)).toEqual(["prd_2"]);
});

test("a picture with a bad address is left out, its offer stays", () => {
  expect(read({ offers: [offer({ image: "javascript:1" })] })[0]?.image).toBeNull();
});

test.each([null, undefined, false, 7, "<p>", [], {}, { offers: [] }, { offers: {} }, { offers: "x" }])(
  "%j holds no offer", (answer) => {
    expect(read(answer)).toEqual([]);
  });

test("at most twelve offers are taken, and titles end after 200 characters", () => {
  const offers = read({ offers: Array.from({ length: 2000 }, () => offer({ title: "a".repeat(999) })) });
  expect(offers.length).toBe(12);
  expect(offers[0]?.title.length).toBe(200);
});

test("control characters and turners of direction become spaces, joined emoji stay whole", () => {
  expect(read({ offers: [offer({ title: "a\u0000b\u202ec\u2066d\u2028e 👩‍🍼" })] })[0]?.title).toBe("a b c d e 👩‍🍼");
});

function read(answer: unknown): readonly Offer[] {
  return offersOf(fields(answer), HUB);
}

function offer(changed: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    offer: "prd_1", title: "Rattle", image: "/i/1.png", seller: "Calm Meadow", reason: "popular",
    price: { minor: 1290, currency: "EUR", text: "€12.90" }, href: "/go/1", ...changed,
  };
}
