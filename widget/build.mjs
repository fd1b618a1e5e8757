// node build.mjs            builds the bundle where the service serves it from
// node build.mjs --check    builds it elsewhere and compares: the bundle in the tree must be this source's
// node build.mjs --tests    builds the unit tests for `node --test`
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shipped = join(here, "..", "bot", "visitors", "static");
const limit = 15_000; // bytes, gzip

/** Our own members, shortened in the bundle: none goes over the wire or to the page. */
const ours = [
  "announcer asking follow talk fullpage connect disconnect question escape resume leave changed",
  "draw scrolled jump hide show session link newFrom unsaid discard forget settled waiting quit",
  "hello receive arrived running restart stopped known start first last entry delivery props kids",
  "inlines peek failed busy later kept over screen host root line keep node spec tag kid day refusal toEnd",
  "reading chosen look only put watch clean noticed",
].join(" ");

/** As `ours`, but these are in the storage: the next version of the bundle must find them. */
const kept = { draft: "D", unsent: "U", notice: "N", own: "O", refused: "R", change: "C", pressed: "P" };

const shortened = new RegExp(`^(${[...ours.split(" "), ...Object.keys(kept)].join("|")})$`);

/** Style sheets come into the bundle as text, minified. */
/** Our own custom properties, in the order in which they were met: every sheet calls them alike. */
const names = [];
const css = {
  name: "css",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const built = await esbuild.build({
        entryPoints: [path],
        bundle: true,
        minify: true,
        write: false,
        target: "safari15",
      });
      const code = built.outputFiles[0].text;
      // It leaves the values of custom properties as they are; none of ours has a space that counts.
      const values = (all) => all.replace(/([:,]) /g, "$1");
      const short = code.trim().replace(/--[\w-]+: [^;}]+/g, values);
      // Our own properties, that no page sets, need no names that one can read.
      const letter = (name) => {
        if (!names.includes(name)) names.push(name);
        return `--${names.indexOf(name).toString(36)}`;
      };
      const contents = short.replace(/--(?!livechat|room|above)[\w-]+/g, letter);
      return { contents, loader: "text" };
    });
  },
};

const languages = readdirSync(join(here, "src", "languages")).sort();
const translated = (name) => JSON.parse(readFileSync(join(here, "src", "languages", name), "utf8"));

/** The English words, by their keys. */
async function english() {
  const told = await esbuild.build({ entryPoints: [join(here, "src", "strings.ts")], write: false });
  const text = encodeURIComponent(told.outputFiles[0].text);
  return (await import(`data:text/javascript,${text}`)).EN;
}

/** A language's file: what its words say, by what the English ones say. */
function wordsBy(english, name) {
  const file = {};
  for (const [word, text] of Object.entries(translated(name))) {
    const key = english[word] ?? word; // English has fewer plurals than others
    if ((file[key] ?? text) !== text)
      throw new Error(`languages/${name}: "${key}" is said in two ways; give ${word} English of its own`);
    file[key] = text;
  }
  return JSON.stringify(file);
}

/** The files of words, what they are called together, and what is known of them without asking. */
async function spoken() {
  const EN = await english();
  const files = Object.fromEntries(languages.map((name) => [name, wordsBy(EN, name)]));
  const launchers = languages.map((name) => [name.replace(".json", ""), translated(name).launcher]);
  const edition = createHash("sha256").update(Object.values(files).join("")).digest("hex").slice(0, 8);
  const define = {
    LAUNCHERS: JSON.stringify(Object.fromEntries(launchers)),
    EDITION: JSON.stringify(edition),
  };
  return { files, define };
}

/** A sentence that is said in so many words, say("join"), goes where it is said: no name is needed. */
const sentences = {
  name: "sentences",
  async setup(build) {
    const folder = join(here, "src");
    const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
    const source = files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    const EN = await english();
    const literal = /\bsay\("(\w+)"/g;
    const elsewhere = source.replace(literal, "");
    const made = [...elsewhere.matchAll(/`(\w*\$\{[^}`]+\}_\w+|\w+_\$\{[^}`]+\})`/g)].map(
      ([, name]) => new RegExp(`^${name.replace(/\$\{[^}]+\}/g, "\\w+")}$`),
    );
    const only = [...source.matchAll(literal)]
      .map(([, word]) => word)
      .filter((word) => !elsewhere.includes(`"${word}"`) && !made.some((name) => name.test(word)));
    for (const word of Object.keys(EN))
      if (shortened.test(word) && !only.includes(word))
        throw new Error(`strings.ts: "${word}" is called like a member that the bundle shortens; call it otherwise`);
    build.onLoad({ filter: /src\/.*\.ts$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      contents = contents.replace(literal, (same, word) =>
        only.includes(word) ? `say(${JSON.stringify(EN[word])} as Word` : same,
      );
      if (path.endsWith("strings.ts"))
        for (const word of only)
          contents = contents.replace(new RegExp(`^  ${word}:\\s+"[^"]*",\n`, "m"), "");
      return { contents, loader: "ts" };
    });
  },
};

const target = ["safari15", "firefox115", "chrome109"];

const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  plugins: [css],
  logLevel: "warning",
};

