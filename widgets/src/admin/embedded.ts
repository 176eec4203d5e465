/**
 * The hub inside a shop's own platform. A frame there has no cookies: the platform's script makes a
 * token for whoever looks, and every request carries a fresh one. What comes back is a fragment of
 * the hub's own; its forms are sent the same way.
 */
interface Platform {
  readonly idToken: () => Promise<string>;
  readonly scopes: {
    readonly request: (names: string[]) => Promise<unknown>;
    readonly revoke: (names: string[]) => Promise<unknown>;
  };
}

const platform = (): Platform | undefined => (window as unknown as { shopify?: Platform }).shopify;

const card = document.getElementById("card") as HTMLElement;
/** Of the address nothing but the language goes on: what else stands there would stand in logs. */
const SPOKEN = new URLSearchParams({ locale: new URLSearchParams(location.search).get("locale") ?? "" });
const home = `/stores/${card.dataset["connector"]}/app/`;

async function ask(what: string, form?: HTMLFormElement): Promise<void> {
  card.setAttribute("aria-busy", "true");
  try {
    const token = await platform()?.idToken();
    const reply = await fetch(`${home}${what}?${SPOKEN}`, {
      method: what === "card" ? "GET" : "POST",
      headers: { Authorization: `Bearer ${token}` },
      credentials: "omit",
      ...(form && { body: new URLSearchParams(new FormData(form) as unknown as Record<string, string>) }),
    });
    const drawn = new DOMParser().parseFromString(await reply.text(), "text/html");
    card.replaceChildren(...drawn.body.childNodes);
  } catch {
    card.replaceChildren(Object.assign(document.createElement("p"), {
      className: "flash bad", textContent: card.dataset["trouble"] ?? "",
    }));
  }
  card.setAttribute("aria-busy", "false");
  card.querySelector<HTMLElement>("input:not([type=hidden])")?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const to = form.dataset["to"];
  if (!to) return;
  event.preventDefault();
  form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  void ask(to, form);
});

document.addEventListener("click", (event) => {
  const pressed = event.target as Element;
  if (pressed.closest("[data-again]")) void ask("card");
  const { allow, revoke } = pressed.closest<HTMLElement>("[data-allow],[data-revoke]")?.dataset ?? {};
  const scopes = platform()?.scopes;
  // The platform asks its merchant in a window of its own; what became of it is in the next keys.
  if (allow) void scopes?.request([allow]).finally(() => ask("keys"));
  if (revoke) void scopes?.revoke([revoke]).finally(() => ask("keys"));
});

void ask("card");
