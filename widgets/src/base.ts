/**
 * The shell of an element: waits until its slot nears the viewport, then asks the hub and fetches
 * the module that draws, side by side. Until the module draws, the page keeps its own content.
 */
import { ask, localeOf, type Place } from "./api.js";

/** Each tag's module: file beside the loader, and the SHA-256 that the browser must find in it. */
declare const MODULES: readonly (readonly [tag: string, file: string, hash: string])[];
/** What carries a click token on; only a page that was landed on with one fetches it. */
declare const CARRY: string;
declare const CARRY_HASH: string;
/** The hub is where this very script came from: nothing to configure, nothing to get wrong. */
const HERE = import.meta.url;

/** Draws an answer into the slot's shadow; false when there is nothing to show. */
export type Draw = (slot: HTMLElement, answer: unknown, place: Place) => boolean;

const NEAR = "400px";

/** Define every element once; a second loader on the page finds them defined and defines nothing. */
export function define(): void {
  for (const [tag, file, hash] of MODULES) {
    if (!customElements.get(tag)) customElements.define(tag, shell(file, hash));
  }
  // A page that was landed on with a click token carries it along; see `carry.ts`.
  if (/\Walc=/.test(location.href)) load(CARRY, CARRY_HASH).catch(() => {});
}

function shell(file: string, hash: string): CustomElementConstructor {
  return class extends HTMLElement {
    static observedAttributes = ["placement", "product", "locale"];
    #away = new AbortController();

    connectedCallback(): void {
      this.#away.abort();
      const { signal } = (this.#away = new AbortController());
      const watch = new IntersectionObserver(([entry]) => {
        if (!entry?.isIntersecting) return;
        watch.disconnect();
        void fill(this, file, hash, signal);
      }, { rootMargin: NEAR });
      watch.observe(this);
      signal.onabort = () => watch.disconnect();
    }

    disconnectedCallback(): void {
      this.#away.abort();
    }

    attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
      // A shop that changes the variant shown gets a new slate; first parsing does not ask twice.
      if (this.isConnected && before !== after) this.connectedCallback();
    }
  };
}

async function fill(
  slot: HTMLElement, file: string, hash: string, signal: AbortSignal,
): Promise<void> {
  const { top, bottom } = slot.getBoundingClientRect();
  const { style } = slot;
  const kept = style.cssText;
  const place = { hub: HERE, locale: localeOf(slot) };
  // Out of sight a box can be held free without moving anything the shopper sees.
  if (!slot.firstElementChild && (top > innerHeight || bottom < 0)) {
    // About as high as four cards are wide, and some lines of text.
    style.cssText += ";display:block;min-block-size:var(--al-reserve,min(15vw + 19rem,30rem))";
  }
  let shown = false;
  try {
    const [answer, draw] = await Promise.all([ask(slot, place), load(file, hash)]);
    shown = !signal.aborted && draw(slot, answer, place);
  } catch {
    // The page stays as it was.
  }
  if (!signal.aborted) {
    slot.dispatchEvent(new CustomEvent(shown ? "al-shown" : "al-empty", { bubbles: true }));
  }
  // Given back only out of sight as well, whether the slate was smaller or did not come at all.
  new IntersectionObserver(([entry], watch) => {
    if (entry?.isIntersecting) return;
    watch.disconnect();
    style.cssText = kept;
    // Reading it first matters: a browser may not know yet that the attribute is there.
    if (!slot.getAttribute("style")) slot.removeAttribute("style");
  }).observe(slot);
}

/** A script element first, since `import()` alone cannot name the hash that the file must have. */
async function load(file: string, hash: string): Promise<Draw> {
  const module = new URL(file, HERE).href;
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, {
      type: "module", src: module, integrity: `sha256-${hash}=`, onload: resolve, onerror: reject,
    });
    document.head.append(script);
    script.remove();
  });
  return ((await import(module)) as { draw: Draw }).draw;
}
