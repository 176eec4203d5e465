/** Bundles the extensions as Shopify's own tool does: each one classic script, for a worker of its platform. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { need, play } from "./lines.mjs";

const { build } = need("esbuild");

await play(async ({ folder, pieces }) => {
  const made = {};
  for (const [name, { at, contents }] of Object.entries(pieces)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: join(folder, at), loader: "tsx" },
      bundle: true, write: false, minify: true, format: "iife", target: "es6", legalComments: "none", logLevel: "silent",
      jsx: "automatic", jsxImportSource: "preact", define: { "process.env.NODE_ENV": '"production"' },
    });
    const { text, contents: bytes } = outputFiles[0];
    made[name] = { text, bytes: bytes.length, gzip: gzipSync(bytes).length };
  }
  return made;
});