/** What shares nothing with the bundle and goes by its own name: it stands in for WebSockets. */
async function standIn() {
  const built = await esbuild.build({
    ...common,
    entryPoints: ["src/lazy/poll.ts"],
    write: false,
    minify: true,
    target,
    legalComments: "none",
  });
  return Buffer.from(built.outputFiles[0].contents);
}

/** Both sheets, for browsers whose shadow trees take none from scripts. */
async function sheets() {
  const contents = 'import own from "./src/all.css"; import lazy from "./src/lazy/all.css"; export default own + lazy;';
  const built = await esbuild.build({ ...common, stdin: { contents, resolveDir: here }, write: false });
  const text = encodeURIComponent(built.outputFiles[0].text);
  return Buffer.from((await import(`data:text/javascript,${text}`)).default);
}

/** The bundle, or what it fetches: they know one another's members by the names in `cache`. */
async function bundle(entry, define, cache = kept) {
  const built = await esbuild.build({
    ...common,
    define,
    plugins: [css, sentences],
    entryPoints: [entry],
    outfile: "widget.js",
    write: false,
    minify: true,
    mangleProps: shortened,
    mangleCache: cache,
    target,
    legalComments: "none",
    charset: "utf8",
  });
  return { code: Buffer.from(built.outputFiles[0].contents), cache: built.mangleCache };
}

const digest = (code) => createHash("sha256").update(code).digest("hex").slice(0, 8);


/** Smaller blocks (memLevel) suit code and text in turn. Node's own zlib differs between its versions; what must be equal is what it unpacks to. */
function sidecars(code) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: code.length,
  };
  return {
    "widget.js.gz": gzipSync(code, { level: 9, memLevel: 6 }),
    "widget.js.br": brotliCompressSync(code, { params }),
  };
}

/** Everything that is served, by its name. */
async function shipment() {
  const { files, define } = await spoken();
  // What the bundle fetches is called by its own digest; the first build only tells the names.
  const { cache } = await bundle("src/define.ts", { ...define, MORE: '"00000000"' });
  const { code: lazy } = await bundle("src/lazy/more.ts", define, cache);
  const { code } = await bundle("src/define.ts", { ...define, MORE: JSON.stringify(digest(lazy)) });
  const words = Object.entries(files).map(([name, text]) => [`words/${name}`, Buffer.from(text)]);
  return { code, lazy, poll: await standIn(), sheet: await sheets(), words: Object.fromEntries(words) };
}

async function check({ code, lazy, poll, sheet, words }) {
  const { brotliDecompressSync, gunzipSync } = await import("node:zlib");
  const read = (name) =>
    existsSync(join(shipped, name)) ? readFileSync(join(shipped, name)) : null;
  const unpack = {
    "widget.js": (x) => x,
    "widget.js.gz": gunzipSync,
    "widget.js.br": brotliDecompressSync,
  };
  for (const [name, open] of Object.entries(unpack)) {
    const there = read(name);
    if (!there || !open(there).equals(code)) stale(name);
  }
  for (const [name, text] of Object.entries({ "more.js": lazy, "poll.js": poll, "widget.css": sheet }))
    if (!read(name)?.equals(text)) stale(name);
  for (const [name, text] of Object.entries(words)) if (!read(name)?.equals(text)) stale(name);
  for (const name of readdirSync(join(shipped, "words"))) if (!words[`words/${name}`]) stale(`words/${name}`);
}

function stale(name) {
  throw new Error(
    `bot/visitors/static/${name} is not what widget/src builds to: run "npm run build" in widget/`,
  );
}

async function tests() {
  const out = join(here, ".build");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const names = readdirSync(join(here, "tests")).filter((name) => name.endsWith(".test.ts"));
  await esbuild.build({
    ...common,
    define: { ...(await spoken()).define, MORE: '"00000000"' },
    entryPoints: names.map((name) => `tests/${name}`),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: "node18",
  });
}

if (process.argv.includes("--tests")) {
  await tests();
} else {
  const shipping = await shipment();
  const packed = sidecars(shipping.code);
  // As tests/e2e/test_widget_page.py counts; what lies beside the bundle is packed a little better.
  const size = gzipSync(shipping.code, { level: 9 }).length;
  if (size > limit) throw new Error(`The widget has ${size} bytes gzipped; the limit is ${limit}.`);
  if (process.argv.includes("--check")) {
    await check(shipping);
  } else {
    rmSync(join(shipped, "words"), { recursive: true, force: true });
    mkdirSync(join(shipped, "words"), { recursive: true });
    const own = { "widget.js": shipping.code, "more.js": shipping.lazy, "poll.js": shipping.poll, "widget.css": shipping.sheet };
    const files = { ...own, ...packed, ...shipping.words };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(shipped, name), bytes);
  }
  const { length: br } = packed["widget.js.br"];
  const { length } = shipping.code;
  const { length: more } = gzipSync(shipping.lazy, { level: 9 });
  console.log(`more.js: ${shipping.lazy.length} bytes, ${more} gzip`);
  console.log(`widget.js: ${length} bytes, ${size} gzip, ${br} brotli (limit ${limit} gzip)`);
}
