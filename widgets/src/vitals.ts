/** What one view in twenty tells the hub of its own speed: four whole numbers, nobody's name. */
import type { Measure } from "./base.js";

const PATIENCE = 10_000;

interface Shift extends PerformanceEntry {
  readonly value: number;
  readonly sources: readonly { readonly node: Node | null }[];
}

/** Sent once, when the page is left or after ten seconds. */
export const measure: Measure = (slot, near, began, told, hub) => {
  let shift = 0;
  const add = (entries: PerformanceEntryList): void => {
    for (const { value, sources, startTime } of entries as Shift[]) {
      const isOurs = sources.some(({ node }) => slot.contains(node) || slot.shadowRoot?.contains(node));
      if (isOurs && startTime >= near.time) shift += value;
    }
  };
  const watch = new PerformanceObserver((list) => add(list.getEntries()));
  // Browsers that know no layout shift tell none; one of them would complain of being asked.
  if (PerformanceObserver.supportedEntryTypes.includes("layout-shift")) watch.observe({ type: "layout-shift", buffered: true });
  const timer = setTimeout(send, PATIENCE);
  addEventListener("pagehide", send);

  function send(): void {
    clearTimeout(timer);
    removeEventListener("pagehide", send);
    add(watch.takeRecords());
    watch.disconnect();
    const ended = told.timeStamp;
    navigator.sendBeacon(new URL("v1/vitals", hub), JSON.stringify({
      placement: slot.getAttribute("placement"),
      load: Math.round(ended - near.time),
      shift: Math.round(shift * 10_000),
      work: Math.round(ended - (began || ended)),
      errors: began == undefined ? 1 : 0,
    }));
  }
};
