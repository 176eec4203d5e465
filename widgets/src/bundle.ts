/** What <al-bundle> adds to a pack: how far the cart is from it. */
import type { DrawPack } from "./gifts.js";
import { bundleWords } from "./messages/bundle.js";

/** Draw the pack, and draw its progress anew whenever the page tells of another cart. */
export const draw: DrawPack = (pack, { cardsOf, dayOf, fields, filled, items, make, showPack, text }) => {
  const { slot, answer, lang } = pack;
  const words = bundleWords[lang];
  const trigger = fields(answer["trigger"]);
  const { minor, scale, currency } = trigger as { minor: number; scale: number; currency: string };
  const isAmount = trigger["kind"] == "amount";
  const named = text(trigger[isAmount ? "text" : "name"]);
  if (!named) return false;
  const how = make("p", "progress", "", { role: "status" });
  const bar = make("progress", "bar", "", { "aria-label": words.reached });
  const until = dayOf(answer["until"]);
  tell();
  showPack(pack, [
    how, bar,
    cardsOf(pack, ({ seller }) => [make("p", "seller small", filled(words.from, seller))]),
    ...items(answer["away"]).map(({ seller }) => make("p", "away small", filled(words.away, text(seller)))),
    make("p", "until small", until && filled(words.until, until)),
  ]);
  // The cart changes more often than the pack: the hub is not asked again.
  new MutationObserver((_, watch) => bar.isConnected ? tell() : watch.disconnect())
    .observe(slot, { attributeFilter: ["amount", "currency", "met"] });
  return true;

  /** Say what is missing, as far as the page tells what is in the cart. */
  function tell(): void {
    const has = Math.round(parseFloat(slot.getAttribute("amount")!) * 10 ** scale);
    const isKnown = isAmount && minor > 0 && has >= 0 && slot.getAttribute("currency") == currency;
    bar.hidden = !isKnown;
    if (isKnown) Object.assign(bar, { max: minor, value: Math.min(has, minor) });
    how.textContent = slot.hasAttribute("met") || isKnown && has >= minor ? words.reached
      : isKnown ? filled(words.missing, written(minor - has))
        : filled(isAmount ? words.amount : words.other, named);
  }

  /** A sum as the hub wrote the trigger's: a slow machine needs 100 ms for its first number format. */
  function written(sum: number): string {
    const digits = String(sum).padStart(scale + 1, "0");
    return named.replace(/\d([\d\s.,]*\d)?/, (number) => scale
      ? digits.slice(0, -scale) + (/\D(?=\d*$)/.exec(number) ?? ".") + digits.slice(-scale)
      : digits);
  }
};
