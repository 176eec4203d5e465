/** What <al-claim> adds to a pack: after a purchase, the code of each gift. */
import sheet from "./claim.css";
import type { DrawPack } from "./gifts.js";
import { claimWords } from "./messages/claim.js";
import type { Fields } from "./offers.js";

const PATIENCE = 10_000;

/** Draw the pack; false, and nothing touched, on a page that proves no purchase. */
export const draw: DrawPack = (pack, { address, cardsOf, dayOf, fields, filled, items, make, showPack, text }) => {
  const { slot, gifts, lang, hub } = pack;
  const words = claimWords[lang];
  const [placement, proof] = ["placement", "proof"].map((name) => slot.getAttribute(name));
  if (!proof) return false;
  const status = make("p", "status small", "", { role: "status" });
  // What it is, where it works and until when stands there before anything is asked.
  const feet = new Map(gifts.map(({ id, what, seller, until }) => [id, make("div", "foot", [
    terms(seller, until), button(words.get, () => claim([id]), `${words.get}: ${what}`),
  ])]));
  const all = button(words.all, () => claim());
  showPack(pack, [
    cardsOf(pack, ({ id }) => [feet.get(id)!]),
    gifts.length > 1 ? all : "",
    status,
  ], sheet);
  return true;

  /** Ask for these codes, or for all; the same proof again gets the same codes. */
  async function claim(components?: readonly string[]): Promise<void> {
    status.textContent = "";
    let told: Fields = {};
    try {
      // As text: a browser asks no leave for it beforehand.
      told = fields(await (await fetch(new URL("v1/claims", hub), {
        method: "POST", body: JSON.stringify({ placement, proof, components, locale: lang }),
        credentials: "omit", signal: AbortSignal.timeout(PATIENCE),
      })).json());
    } catch {
      // Said below, as an answer that holds nothing.
    }
    if (told["claims"]) {
      items(told["claims"]).forEach(hand);
      for (const { component, seller } of items(told["refused"])) {
        feet.get(text(component))?.replaceChildren(filled(words.gone, text(seller)));
      }
      all.hidden = ![...feet.values()].some((foot) => foot.querySelector("[aria-label]"));
      feet.get(components?.[0] ?? gifts[0]!.id)?.querySelector("button")?.focus();
    } else {
      const problem = text(words.problems[text(told["code"])]);
      status.append(problem || words.offline, problem ? "" : button(words.again, () => claim(components)));
    }
  }

  function hand({ component, code, where, href, until }: Fields): void {
    const shown = make("code", "code", text(code));
    const link = address(href, hub);
    feet.get(text(component))?.replaceChildren(
      terms(text(where), dayOf(until)),
      shown,
      button(words.copy, () => navigator.clipboard.writeText(text(code)).then(
        () => status.textContent = words.copied, () => getSelection()?.selectAllChildren(shown))),
      link ? make("a", "open", words.open, { href: link, rel: "sponsored noopener", target: "_blank" }) : "",
    );
  }

  function terms(where: string, until: string): HTMLElement {
    return make("p", "small", [filled(words.works, where), until && ` · ${filled(words.until, until)}`]);
  }

  function button(says: string, act: () => unknown, label = says): HTMLButtonElement {
    const made = make("button", "button", says, label == says ? {} : { "aria-label": label });
    made.onclick = act;
    return made;
  }
};
