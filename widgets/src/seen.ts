/** Telling the hub, once, that a shopper had a slate before their eyes. */

export interface Seen {
  readonly slate: string;
  readonly placement: string;
  readonly offers: readonly string[];
}

const HALF = 0.5;
const LONG_ENOUGH = 1000;

/** Send `seen` after half of `section` was visible for one second; sent or not, the page goes on. */
export function whenSeen(slot: Element, section: Element, hub: URL, seen: Seen): void {
  let timer: ReturnType<typeof setTimeout>;
  const watch = new IntersectionObserver(([entry]) => {
    clearTimeout(timer);
    if (!section.isConnected) watch.disconnect();
    else if (entry!.intersectionRatio >= HALF) timer = setTimeout(tell, LONG_ENOUGH);
  }, { threshold: [0, HALF] });
  watch.observe(section);

  function tell(): void {
    watch.disconnect();
    if (document.hidden) {
      // A tab in the background is not being looked at: a browser looks again when it comes back.
      watch.observe(section);
    } else if (section.isConnected) {
      try {
        navigator.sendBeacon(hub, JSON.stringify(seen));
        slot.dispatchEvent(new Event("al-seen", { bubbles: true }));
      } catch {
        // Counting never disturbs the page.
      }
    }
  }
}
