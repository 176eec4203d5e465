/**
 * Runs the bundled gifts in a page: what a platform offers is there, and a hub that answers as the scene says. Answers
 * what is shown after each step, what was asked, and what went wrong.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { need, play, settled } from "./lines.mjs";

const { JSDOM } = need("jsdom");

await play(async ({ code, words, target, order, mark = "K7QX2M9FA", language = "en", hub, presses = [] }) => {
  const { window } = new JSDOM("<!doctype html><body></body>", { runScripts: "outside-only", url: "https://extensions.example/" });
  const [asked, problems, targets] = [[], [], {}];
  Object.assign(window, {
    AbortSignal, fetch: async (url, how = {}) => {
      const { method = "GET", headers = {}, body = null, credentials = "" } = how;
      const { pathname, search, origin } = new URL(url);
      asked.push({ method, url: origin + pathname + search, authorization: headers.Authorization ?? null, body, credentials });
      const answers = hub[`${method} ${pathname}`] ?? [];
      const [status, told] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      if (status === undefined) throw new TypeError("Failed to fetch");
      return new Response(status === 204 ? null : typeof told === "string" ? told : JSON.stringify(told), { status });
    },
    shopify: {
      extend: (name, begin) => { targets[name] = begin; },
      orderConfirmation: { value: { order: { id: order }, number: mark || undefined, isFirstOrder: true } },
      order: { value: order ? { id: order, name: "#1042", confirmationNumber: mark || undefined } : undefined },
      sessionToken: { get: async () => "token-of-a-minute" },
      localization: { language: { value: { isoCode: language } } },
      i18n: { translate: (key, options = {}) => words[key].replace(/{{(\w+)}}/g, (_, name) => options[name]) },
    },
  });
  window.addEventListener("error", ({ message }) => problems.push(message));
  window.eval(code);
  await Promise.resolve(targets[target]()).catch((error) => problems.push(String(error)));
  await settled();
  const shown = [window.document.body.innerHTML];
  for (const [text, at = 0] of presses) {
    const found = [...window.document.querySelectorAll("s-button")].filter((each) => each.textContent === text);
    if (!found[at]) throw new Error(`no button ${text}: ${shown.at(-1)}`);
    found[at].dispatchEvent(new window.Event("click", { bubbles: true }));
    await settled();
    shown.push(window.document.body.innerHTML);
  }
  const texts = window.document.body.textContent;
  const scripts = window.document.querySelectorAll("script, img").length;
  return { shown, asked, problems, texts, scripts, targets: Object.keys(targets) };
});
