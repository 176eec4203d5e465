/** Telling the hub, once, that a shopper had a slate before their eyes. */

export interface Seen {
  readonly slate: string;
  readonly placement: string;
  readonly offers: readonly string[];
}

const HALF = 0.5;
const LONG_ENOUGH = 1000;

/** Send `seen` after half of `section` was visible for one second; sent or not, the page goes on. */
export function whenSeen(slot: HTMLElement, section: Element, hub: URL, seen: Seen): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = new IntersectionObserver(([entry]) => {
    clearTimeout(timer);
    if (!section.isConnected) return watch.disconnect();
    if (entry && entry.intersectionRatio >= HALF) timer = setTimeout(tell, LONG_ENOUGH);
  }, { threshold: [0, HALF] });
  watch.observe(section);

  function tell(): void {
    // A tab in the background is not being looked at: begin again when it comes back.
    if (document.visibilityState === "hidden") {
      document.addEventListener("visibilitychange", again, { once: true });
      return;
    }
    watch.disconnect();
    if (!section.isConnected) return;
    try {
      navigator.sendBeacon(hub, JSON.stringify(seen));
      slot.dispatchEvent(new CustomEvent("al-seen", { bubbles: true }));
    } catch {
      // Counting never disturbs the page.
    }
  }

  function again(): void {
    watch.unobserve(section);
    watch.observe(section);
  }
}
