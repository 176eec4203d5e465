/**
 * The shell of an element: waits until its slot nears the viewport, then asks the hub and fetches
 * the module that draws, side by side. Until the module draws, the page keeps its own content.
 */
import { HERE, load, type Load } from "#load";

/** What measures one view in twenty. */
declare const VITALS: string;
/** What of a slot goes to the hub; a change of any of it asks anew. */
const ASKED = ["placement", "product", "asset", "locale"];

/** Draws an answer into the slot's shadow; says when it began (ms of the page), or false when there is nothing to show. */
export type Draw = (
  slot: HTMLElement, answer: unknown, locale: string, hub: string, load: Load,
) => Began | Promise<Began>;
export type Began = number | false;
/** Told when the slot came near, when drawing began (undefined after a failure), and when it ended. */
export type Measure = (
  slot: HTMLElement, near: IntersectionObserverEntry, began: Began | undefined, told: Event, hub: string,
) => void;

/** The class of an element that asks the hub for `path`, is `rem` high, and is drawn by that module. */
export function shell(rem: number, hash: string, path: string): CustomElementConstructor {
  return class extends HTMLElement {
    static observedAttributes = ASKED;
    /** Counts what makes an answer stale that is still on its way. */
    #turn = 0;

    async connectedCallback(): Promise<void> {
      const turn = ++this.#turn;
      const near = await when(this, true);
      if (turn != this.#turn) return;
      const locale = this.getAttribute("locale") || this.closest<HTMLElement>("[lang]")?.lang || navigator.language;
      const url = new URL(`v1/${path}?locale=${locale}`, HERE);
      for (const name of ASKED) {
        const value = this.getAttribute(name);
        if (value) url.searchParams.set(name, value);
      }
      // Below the sight a box can be held free without moving anything the shopper sees.
      const isHeld = !this.firstElementChild && !this.hasAttribute("style") && near.intersectionRect.top > innerHeight;
      if (isHeld) this.style = `display:block;min-block-size:var(--al-reserve,${rem}rem)`;
      let began: Began | undefined;
      let told: { readonly hold_out?: unknown } | null | undefined;
      try {
        const drawing = load<{ draw: Draw }>(hash);
        // Without cookies, and with short patience; the signal also covers a body that stops half way.
        const answer = await fetch(url, { credentials: "omit", signal: AbortSignal.timeout(1500) });
        told = await answer.json();
        const { draw } = await drawing;
        if (turn == this.#turn) began = await draw(this, told, locale, HERE, load);
      } catch {
        // The page stays as it was.
      }
      if (turn == this.#turn) {
        // Said by the tag, since events carry no details: the shop writes the group onto its order.
        this.toggleAttribute("held-out", told?.hold_out === true);
        const ended = new Event(began ? "al-shown" : "al-empty", { bubbles: true });
        this.dispatchEvent(ended);
        if (Math.random() < .05) (await load<{ measure: Measure } | undefined>(VITALS))?.measure(this, near, began, ended, HERE);
      }
      // Given back only out of sight as well, whether the slate was smaller or did not come at all.
      await when(this, false);
      if (isHeld) this.toggleAttribute("style", false);
    }

    attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
      // A shop that changes the variant shown gets a new slate; first parsing only looks again.
      if (before != after) void this.connectedCallback();
    }
  };
}

/** Once the slot is near the viewport, or once it is not. */
function when(slot: Element, isIn: boolean): Promise<IntersectionObserverEntry> {
  return new Promise((tell) => {
    new IntersectionObserver(([entry], watch) => {
      if (entry!.isIntersecting == isIn) {
        watch.disconnect();
        tell(entry!);
      }
    }, { rootMargin: "400px" }).observe(slot);
  });
}
