/**
 * Carries the click token of the address a shopper landed on along the shop's own links and forms,
 * so that a purchase in the same session is credited without anything kept on the device. With a
 * yes, the token goes into one first-party cookie instead; with a no, it goes nowhere.
 */
import { consent, whenChanged } from "#consent";
import { cookie, lastOf, NAME, tokens } from "./tokens.js";

const MONTH = 30 * 24 * 3600;

// Looked at now, at each change of what the shopper said, and at each step to another page.
whenChanged(keep);
keep();
addEventListener("click", follow, true);
addEventListener("auxclick", follow, true);
addEventListener("submit", send, true);

function keep(): void {
  const word = consent();
  const kept = cookie();
  if (word === "no") {
    if (kept.length) write([], 0);
    forget();
  } else if (word === "yes") {
    const all = lastOf([...kept, ...tokens()]);
    if (all.join() !== kept.join()) write(all, MONTH);
  }
}

/** The address bar is copied, kept in histories and told to others: after a no it holds nothing. */
function forget(): void {
  const here = new URL(location.href);
  if (!here.searchParams.has(NAME)) return;
  here.searchParams.delete(NAME);
  history.replaceState(history.state, "", here);
}

function follow({ target }: Event): void {
  const link = target instanceof Element && target.closest<HTMLAnchorElement>("a[href]");
  if (!link || link.hasAttribute("download")) return;
  const carried = along(link.href);
  if (carried !== link.href) link.href = carried;
}

function send({ target, submitter: button }: SubmitEvent): void {
  const form = target as HTMLFormElement;
  const goal = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  const carried = along(new URL(goal, document.baseURI).href);
  const method = button?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "";
  if (!/^post$/i.test(method)) {
    // A form that is sent by GET throws the query of its address away.
    const added = new URL(carried).searchParams.getAll(NAME);
    for (const value of form.querySelector(`[name=${NAME}]`) ? [] : added) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: NAME, value }));
    }
  } else if (button?.hasAttribute("formaction")) {
    button.setAttribute("formaction", carried);
  } else {
    form.setAttribute("action", carried);
  }
}

/** The address with the tokens, if it is the shop's own and has none yet. */
function along(address: string): string {
  const url = new URL(address);
  const [there, here] = [url, location].map((each) => each.href.split("#")[0]);
  if (url.origin !== location.origin || there === here || url.searchParams.has(NAME) || consent() === "no" || cookie().length) return address;
  for (const each of tokens()) url.searchParams.append(NAME, each);
  return url.href;
}

function write(values: readonly string[], age: number): void {
  try {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `alliance_alc=${values.join("!")}; path=/; max-age=${age}; samesite=lax${secure}`;
  } catch {
    // Then the addresses go on carrying them.
  }
}
