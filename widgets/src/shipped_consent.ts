/**
 * What stands in for `consent.ts` in the script that a plugin ships: the shop's owner can choose that
 * nothing is kept. A yes then counts as if nothing was said; a no stays a no.
 */
import { consent as said, type Word } from "./consent.js";
import { mayKeep } from "./shipped_load.js";

export { whenChanged } from "./consent.js";

export function consent(): Word {
  const word = said();
  return word === "yes" && !mayKeep ? "unsaid" : word;
}
