/** <al-slate>: a row of other shops' products that looks as if this shop had made it. */
import type { Draw } from "./base.js";
import { catalogueOf, messages, type Messages } from "./messages/index.js";
import { read, type Offer, type Slate } from "./offers.js";
import { whenSeen } from "./seen.js";
import sheet from "./slate.css";

/** Draw the answer into the slot; false, and nothing touched, when it holds no usable offer. */
export const draw: Draw = (slot, answer, { hub, locale }) => {
  const slate = read(answer, hub);
  if (!slate) return false;
  const spoken = catalogueOf(locale);
  const words = messages(spoken);
  const root = slot.shadowRoot ?? slot.attachShadow({ mode: "open" });
  const section = make("section", "slate", "", { "aria-label": words.label, lang: spoken });
  const heading = slot.getAttribute("heading");
  if (heading) section.append(make("h2", "heading", heading, { dir: "auto" }));
  section.append(make("p", "", words.label, { class: "label" }), row(slate, words));
  const note = slot.getAttribute("seller-note");
  if (note) section.append(make("p", "note small", note, { dir: "auto" }));
  section.append(who(words));
  root.replaceChildren(section);
  dress(root);
  whenSeen(slot, section, new URL("v1/seen", hub), {
    slate: slate.id,
    placement: slot.getAttribute("placement") ?? "",
    offers: slate.offers.map((offer) => offer.id),
  });
  return true;
};

function row({ offers }: Slate, words: Messages): HTMLElement {
  // Safari forgets that a list without bullets is a list, unless it is told.
  const list = make("ul", "row", "", { role: "list" });
  list.append(...offers.map((offer) => card(offer, words)));
  return list;
}

function card(offer: Offer, words: Messages): HTMLElement {
  const item = make("li", "card");
  item.append(picture(offer));
  const body = make("div", "body");
  const reason = words.reasons[offer.reason];
  if (reason) body.append(make("p", "reason small", reason));
  body.append(make("a", "title", offer.title, {
    href: offer.href, rel: "sponsored noopener", dir: "auto",
  }));
  if (offer.price) body.append(make("p", "price", offer.price));
  if (offer.seller) body.append(make("p", "seller small", words.sold.replace("{seller}", () => offer.seller)));
  item.append(body);
  return item;
}

function picture({ image, title }: Offer): HTMLElement {
  const frame = make("div", "picture", "", { "aria-hidden": "true" });
  const letter = make("span", "", [...title][0] ?? "");
  frame.append(letter);
  if (!image) return frame;
  const img = make("img", "image", "", {
    alt: "", width: "320", height: "320", loading: "lazy", decoding: "async", src: image,
  });
  // The title's first letter shows through where a picture is missing.
  img.onload = () => letter.remove();
  img.onerror = () => img.remove();
  frame.append(img);
  return frame;
}

function who(words: Messages): HTMLElement {
  const more = make("details", "who small");
  more.append(make("summary", "", words.who), make("p", "", words.answer));
  return more;
}

/** The sheet belongs to the shadow, so a strict policy for styles in the page does not reach it. */
function dress(root: ShadowRoot): void {
  try {
    const made = new CSSStyleSheet();
    made.replaceSync(sheet);
    root.adoptedStyleSheets = [made];
  } catch {
    root.append(make("style", "", sheet));
  }
}

/** One element whose text can only ever be text. */
function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, part: string, text = "", attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (part) element.setAttribute("part", element.className = part);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
