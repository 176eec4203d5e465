/**
 * Builds everything the hub sends to browsers into alliance/web/static/built/, names each file by
 * its content, and writes manifest.json: {logical name: {file, integrity, brotli}}.
 * The same sources give the same bytes. `--out DIR` builds elsewhere.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build, transform } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = resolve(HERE, "../alliance/web/static/built");
const WIDGETS = { "al-slate": "slate.ts" };
const CARRY = "carry.ts";

/** Build all into `out`, which is replaced as a whole. */
export async function buildAll(out = OUT) {
  const fresh = `${out}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  const keep = keeper(fresh);
  await buildEmbed(keep);
  await buildAdmin(keep);
  await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(keep.manifest, null, 2)}\n`);
  await rm(out, { recursive: true, force: true });
  await rename(fresh, out);
  return keep.manifest;
}

async function buildEmbed(keep) {
  const lean = { format: "esm", legalComments: "none" };
  const modules = [];
  const module = async (source) => {
    const name = `${basename(source, ".ts")}.js`;
    const code = await bundle(`src/${source}`, { ...lean, plugins: [sheetAsText] });
    const { file, hash } = await keep(name, code, { folder: "embed" });
    return [basename(file), hash];
  };
  for (const [tag, source] of Object.entries(WIDGETS)) {
    modules.push([tag, ...await module(source)]);
  }
  const [carry, hash] = (await module(CARRY)).map((text) => JSON.stringify(text));
  const define = { MODULES: JSON.stringify(modules), CARRY: carry, CARRY_HASH: hash };
  const loader = await bundle("src/index.ts", { ...lean, define });
  await keep("embed.js", loader, { folder: "embed", stem: "v1" });
}

async function buildAdmin(keep) {
  for (const name of ["admin", "chart", "theme"]) {
    await keep(`${name}.js`, await bundle(`src/admin/${name}.ts`, { format: "iife" }));
  }
  await keep("admin.css", await bundle("src/admin/admin.css", { plugins: [picturesAsFiles(keep)] }));
}

/** One minified file of an entry and all it imports. */
async function bundle(entry, options) {
  const { outputFiles } = await build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    outdir: HERE,
    target: "es2022",
    charset: "utf8",
    legalComments: "eof",
    logLevel: "warning",
    ...options,
  });
  return outputFiles[0].text;
}

/** A widget's style sheet travels inside its module. */
const sheetAsText = {
  name: "sheet-as-text",
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const { code } = await transform(text, { loader: "css", minify: true, charset: "utf8" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** Tabler's small pictures are data: addresses, which `default-src 'self'` refuses; make them files. */
const picturesAsFiles = (keep) => ({
  name: "pictures-as-files",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^data:image\/svg\+xml,/ }, async ({ path }) => {
      const svg = decodeURIComponent(path.slice(path.indexOf(",") + 1));
      const { file } = await keep("picture.svg", svg, { listed: false });
      return { path: `./${file}`, external: true };
    });
  },
});

/** Writes files under names that carry their hash, and lists them by their logical name. */
function keeper(out) {
  const manifest = {};
  async function keep(logical, text, { folder = "", stem, listed = true } = {}) {
    const bytes = Buffer.from(text);
    const mark = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    const ending = extname(logical);
    const file = posix.join(folder, `${stem ?? basename(logical, ending)}-${mark}${ending}`);
    await mkdir(join(out, folder), { recursive: true });
    await writeFile(join(out, file), bytes);
    const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
    const entry = { file, integrity, brotli: brotliLength(bytes) };
    if (listed) manifest[logical] = entry;
    // The loader names modules by a shorter hash, without its last sign (always =): bytes count there.
    return { ...entry, hash: createHash("sha256").update(bytes).digest("base64").slice(0, -1) };
  }
  keep.manifest = manifest;
  return keep;
}

function brotliLength(bytes) {
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(bytes, { params: quality }).length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf("--out");
  const manifest = await buildAll(at > 0 ? resolve(process.argv[at + 1]) : OUT);
  const sizes = Object.entries(manifest).map(([name, { brotli }]) => `${name} ${brotli}`);
  console.log(`built ${sizes.join(", ")} (bytes, brotli)`);
}
