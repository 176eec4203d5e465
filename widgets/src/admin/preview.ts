/**
 * The page of a placement: choices change the real element at once, and colours become lines for
 * the shop's own style sheet. Everything is set through the CSSOM: the page has no inline style.
 */
export {};

const HELD = 300;

let later = 0;

document.addEventListener("input", ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  const { dataset } = target;
  if ("says" in dataset) say(target);
  if (dataset["previewAttribute"]) redraw(dataset["previewAttribute"], target.value);
  if (dataset["previewColour"]) paint(target, dataset["previewColour"]);
});

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element && target.closest<HTMLElement>("[data-preview-ground]");
  const frame = document.getElementById("preview");
  if (!button || !frame) return;
  frame.dataset["ground"] = button.dataset["previewGround"];
  for (const each of document.querySelectorAll("[data-preview-ground]")) {
    each.setAttribute("aria-pressed", String(each === button));
  }
});

function say(slider: HTMLInputElement): void {
  const output = document.querySelector(`output[for="${slider.id}"]`);
  if (output) output.textContent = slider.value;
}

/** A fresh element is put in the old one's place: it draws with what it finds when it is put in. */
function redraw(attribute: string, value: string): void {
  clearTimeout(later);
  later = setTimeout(() => {
    const element = document.querySelector("[data-preview]");
    const fresh = element?.cloneNode(true);
    if (!(fresh instanceof HTMLElement)) return;
    if (value) fresh.setAttribute(attribute, value);
    else fresh.removeAttribute(attribute);
    element?.replaceWith(fresh);
  }, HELD);
}

function paint(field: HTMLInputElement, variable: string): void {
  field.dataset["chosen"] = "";
  document.getElementById("preview")?.style.setProperty(variable, field.value);
  const sheet = document.querySelector("[data-preview-css]");
  const chosen = document.querySelectorAll<HTMLInputElement>("[data-preview-colour^='--al-'][data-chosen]");
  if (!sheet || !chosen.length) return;
  const lines = [...chosen].map((each) => `  ${each.dataset["previewColour"]}: ${each.value};\n`);
  const element = document.querySelector("[data-preview]")?.localName ?? "al-slate";
  sheet.textContent = `${element} {\n${lines.join("")}}`;
}
