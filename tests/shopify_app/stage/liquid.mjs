/** Renders a block as a theme would: the real Liquid, with what Shopify adds to the language played small. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { need, play } from "./lines.mjs";

const { Liquid } = need("liquidjs");

/** A block's own description and a snippet's are not shown. */
const silent = (name) => ({
  parse(_, rest) {
    while (rest.length) {
      const token = rest.shift();
      if (token.name === `end${name}`) return;
    }
    throw new Error(`${name} is not closed`);
  },
  * render() {},
});

function engineFor(folder, { locale, assets }) {
  const words = JSON.parse(readFileSync(join(folder, "locales", `${locale}.json`), "utf8"));
  const engine = new Liquid({ root: join(folder, "snippets"), extname: ".liquid", strictFilters: true });
  engine.registerTag("schema", silent("schema"));
  engine.registerTag("doc", silent("doc"));
  engine.registerFilter("t", (key) => key.split(".").reduce((at, name) => at[name], words));
  engine.registerFilter("asset_url", (name) => assets[name] ?? `https://cdn.shop.example/${name}`);
  engine.registerFilter("stylesheet_tag", (url) => `<link href="${url}" rel="stylesheet">`);
  return engine;
}

await play(({ folder, block, says, locale = "en.default", assets = {} }) => {
  const engine = engineFor(folder, { locale, assets });
  // A snippet sees what every page has, and nothing of the block that renders it but what it is handed.
  const { app, block: own, ...globals } = says;
  const text = readFileSync(join(folder, "blocks", `${block}.liquid`), "utf8");
  return engine.parseAndRender(text, { app, block: own }, { globals });
});
