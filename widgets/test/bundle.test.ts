import { expect, test } from "vitest";
import { draw } from "../src/gifts.js";
import type { Load } from "../src/load.js";

const HUB = "https://hub.example/embed/gifts.js";
const load = (() => import("../src/bundle.js")) as unknown as Load;

test.each([
  ["€60.00", 6000, 2, "47.50", "€12.50 to go"],
  ["60,00 €", 6000, 2, "47.50", "12,50 € to go"],
  ["€1,200.00", 120000, 2, "1199.95", "€0.05 to go"],
  ["1 200,00 Kč", 120000, 2, "200", "1000,00 Kč to go"],
  ["¥6,000", 6000, 0, "1000", "¥5000 to go"],
  ["€60", 6000, 2, "47.50", "€12.50 to go"],
  ["€60.00", 6000, 2, "60", "Yours after your purchase"],
  ["€60.00", 6000, 2, "60.004", "Yours after your purchase"],
  ["€60.00", 6000, 2, "59.994", "€0.01 to go"],
  ["€60.00", 6000, 2, "-1", "With a purchase of €60.00 or more"],
  ["€60.00", 6000, 2, "", "With a purchase of €60.00 or more"],
])("%s with %d minor of scale %d: a cart of %s is told %s", async (text, minor, scale, amount, said) => {
  document.body.innerHTML = `<al-bundle amount="${amount}" currency="EUR"></al-bundle>`;
  const answer = {
    bundle: "cmp_1", title: "Pack", trigger: { kind: "amount", minor, scale, currency: "EUR", text },
    components: [{ component: "cpt_1", what: "20 % off", seller: "Calm Meadow" }],
  };
  const slot = document.body.firstElementChild as HTMLElement;
  expect(await draw(slot, answer, "en", HUB, load)).not.toBe(false);
  expect(slot.shadowRoot!.querySelector(".progress")?.textContent).toBe(said);
});

test("a pack that does not say what it is for is not shown", async () => {
  document.body.innerHTML = "<al-bundle></al-bundle>";
  const answer = { bundle: "cmp_1", components: [{ what: "20 % off", seller: "Calm Meadow" }] };
  expect(await draw(document.body.firstElementChild as HTMLElement, answer, "en", HUB, load)).toBe(false);
  expect(document.body.firstElementChild!.shadowRoot).toBeNull();
});
