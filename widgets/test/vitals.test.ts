import { beforeEach, expect, test, vi } from "vitest";
import { measure } from "../src/vitals.js";

const HUB = "https://hub.example/embed/v1.js";
const sent = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  sent.mockReset();
  Object.defineProperty(navigator, "sendBeacon", { value: sent, configurable: true });
  vi.stubGlobal("PerformanceObserver", class {
    static supportedEntryTypes = [];
    takeRecords(): [] { return []; }
    disconnect(): void {}
    observe(): void { throw new Error("not asked for what it does not know"); }
  });
  document.body.innerHTML = "<al-slate placement='plc_1'></al-slate>";
});

test.each([
  [120, { load: 50, work: 30, errors: 0 }], [false, { load: 50, work: 0, errors: 0 }],
  [undefined, { load: 50, work: 0, errors: 1 }],
] as const)("a view is told once, after ten seconds, when drawing began at %s", (began, numbers) => {
  const told = { timeStamp: 150.4 } as Event;
  measure(document.querySelector("al-slate")!, { time: 100 } as IntersectionObserverEntry, began, told, HUB);
  vi.advanceTimersByTime(9999);
  expect(sent).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  dispatchEvent(new Event("pagehide"));
  expect(sent.mock.calls.map(([url, body]) => [String(url), JSON.parse(body as string)])).toEqual([
    ["https://hub.example/embed/v1/vitals", { placement: "plc_1", shift: 0, ...numbers }],
  ]);
});
