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
const TARGET = "es2022";
const OUT = resolve(HERE, "../alliance/web/static/built");
/** The modules that the loader fetches when they are needed, in the order of their building. */
const MODULES = ["slate", "bundle", "claim", "gifts", "carry", "vitals"];
/** Each element: its name after `al-`, rem held free, its module, what it asks for if not by name. */
const ELEMENTS = [
  ["slate", 26, "slate"],
  ["article", 12, "slate"],
  ["bundle", 26, "gifts"],
  ["claim", 26, "gifts", "bundle"],
];
/** Stands at the head of the script that others ship, so that whoever reads it finds what it is made from. */
const ORIGIN = (name) => `/* Made from widgets/src/${name}.ts of the merchant alliance hub. */\n`;
/** What a Shopify theme has: no codes after a purchase, which its checkout shows by an extension of its own. */
const THEME_MODULES = ["slate", "gifts", "bundle"];
const THEME_ELEMENTS = ["slate", "article", "bundle"];

/** Build all into `out`, which is replaced as a whole. */
export async function buildAll(out = OUT) {
  const fresh = `${out}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  const keep = keeper(fresh);
  await buildEmbed(keep);
  await buildPlugin(keep);
  await buildTheme(keep);
  await buildAdmin(keep);
  await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(keep.manifest, null, 2)}\n`);
  await rm(out, { recursive: true, force: true });
  await rename(fresh, out);
  return keep.manifest;
}

async function buildEmbed(keep) {
  const hashes = {};
  for (const name of MODULES) {
    const code = await lean(name, defined({ BUNDLE: hashes.bundle, CLAIM: hashes.claim }));
    hashes[name] = (await keep(`${name}.js`, code, { folder: "embed", isNamedByHash: true })).hash;
  }
  await keep("embed.js", await lean("index", defined(tables(hashes))), { folder: "embed", stem: "v1" });
}

/** What the loader knows of the modules, by whatever `load` of that build takes for each. */
const tables = (known, elements = ELEMENTS) => ({
  ELEMENTS: elements.map(([name, rem, module, ...path]) => [name, rem, known[module], ...path]),
  CARRY: known.carry,
  VITALS: known.vitals,
});

/**
 * The same sources as one classic script, for plugins that may not load code from elsewhere. Modules go
 * by their names; none measures. Letters beyond ASCII are written as escapes, since a classic script is
 * read in the encoding of its page.
 */
async function buildPlugin(keep) {
  const { vitals: _, ...inside } = Object.fromEntries(MODULES.map((name) => [name, name]));
  const code = await lean("shipped", defined({ ...tables(inside), BUNDLE: inside.bundle, CLAIM: inside.claim }), {
    format: "iife", charset: "ascii", conditions: ["shipped"],
  });
  await keep("plugin.js", `${ORIGIN("shipped")}${code}\n`, { folder: "plugin", stem: "alliance-elements" });
}

/**
 * The same sources for a Shopify theme, as classic scripts that are small each: the first one, the parts
 * that it fetches by the addresses on its tag, and what carries a token to the cart.
 */
async function buildTheme(keep) {
  const inside = Object.fromEntries(THEME_MODULES.map((name) => [name, name]));
  const shown = ELEMENTS.filter(([name]) => THEME_ELEMENTS.includes(name));
  const define = defined({ ...tables(inside, shown), BUNDLE: inside.bundle, CLAIM: "" });
  const options = { format: "iife", conditions: ["shopify"] };
  const kept = (name, origin, code) => keep(`shopify-${name}.js`, `${ORIGIN(origin)}${code}\n`, { folder: "shopify", stem: name });
  await kept("loader", "shopify", await lean("shopify", define, options));
  for (const name of THEME_MODULES) {
    const contents = `import { draw } from "./${name}.js"; Object.assign(document.currentScript, { draw });`;
    await kept(name, name, await lean("", define, {
      ...options, entryPoints: undefined, stdin: { contents, resolveDir: join(HERE, "src"), loader: "ts" },
    }));
  }
  await kept("carry", "shopify_carry", await lean("shopify_carry", define, options));
}

async function buildAdmin(keep) {
  for (const name of ["admin", "chart", "embedded", "theme"]) {
    await keep(`${name}.js`, await bundle(`src/admin/${name}.ts`, { format: "iife" }));
  }
  await keep("admin.css", await bundle("src/admin/admin.css", { plugins: [picturesAsFiles(keep)] }));
}

/** Values as esbuild puts them in place of names. */
const defined = (values) => Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, JSON.stringify(value ?? "")]));

/** A widget's module; a second pass joins what bundling has put side by side. */
async function lean(name, define = {}, { charset = "utf8", ...changed } = {}) {
  const options = { format: "esm", legalComments: "none", plugins: [sheetAsText], define, ...changed };
  const code = await bundle(`src/${name}.ts`, options);
  return (await transform(code, { minify: true, target: TARGET, charset })).code.trim();
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
    target: TARGET,
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
      return { contents: code.trim().replaceAll(", ", ","), loader: "text" };
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
  async function keep(logical, text, { folder = "", stem, listed = true, isNamedByHash } = {}) {
    const [bytes, hash] = isNamedByHash ? plainlyHashed(text) : [Buffer.from(text)];
    const mark = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    const ending = extname(logical);
    const name = hash ?? `${stem ?? basename(logical, ending)}-${mark}`;
    const file = posix.join(folder, `${name}${ending}`);
    await mkdir(join(out, folder), { recursive: true });
    await writeFile(join(out, file), bytes);
    const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
    const entry = { file, integrity, brotli: brotliLength(bytes) };
    if (listed) manifest[logical] = entry;
    return { ...entry, hash };
  }
  keep.manifest = manifest;
  return keep;
}

/**
 * The loader has no byte to spare: of each module it knows one text, which is both its integrity and
 * its name. So the text has letters and digits only; empty lines are added until it has.
 */
function plainlyHashed(text) {
  for (let bytes = Buffer.from(text); ; bytes = Buffer.concat([bytes, Buffer.from("\n")])) {
    const hash = createHash("sha256").update(bytes).digest("base64").slice(0, -1);
    if (/^[a-z\d]+$/i.test(hash)) return [bytes, hash];
  }
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
