/** A viewport that a test can move: the browser's own observer, played by hand. */
import { vi } from "vitest";

type Told = (entries: { isIntersecting: boolean; intersectionRatio: number; intersectionRect: { top: number } }[], by: unknown) => void;

export class Viewport {
  readonly watching = new Map<Element, { tell: Told; by: unknown; margin: string }>();

  constructor() {
    const { watching } = this;
    vi.stubGlobal("IntersectionObserver", class {
      #tell: Told;
      #margin: string;
      constructor(tell: Told, options: { rootMargin?: string } = {}) {
        this.#tell = tell;
        this.#margin = options.rootMargin ?? "";
      }

      observe(element: Element): void {
        watching.set(element, { tell: this.#tell, by: this, margin: this.#margin });
      }

      unobserve(element: Element): void {
        watching.delete(element);
      }

      disconnect(): void {
        for (const [element, { by }] of watching) if (by === this) watching.delete(element);
      }
    });
  }

  /** So much of the element is now in view (0 to 1). */
  show(element: Element, ratio: number): void {
    const found = this.watching.get(element);
    found?.tell([{ isIntersecting: ratio > 0, intersectionRatio: ratio, intersectionRect: { top: 0 } }], found.by);
  }
}
