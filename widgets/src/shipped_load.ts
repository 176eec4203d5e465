/**
 * What stands in for `load.ts` in the one script that a plugin ships: the hub is named by the script's
 * own tag, and every module is already inside this file, where it sleeps until it is asked for.
 */
import type { Load } from "./load.js";
import { address } from "./offers.js";

const { hub: named = "", keep } = document.currentScript?.dataset ?? {};
const hub = address(named, named);

/** Where the hub's data is; empty without an address that is https, or http on this machine. */
export const HERE: string = hub ? new URL("embed/", hub.replace(/\/*$/, "/")).href : "";

/** The shop's owner may say `data-keep="never"`: then nothing is kept on a device, whatever a shopper said. */
export const mayKeep = keep !== "never";

/** By the names that the build puts where hashes stand in the other one. */
const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  slate: () => import("./slate.js"),
  gifts: () => import("./gifts.js"),
  bundle: () => import("./bundle.js"),
  claim: () => import("./claim.js"),
  carry: () => import("./carry.js"),
};

/** The module of that name; undefined for one that this file does without. */
export const load = (async (name) => modules[name]?.()) as Load;
