/**
 * Runs in the head, before the first paint: light or dark as this person chose or their machine
 * prefers, and a mark that scripts run, so that what needs one is hidden where none does.
 */
const KEY = "theme";
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function paint(): void {
  const chosen = localStorage.getItem(KEY);
  root.dataset["bsTheme"] = chosen ?? (dark.matches ? "dark" : "light");
}

root.classList.add("js");
paint();
dark.addEventListener("change", paint);
addEventListener("storage", paint);

addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-theme-toggle]");
  if (!button) return;
  const next = root.dataset["bsTheme"] === "dark" ? "light" : "dark";
  // Back to what the machine prefers is no choice to remember.
  if ((next === "dark") === dark.matches) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  paint();
});
