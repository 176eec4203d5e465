import { readFile } from "node:fs/promises";

/** Logic is tested in happy-dom; what only a browser can show is tested in one, from Python. */
export default {
  test: {
    environment: "happy-dom",
    environmentOptions: {
      happyDOM: { settings: { handleDisabledFileLoadingAsSuccess: true } },
    },
    include: ["test/**/*.test.ts"],
    restoreMocks: true,
    unstubGlobals: true,
  },
  define: {
    ELEMENTS: JSON.stringify([["slate", 26, "slate-hash"], ["article", 9, "slate-hash"],
      ["bundle", 26, "gifts-hash"], ["claim", 26, "gifts-hash", "bundle"]]),
    CARRY: '"carry-hash"',
    VITALS: '"vitals-hash"',
    BUNDLE: '"bundle-hash"',
    CLAIM: '"claim-hash"',
  },
  plugins: [{
    name: "sheet-as-text",
    enforce: "pre",
    async load(id) {
      return id.endsWith(".css") ? `export default ${JSON.stringify(await readFile(id, "utf8"))}` : null;
    },
  }],
};
