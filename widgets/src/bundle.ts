/** What <al-bundle> adds to a pack: how far the cart is from it. */
import type { DrawPack } from "./gifts.js";
import { bundleWords } from "./messages/bundle.js";

const watches = new WeakMap<Element, MutationObserver>();

/** Draw the pack, and draw its progress anew whenever the page tells of another cart. */
export const draw: DrawPack = (pack, { cardsOf, dayOf, fields, filled, items, make, showPack, text }) => {
  const { slot, answer, lang } = pack;
  const words = bundleWords[lang];
  const trigger = fields(answer["trigger"]) as { kind: string; minor: number; scale: number; currency: string; text: string; name: string };
  const how = make("p", "progress", "", { role: "status" });
  const bar = make("progress", "bar", "", { "aria-label": words.label });
  const until = dayOf(answer["until"], lang);
  tell();
  showPack(pack, words.label, [
    how, bar,
    cardsOf(pack, ({ seller }) => [make("p", "seller small", filled(words.from, seller))]),
    ...items(answer["away"]).map(({ seller }) => make("p", "away small", filled(words.away, text(seller)))),
    make("p", "until small", until && filled(words.until, until)),
  ]);
  // The cart changes more often than the pack: the hub is not asked again.
  watches.get(slot)?.disconnect();
  const watch = new MutationObserver(tell);
  watch.observe(slot, { attributeFilter: ["amount", "currency", "met"] });
  watches.set(slot, watch);
  return true;

  /** Say what is missing, as far as the page tells what is in the cart. */
  function tell(): void {
    const { kind, minor, scale, currency } = trigger;
    const isAmount = kind == "amount";
    const has = Math.round(Number(slot.getAttribute("amount") || NaN) * 10 ** scale);
    const isKnown = isAmount && has >= 0 && slot.getAttribute("currency") == currency;
    bar.hidden = !isKnown;
    if (isKnown) Object.assign(bar, { max: minor, value: Math.min(has, minor) });
    const isReached = slot.hasAttribute("met") || isKnown && has >= minor;
    how.textContent = isReached ? words.reached
      : isKnown ? filled(words.missing, moneyOf((minor - has) / 10 ** scale, currency))
        : isAmount ? filled(words.amount, text(trigger.text)) : filled(words.other, text(trigger.name));
  }

  function moneyOf(value: number, currency: string): string {
    return new Intl.NumberFormat(lang, { style: "currency", currency }).format(value);
  }
};
