/** Runs Shopify's theme check over a theme extension, without asking anybody for newer rules. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { need, play } from "./lines.mjs";

const { themeCheckRun } = need("@shopify/theme-check-node");
const rules = join(mkdtempSync(join(tmpdir(), "rules-")), "rules.yml");
writeFileSync(rules, "extends: theme-check:theme-app-extension\n");

await play(async ({ folder }) => {
  const { offenses } = await themeCheckRun(folder, rules);
  return offenses.map(({ check, uri, message }) => `${check} ${uri.split("/").slice(-2).join("/")}: ${message}`);
});
