/** The loader: all that a shop's page fetches until a slot comes near the viewport. */
import { shell } from "./base.js";
import { load } from "#load";

/** Each element: its name after `al-`, rem held free, its module, what it asks for if not by name. */
declare const ELEMENTS: readonly (readonly [name: string, rem: number, hash: string, path?: string])[];
/** What carries a click token on; only a page that was landed on with one fetches it. */
declare const CARRY: string;

for (const [name, rem, hash, path = name] of ELEMENTS) {
  try {
    customElements.define(`al-${name}`, shell(rem, hash, path));
  } catch {
    // The first loader on the page counts.
  }
}
// A page that was landed on with a click token carries it along; see `carry.ts`.
if (/\Walc=/.test(location.href)) void load(CARRY);
