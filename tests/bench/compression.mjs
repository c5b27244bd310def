// What ways there are to compress batches, and what they cost: bytes, main-thread CPU in Chromium, and what a visitor downloads
// for them. node compression.mjs DIST MODULES [PAGES], a folder of pages to record instead; `cargo xtask compression` builds
// the others and runs it.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync, inflateRawSync } from "node:zlib";
import { build } from "./build.mjs";
import { open } from "./chromium.mjs";
import { serve } from "./server.mjs";

const [dist, modules, pages] = process.argv.slice(2);
const ROUNDS = 5;
/** A module's name, its level. */
const WAYS = [["own", 0], ["miniz", 1], ["miniz", 6], ["zlib-rs", 1], ["zlib-rs", 6], ["lz4", 0], ["zstd", 1], ["brotli", 1], ["brotli", 5]];
const APPS = ["tree?nodes=24000", "todo-react", "todo-jquery", "grid", "chart", "chat"];

const built = mkdtempSync(join(tmpdir(), "compression-"));
await build(["apps", "recorders"], built);
const server = await serve(dist, built);
const browser = await open(1);

/** Batches as they are before they are compressed, page by page. @type {Buffer[][]} */
const recorded = [];
const names = pages ? readdirSync(pages).filter((name) => name.endsWith(".html")) : APPS;
for (const name of names) {
  if (pages) {
    const scripts = ["dist/afterimage.js", "built/afterimage.js"].map((src) => `<script src="/${src}"></script>`).join("");
    writeFileSync(join(built, name), scripts + readFileSync(join(pages, name), "utf8"));
  }
  const page = await browser.page(pages ? `${server.origin}/built/${name}` : `${server.origin}/page/afterimage/${name}`);
  const from = server.bodies.length;
  await page.run("await record.start(); await record.flush(); await window.workload?.(); await record.flush()");
  // What precedes the payload: five bytes, how long the header is (less than 128), the header.
  recorded.push(server.bodies.slice(from).map((body) => inflateRawSync(body.subarray(6 + body[5]))));
  await page.close();
}
const batches = recorded.flat();
const total = (of) => of.reduce((sum, one) => sum + one.length, 0);

const base64 = (bytes) => bytes.toString("base64");
/** In a page that has just been opened, as code that ran before is compiled better. */
const inPage = async (script) => {
  const page = await browser.page(`${server.origin}/page/none/empty`);
  await page.run(`
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    window.batches = ${JSON.stringify(batches.map(base64))}.map(bytes);
    window.bytes = bytes;`);
  await page.run(script.prepare);
  const before = await page.spent();
  const size = await page.run(script.run);
  const ms = (await page.spent()) - before;
  await page.close();
  return { ms, size };
};

const wasm = (name) => readFileSync(join(modules, `${name}.wasm`));
const weight = (name) => gzipSync(wasm(name), { level: 9 }).length - gzipSync(wasm("none"), { level: 9 }).length;
const ways = WAYS.map(([name, level]) => ({
  name: level ? `${name} ${level}` : name,
  weight: weight(name),
  prepare: `window.module = (await WebAssembly.instantiate(bytes("${base64(wasm(name))}"))).instance.exports;`,
  run: `
    let size = 0;
    for (const batch of batches) {
      const at = module.room(batch.length);
      new Uint8Array(module.memory.buffer, at, batch.length).set(batch);
      size += module.pack(${level});
    }
    return size;`,
}));
ways.push({
  name: "CompressionStream",
  weight: 0,
  prepare: "",
  run: `
    let size = 0;
    for (const batch of batches) size += (await new Response(new Blob([batch]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer()).byteLength;
    return size;`,
});

const results = ways.map(() => []);
for (let round = 0; round < ROUNDS; round++) for (const [at, way] of ways.entries()) results[at].push(await inPage(way));
await browser.close();
server.close();
rmSync(built, { recursive: true });

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const rows = ways.map(({ name, weight }, at) => ({ name, weight, size: results[at][0].size, ms: median(results[at].map(({ ms }) => ms)) }));
console.log(`${browser.name}: ${batches.length} batches of ${names.length} pages, ${total(batches)} bytes; medians of ${ROUNDS} rounds in turn.\n`);
console.log("| | bytes | × own | main thread, ms | module, gzip |\n| --- | ---: | ---: | ---: | ---: |");
for (const { name, size, ms, weight } of rows) console.log(`| ${name} | ${size} | ${(size / rows[0].size).toFixed(2)} | ${ms.toFixed(0)} | ${weight} |`);

// A dictionary of what other pages of the same batches hold: each page is compressed with what the others begin with.
const dictionary = (but) => Buffer.concat(recorded.filter((one) => one !== but).map((one) => one[0].subarray(0, 6000)));
const [without, general, own] = [
  batches.map((batch) => deflateRawSync(batch)),
  recorded.flatMap((page) => page.map((batch) => deflateRawSync(batch, { dictionary: dictionary(page) }))),
  recorded.flatMap((page) => page.map((batch) => deflateRawSync(batch, { dictionary: page[0].subarray(0, 32_000) }))),
];
console.log(`\nzlib 6 in node: ${total(without)} bytes; with a dictionary of other pages ${total(general)}, of the page itself ${total(own)}.`);
