/** What one view in twenty tells the hub of its own speed: four whole numbers, nobody's name. */
import type { Measure } from "./base.js";

const PATIENCE = 10_000;

/** For so long after drawing, whatever moves in the page has moved because of it. */
const AFTERWARDS = 100;

interface Shift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly currentRect: DOMRectReadOnly }[];
}

/** Sent once, when the page is left or after ten seconds. */
export const measure: Measure = (slot, near, began, told, hub) => {
  const ended = told.timeStamp;
  let shift = 0;
  const add = (entries: PerformanceEntryList): void => {
    const { top, bottom } = slot.getBoundingClientRect();
    for (const { value, hadRecentInput, sources, startTime } of entries as Shift[]) {
      // What lies in a shadow is named to nobody: where it lies has to do.
      const isInside = sources.some(({ currentRect }) => currentRect.top >= top && currentRect.bottom <= bottom);
      const isCaused = startTime >= ended && startTime < ended + AFTERWARDS;
      if (startTime >= near.time && !hadRecentInput && (isInside || isCaused)) shift += value;
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
    navigator.sendBeacon(new URL("v1/vitals", hub), JSON.stringify({
      placement: slot.getAttribute("placement"),
      load: Math.round(ended - near.time),
      shift: Math.round(shift * 10_000),
      work: Math.round(ended - (began || ended)),
      errors: began == undefined ? 1 : 0,
    }));
  }
};
