/** <al-slate> and <al-article>: other shops' products that look as if this shop had made them. */
import type { Draw } from "./base.js";
import { filled, languageOf } from "./messages/index.js";
import { slateWords } from "./messages/slate.js";
import { fields, offersOf, text, type Offer } from "./offers.js";
import { list, make, picture, show } from "./parts.js";
import { whenSeen } from "./seen.js";
import base from "./parts.css";
import sheet from "./slate.css";

/** Draw the answer into the slot; false, and nothing touched, when it holds no usable offer. */
export const draw: Draw = (slot, answer, locale, hub) => {
  const began = performance.now();
  const { slate, layout, alliance } = fields(answer);
  const offers = offersOf(fields(answer), hub);
  if (!offers.length) return false;
  const lang = languageOf(locale);
  const words = slateWords[lang];
  const own = (name: string): string => slot.getAttribute(name) ?? "";
  const section = make("section", `slate ${own("layout") || text(layout)}`, [
    own("heading") && make("h2", "heading", own("heading")),
    make("p", "", words.label, { class: "label" }),
    text(alliance) && make("p", "member small", filled(words.member, text(alliance))),
    list(offers.map((offer) => card(offer, words)), words.label),
    own("seller-note") && make("p", "note small", own("seller-note")),
    make("details", "who small", [make("summary", "", words.who), words.answer]),
  ], { lang });
  show(slot, section, base + sheet);
  whenSeen(slot, section, new URL("v1/seen", hub), {
    slate: text(slate),
    placement: own("placement"),
    asset: own("asset"),
    offers: offers.map(({ id }) => id),
  });
  return began;
};

function card({ title, href, image, price, seller, reason }: Offer, words: typeof slateWords.en): HTMLElement {
  return make("li", "card", [
    picture(image, title),
    make("div", "body", [
      make("p", "reason small", text(words.reasons[reason])),
      make("a", "title", title, { href, rel: "sponsored noopener" }),
      make("p", "price", price),
      make("p", "seller small", seller && filled(words.sold, seller)),
    ]),
  ]);
}
