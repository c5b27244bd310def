// What recorders cost the page: none, afterimage and others, in turn, in one Chromium.
// node bench.mjs DIST [--recorders=a,b] [--cases=x,y] [--rounds=N] [--throttle=4]; `cargo xtask bench` builds DIST and runs it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "./build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const [dist, ...rest] = process.argv.slice(2);
const given = Object.fromEntries(rest.map((one) => one.replace(/^--/, "").split("=")));

/** What a page loads before its own script, by recorder. */
const RECORDERS = {
  none: [],
  afterimage: ["dist/afterimage.js", "built/afterimage.js"],
  rrweb: ["built/rrweb.js"],
  datadog: ["modules/@datadog/browser-rum/bundle/datadog-rum.js", "built/datadog.js"],
  sentry: ["built/sentry.js"],
};

const app = (name) => ({ app: name, query: "" });
const tree = (query) => ({ app: "tree", query: `?${query}` });
const workloads = ["todo-react", "todo-vue", "todo-svelte", "todo-lit", "todo-jquery", "todo-plain", "grid", "editor", "chart", "chat"];
/** Each by its name; `start` are the snapshots. */
const CASES = {
  ...Object.fromEntries(workloads.map((name) => [name, app(name)])),
  ...Object.fromEntries([1000, 10000, 50000, 200000].map((nodes) => [`start-${nodes}`, { ...tree(`nodes=${nodes}`), start: true }])),
  ...Object.fromEntries([10, 100, 1000, 10000, 100000].map((rate) => [`rate-${rate}`, tree(`nodes=10000&rate=${rate}`)])),
};

const chosen = (all, names) => (names ? names.split(",") : Object.keys(all));
const recorders = chosen(RECORDERS, given.recorders);
const cases = chosen(CASES, given.cases);
const rounds = +(given.rounds ?? 3);

// ---- building and serving ----------------------------------------------------------------------------------

const built = mkdtempSync(join(tmpdir(), "bench-"));
await build(["apps", "recorders"], built);
const FOLDERS = { built, dist, modules: join(here, "node_modules") };
const TYPES = { js: "text/javascript", wasm: "application/wasm" };

/** Bytes that arrived, by the browser context's turn. */
let arrived = 0;
const page = (recorder, name) =>
  `<!doctype html><html><head><title>${name}</title>${RECORDERS[recorder].map((src) => `<script src="/${src}"></script>`).join("")}</head><body><script src="/built/${name}.js"></script></body></html>`;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const [, kind, ...path] = pathname.split("/");
  if (kind === "sink") {
    request.on("data", (bytes) => (arrived += bytes.length));
    request.on("end", () => response.writeHead(kind === "sink" && path[0] === "collect" ? 204 : 200).end(path[0] === "collect" ? "" : "{}"));
  } else if (kind === "page") response.setHeader("content-type", "text/html").end(page(path[0], path[1]));
  else
    try {
      const bytes = readFileSync(join(FOLDERS[kind], ...path));
      response.setHeader("content-type", TYPES[pathname.split(".").at(-1)] ?? "text/plain").end(bytes);
    } catch {
      response.writeHead(404).end();
    }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;

// ---- measuring ---------------------------------------------------------------------------------------------

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-blink-features=AutomationControlled"],
});
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Main-thread CPU of a workload, or of starting to record, until everything was sent; bytes; the longest task; what the
 * page's heap holds in the end, WebAssembly memory and DOM included, in kB. */
const measure = async (recorder, { app, query, start }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36" });
  await context.route((url) => url.hostname !== "127.0.0.1", (route) => route.abort());
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    // The thread's CPU time: waiting for a busy core does not count.
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    const spent = async () => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
    };
    /** Until the main thread rests, 30 s at most. */
    const idle = async () => {
      let last = await spent();
      for (let tries = 0; tries < 100; tries++) {
        await sleep(300);
        const now = await spent();
        if (now - last < 6) return now;
        last = now;
      }
      return last;
    };
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: +(given.throttle ?? 1) });
    await page.goto(`${origin}/page/${recorder}/${app}${query}`);
    await page.evaluate(() => {
      window.long = [];
      new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.long.push(duration))).observe({ type: "longtask" });
    });
    const record = async () => {
      if (recorder === "none") return;
      // From a task of the page's own, so that it counts.
      await page.evaluate(() => new Promise((done) => setTimeout(async () => done(void (await window.record.start())))));
      await sleep(500);
      await page.evaluate(() => window.record.flush());
    };
    await idle();
    if (!start) await record();
    const before = await idle();
    const [sent] = [arrived, await page.evaluate(() => void (window.long.length = 0))];
    if (start) await record();
    else if (app === "editor") {
      await page.evaluate(() => window.typed());
      await page.keyboard.type("The quick brown fox jumps over the lazy dog. ".repeat(8));
    } else await page.evaluate(() => window.workload());
    if (!start && recorder !== "none") await page.evaluate(() => window.record.flush());
    const ms = (await idle()) - before;
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = await devtools.send("Runtime.getHeapUsage");
    const kept = (usedSize + embedderHeapUsedSize + backingStorageSize) / 1024;
    return { ms, kept, bytes: arrived - sent, longest: Math.max(0, ...(await page.evaluate(() => window.long))) };
  } finally {
    await context.close();
  }
};

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const rows = {};
for (let round = 0; round < rounds; round++)
  for (const name of cases)
    for (const recorder of round % 2 ? recorders.toReversed() : recorders) {
      const one = await measure(recorder, CASES[name]).catch((error) => console.error(`${name}, ${recorder}: ${error.message}`));
      if (one) ((rows[name] ??= {})[recorder] ??= []).push(one);
      if (given.verbose && one) console.error(name, recorder, one.ms.toFixed(1), one.bytes, one.longest.toFixed(0));
    }
await browser.close();
server.close();
rmSync(built, { recursive: true });

// ---- telling -----------------------------------------------------------------------------------------------

const of = (name, recorder, what) => median((rows[name]?.[recorder] ?? []).map((one) => one[what]));
const others = recorders.filter((recorder) => recorder !== "none");
const table = (title, cell, what = "ms") => {
  console.log(`\n${title}\n\n| | page alone | ${others.join(" | ")} |\n| --- |${" ---: |".repeat(others.length + 1)}`);
  for (const name of cases) console.log(`| ${name} | ${of(name, "none", what)?.toFixed(0)} | ${others.map((recorder) => cell(name, recorder)).join(" | ")} |`);
};
const added = (name, recorder) => of(name, recorder, "ms") - of(name, "none", "ms");
console.log(`Chromium ${browser.version()}, medians of ${rounds} rounds, in turn${given.throttle ? `, the CPU ${given.throttle} times slower` : ""}.`);
table("Main-thread CPU added, ms (× rrweb)", (name, recorder) => {
  const ms = added(name, recorder);
  const ratio = others.includes("rrweb") && recorder !== "rrweb" ? ` (${(ms / added(name, "rrweb")).toFixed(2)})` : "";
  return `${ms.toFixed(0)}${ratio}`;
});
table("Bytes sent", (name, recorder) => `${of(name, recorder, "bytes")}`, "bytes");
table("Memory held in the end, kB more than the page alone", (name, recorder) => `${(of(name, recorder, "kept") - of(name, "none", "kept")).toFixed(0)}`, "kept");
table("Longest task, ms (0: none over 50)", (name, recorder) => `${of(name, recorder, "longest")?.toFixed(0)}`, "longest");
