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
    MODULES: JSON.stringify([["al-slate", "slate.js", "x"]]),
    CARRY: '"carry.js"',
    CARRY_HASH: '"x"',
  },
  plugins: [{
    name: "sheet-as-text",
    enforce: "pre",
    async load(id) {
      return id.endsWith(".css") ? `export default ${JSON.stringify(await readFile(id, "utf8"))}` : null;
    },
  }],
};
