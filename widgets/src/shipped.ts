/**
 * All elements as one classic script, which a plugin ships from the shop's own origin: only data comes
 * from the hub, which `data-hub` of the script's tag names. Needs `defer`, or the end of the page.
 */
import { HERE } from "#load";

// Without a hub there is nobody to ask: no element is defined, and the page stays as it is.
if (HERE) void import("./index.js");
