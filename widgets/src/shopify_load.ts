/**
 * What stands in for `load.ts` in a Shopify theme: the hub and the address of each part are named by the
 * tag of the first script, since only the theme knows where its extension's files lie.
 */
import type { Load } from "./load.js";
import { address } from "./offers.js";

const { hub: named = "", ...parts } = document.currentScript?.dataset ?? {};
const hub = address(named, named);

/** Where the hub's data is; empty without an address that is https, or http on this machine. */
export const HERE: string = hub ? new URL("embed/", hub.replace(/\/*$/, "/")).href : "";

const got: Record<string, Promise<unknown>> = {};

/** The part of that name, which lays what it exports onto its own tag; undefined when it does not come. */
export const load = ((name) => got[name] ??= fetched(parts[name])) as Load;

async function fetched(address: string | undefined): Promise<unknown> {
  if (!address) return undefined;
  const script = Object.assign(document.createElement("script"), { src: address });
  const isThere = await new Promise((tell) => {
    script.onload = () => tell(true);
    script.onerror = () => tell(false);
    document.head.append(script);
  });
  script.remove();
  return isThere ? script : undefined;
}
