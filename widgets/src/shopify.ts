/**
 * All elements for a Shopify theme: a small classic script that names the hub, and parts beside it that
 * are fetched when they are needed, since no script of a theme extension may weigh more than 10,000 bytes.
 */
import { HERE } from "#load";

// Without a hub there is nobody to ask: no element is defined, and the page stays as it is.
if (HERE) void import("./index.js");
