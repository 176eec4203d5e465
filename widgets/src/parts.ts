/** What every element is put together from; whatever comes in as text can only ever be text. */

type Content = string | Node | false | null | undefined;

/** One element with its content; `part` is its class as well, and open to the shop's `::part()`. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, part: string, content: Content | readonly Content[] = "", attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (part) element.setAttribute("part", element.className = part);
  for (const name in attributes) element.setAttribute(name, attributes[name]!);
  for (const each of [content].flat()) if (each) element.append(each);
  return element;
}

/** A list of cards; Safari forgets that a list without bullets is a list, unless it is told. */
export function list(cards: readonly HTMLElement[], label: string): HTMLElement {
  return make("ul", "row", cards, { role: "list", "aria-label": label });
}

/** A square for a picture, which shows the title's first letter where the picture is missing. */
export function picture(src: string | null, title: string): HTMLElement {
  const letter = make("span", "", [...title][0]);
  const frame = make("div", "picture", letter, { "aria-hidden": "true" });
  if (src) {
    const image = make("img", "image", "", { alt: "", loading: "lazy", src });
    image.onload = () => letter.remove();
    image.onerror = () => image.remove();
    frame.append(image);
  }
  return frame;
}

/**
 * Put a section into the slot's shadow, with its sheet, which a policy for the page does not reach.
 * A browser too old for such sheets throws first, and the page stays as it was.
 */
export function show(slot: Element, section: HTMLElement, text: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  const root = slot.shadowRoot ?? slot.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.replaceChildren(section);
}
