/**
 * The hub's own pages work without any script; these behaviours make them quicker in the hand.
 * Everything is found by a data attribute and listened for on the document, so that rows which
 * htmx brings later behave like the first ones.
 */
import "htmx.org";
import "./preview.js";

const BUSY = 4000;

on("click", "[data-nav-toggle]", (button) => {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls") ?? "")?.classList.toggle("show", open);
});

on("click", "[data-dismiss]", (button) => {
  button.closest(button.dataset["dismiss"] || ".flash")?.remove();
});

on("click", "[data-dialog]", (button, event) => {
  const dialog = document.getElementById(button.dataset["dialog"] ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  dialog.showModal();
});

on("click", "dialog", (dialog, event) => {
  // The backdrop belongs to the dialog: a click on it hits the dialog itself, never its content.
  if (event.target === dialog) (dialog as HTMLDialogElement).close();
});

on("click", "[data-copy]", (button) => {
  const source = document.querySelector<HTMLElement>(button.dataset["copy"] ?? "");
  const text = source instanceof HTMLInputElement ? source.value : source?.textContent ?? "";
  void navigator.clipboard.writeText(text.trim()).then(() => {
    button.dataset["copied"] = "";
    setTimeout(() => delete button.dataset["copied"], 2000);
  });
});

on("click", "[data-insert]", (button, event) => {
  const area = document.querySelector<HTMLTextAreaElement>(button.dataset["insert"] ?? "");
  if (!area || !(button instanceof HTMLButtonElement)) return;
  event.preventDefault();
  // A piece stands alone on its line, where the writer was last.
  const before = area.value.slice(0, area.selectionStart).trimEnd();
  const after = area.value.slice(area.selectionEnd).trimStart();
  const head = `${before}${before ? "\n\n" : ""}${button.value}\n\n`;
  area.value = head + after;
  area.focus();
  area.setSelectionRange(head.length, head.length);
  area.dispatchEvent(new Event("input", { bubbles: true }));
});

on("click", "[data-print]", () => { print(); });

on("change", "[data-autosubmit]", (field) => {
  (field.closest("form") as HTMLFormElement | null)?.requestSubmit();
});

on("submit", "form[data-confirm]", (form, event) => {
  if (!confirm(form.dataset["confirm"])) event.preventDefault();
});

on("submit", "form", (form, event) => {
  if (event.defaultPrevented || form.dataset["hxPost"] || form.hasAttribute("hx-post")) return;
  if (form.getAttribute("method")?.toLowerCase() !== "post") return;
  // Sent twice by a nervous finger is kept out at the server too; this only shows that it went.
  if (form.ariaBusy) event.preventDefault();
  form.ariaBusy = "true";
  // An answer that is a file leaves this page standing: let it be asked for again.
  setTimeout(() => { form.ariaBusy = null; }, BUSY);
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.ariaBusy = null;
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!menu.contains(event.target as Node)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector<HTMLDetailsElement>("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
});

document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  const request = (event as CustomEvent<{ ctx: { request: { headers: Record<string, string> } } }>)
    .detail.ctx.request;
  if (token) request.headers["X-CSRFToken"] = token;
});

function on(
  type: string, selector: string, act: (found: HTMLElement, event: Event) => void,
): void {
  document.addEventListener(type, (event) => {
    const found = event.target instanceof Element && event.target.closest<HTMLElement>(selector);
    if (found) act(found, event);
  });
}
