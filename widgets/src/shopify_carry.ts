/**
 * What a Shopify shop carries to the order: click tokens, slates that were seen, whether the shopper was
 * held out. Before a yes nothing of it is written anywhere, and the token stays in addresses; after it, it
 * stands once on the cart, and Shopify copies it onto the order. A no takes it off again.
 */
import "./carry.js";
import { consent, ready, whenChanged } from "./shopify_consent.js";
import { cookie, lastOf, TOKEN, tokens } from "./tokens.js";

type Attributes = Record<"alliance_click" | "alliance_views" | "alliance_hold_out", string>;

const HELD_OUT = "hold-out";
const PLACEMENT = /^plc_[0-9a-hjkmnp-tv-z]{26}$/;
const MOST_VIEWS = 10;

const { click = "", views = "", held = "" } = document.currentScript?.dataset ?? {};
/** As the page was told that they are; the next page is told anew, so nothing is kept here. */
const onCart: Attributes = { alliance_click: click, alliance_views: views, alliance_hold_out: held };
const seen: string[] = [];
let isHeldOut = false;

for (const type of ["al-shown", "al-empty"]) {
  document.addEventListener(type, ({ target }) => note(target as Element));
}
whenChanged(() => void stamp());
look();

/** Both groups are noted at the same moment, when the hub's answer has come, or they could not be compared. */
function note(slot: Element): void {
  const placement = slot.getAttribute("placement") ?? "";
  if (slot.localName !== "al-slate" || !PLACEMENT.test(placement)) return;
  const isOut = slot.hasAttribute("held-out");
  if (!isOut && !slot.shadowRoot) return;
  seen.push(placement);
  isHeldOut ||= isOut;
  look();
}

/** Most pages have nothing to carry: there nobody is asked anything. */
function look(): void {
  if (!tokens().length && !cookie().length && !seen.length && !Object.values(onCart).some(Boolean)) return;
  ready();
  void stamp();
}

async function stamp(): Promise<void> {
  const wanted = allowed();
  const attributes = Object.fromEntries(Object.entries(wanted ?? {}).filter(([name, value]) => onCart[name as keyof Attributes] !== value));
  if (!Object.keys(attributes).length) return;
  // Noted first: each is told once, also when two of these run side by side.
  Object.assign(onCart, attributes);
  const root = (window as { readonly Shopify?: { readonly routes?: { readonly root?: string } } }).Shopify?.routes?.root ?? "/";
  try {
    await fetch(`${root}cart/update.js`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ attributes }), keepalive: true,
    });
  } catch {
    // The next page is told what is on the cart, and tries again.
  }
}

/** What may stand on the cart; undefined while nothing is said. */
function allowed(): Attributes | undefined {
  const word = consent();
  if (word === "unsaid") return undefined;
  if (word === "no") return { alliance_click: "", alliance_views: "", alliance_hold_out: "" };
  const marks = [...onCart.alliance_views.split(" ").filter((each) => PLACEMENT.test(each)), ...seen];
  return {
    alliance_click: lastOf([...onCart.alliance_click.split(" ").filter((each) => TOKEN.test(each)), ...cookie(), ...tokens()]).join(" "),
    alliance_views: [...new Set(marks)].slice(-MOST_VIEWS).join(" "),
    alliance_hold_out: isHeldOut || onCart.alliance_hold_out ? HELD_OUT : "",
  };
}
