import { beforeEach, expect, test, vi } from "vitest";
import { whenSeen } from "../src/seen.js";
import { Viewport } from "./watching.js";

const SEEN = { slate: "slt_1", placement: "plc_1", offers: ["prd_1", "prd_2"] };
const TO = new URL("https://hub.example/embed/v1/seen");

let viewport: Viewport;
let section: HTMLElement;
const sent = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  viewport = new Viewport();
  sent.mockReset();
  Object.defineProperty(navigator, "sendBeacon", { value: sent, configurable: true });
  document.body.innerHTML = "<div><section></section></div>";
  section = document.querySelector("section")!;
  whenSeen(document.querySelector("div")!, section, TO, SEEN);
});

test("half in view for one second is seen, once", () => {
  viewport.show(section, 0.5);
  vi.advanceTimersByTime(999);
  expect(sent).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(sent.mock.calls).toEqual([[TO, JSON.stringify(SEEN)]]);
  viewport.show(section, 1);
  vi.advanceTimersByTime(5000);
  expect(sent).toHaveBeenCalledTimes(1);
});

test("less than half is not seen, however long", () => {
  viewport.show(section, 0.49);
  vi.advanceTimersByTime(9000);
  expect(sent).not.toHaveBeenCalled();
});

test("scrolled past within the second is not seen", () => {
  viewport.show(section, 0.8);
  vi.advanceTimersByTime(900);
  viewport.show(section, 0.2);
  vi.advanceTimersByTime(9000);
  expect(sent).not.toHaveBeenCalled();
});

test("a slate that left the page is not seen", () => {
  viewport.show(section, 1);
  section.remove();
  vi.advanceTimersByTime(9000);
  expect(sent).not.toHaveBeenCalled();
});

test("a tab in the background waits until it is looked at", () => {
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  viewport.show(section, 1);
  vi.advanceTimersByTime(3000);
  expect(sent).not.toHaveBeenCalled();
  hidden.mockReturnValue(false);
  viewport.show(section, 1);
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveBeenCalledTimes(1);
});

test("a browser that cannot send disturbs nobody", () => {
  sent.mockImplementation(() => { throw new TypeError("no"); });
  viewport.show(section, 1);
  expect(() => vi.advanceTimersByTime(1000)).not.toThrow();
});
