// What recorders cost the page: none, afterimage and others, in turn, in one browser. `all` stands for all recorders or cases.
// node bench.mjs DIST [--recorders=a,b] [--cases=x,y] [--rounds=N] [--throttle=4] [--engine=firefox] [--pictures=FOLDER];
// `cargo xtask bench` builds DIST and runs it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { picture } from "./picture.mjs";
import { RECORDERS, serve } from "./server.mjs";

const [dist, ...rest] = process.argv.slice(2);
const given = Object.fromEntries(rest.map((one) => one.replace(/^--/, "").split("=")));

const app = (name) => ({ app: name, query: "" });
const tree = (query) => ({ app: "tree", query: `?${query}` });
const workloads = ["todo-react", "todo-vue", "todo-svelte", "todo-angular", "todo-lit", "todo-jquery", "todo-plain", "grid", "editor", "chart", "chat"];
/** Each by its name; `start` are the snapshots, `steps` are timed. */
const CASES = {
  ...Object.fromEntries(workloads.map((name) => [name, app(name)])),
  ...Object.fromEntries(workloads.filter((name) => /^todo/.test(name)).map((name) => [name.replace("todo", "steps"), { ...app(name), steps: true }])),
  ...Object.fromEntries([1000, 10000, 50000, 200000].map((nodes) => [`start-${nodes}`, { ...tree(`nodes=${nodes}`), start: true }])),
  ...Object.fromEntries([10, 100, 1000, 10000, 100000].map((rate) => [`rate-${rate}`, tree(`nodes=10000&rate=${rate}`)])),
  ...Object.fromEntries([1, 10, 60, 120].map((minutes) => [`session-${minutes}`, { app: "session", query: `?minutes=${minutes}` }])),
};

const chosen = (all, names) => {
  const each = names === "all" ? Object.keys(all) : names.split(",");
  const unknown = each.find((name) => !Object.hasOwn(all, name));
  if (unknown === undefined) return each;
  console.error(`bench: there is no "${unknown}": ${Object.keys(all).join(", ")}`);
  process.exit(2);
};
const recorders = chosen(RECORDERS, given.recorders ?? "none,afterimage,rrweb,datadog");
const cases = chosen(CASES, given.cases ?? workloads.join());
const rounds = +(given.rounds ?? 3);

const built = mkdtempSync(join(tmpdir(), "bench-"));
await build(["apps", "recorders"], built);
const server = await serve(dist, built);
const engine = given.engine ?? "chromium";
const browser = engine === "chromium" ? await (await import("./chromium.mjs")).open(+(given.throttle ?? 1)) : await (await import("./webdriver.mjs")).open(engine);

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** How often the steps are done in a tab. */
const RUNS = 10;

/** As benchmarks of frameworks do: a page is loaded into a frame of one tab again and again, and of each step is taken what it
 * takes itself, in a frame of the screen, and from then until what it brought about was drawn and the next task begins. @param {string} address */
const runs = (address) => `
  const times = [];
  while (times.length < ${RUNS}) {
    const frame = document.createElement("iframe");
    frame.width = 1200;
    frame.height = 700;
    await new Promise((done) => {
      frame.onload = done;
      frame.src = "${address}";
      document.body.append(frame);
    });
    const { record, steps, document: { body }, setTimeout: later } = frame.contentWindow;
    if (record) later(record.start);
    await new Promise((done) => setTimeout(done, 600));
    let time = 0;
    for (const step of steps)
      await new Promise((done) => {
        let began;
        requestAnimationFrame(() => {
          began = performance.now();
          step();
        });
        requestAnimationFrame(() =>
          setTimeout(() => {
            body.getBoundingClientRect();
            time += performance.now() - began;
            setTimeout(done);
          }),
        );
      });
    times.push(time);
    frame.remove();
  }
  return times;`;

/** Medians over the runs of one tab, of time, and of everything the CPU of one. @param {string} address */
const stepped = async (address) => {
  const page = await browser.page(`${server.origin}/page/none/`);
  try {
    const before = await page.spent();
    const times = await page.run(runs(address));
    await sleep(500);
    return { time: median(times), ms: ((await page.spent()) - before) / RUNS };
  } finally {
    await page.close();
  }
};

/** CPU of a workload, or of starting to record, until everything was sent; its time by the clock; bytes; the longest task;
 * what is held in the end. @param {string} recorder */
const measure = async (recorder, { app, query, start, steps }) => {
  const address = `${server.origin}/page/${recorder}/${app}${query}`;
  if (steps) return stepped(address);
  const page = await browser.page(address);
  try {
    /** Until the page rests, 30 s at most. */
    const idle = async () => {
      let last = await page.spent();
      for (let tries = 0; tries < 100; tries++) {
        await sleep(300);
        const now = await page.spent();
        // A browser as a whole never rests quite.
        if (now - last < (engine === "chromium" ? 6 : 25)) return now;
        last = now;
      }
      return last;
    };
    await page.run(`
      window.long = [];
      if (PerformanceObserver.supportedEntryTypes.includes("longtask"))
        new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => long.push(duration))).observe({ type: "longtask" });`);
    const record = async () => {
      if (recorder === "none") return;
      // From a task of the page's own, so that it counts.
      await page.run("await new Promise((done) => setTimeout(async () => done(void (await record.start()))))");
      await sleep(500);
      await page.run("await record.flush()");
    };
    await idle();
    if (!start) await record();
    const before = await idle();
    await page.run("long.length = 0");
    const sent = server.arrived();
    const began = performance.now();
    if (start) await record();
    else if (app === "editor") {
      await page.run("typed()");
      await page.type("The quick brown fox jumps over the lazy dog. ".repeat(8));
    } else await page.run("await workload()");
    const wall = performance.now() - began;
    if (!start && recorder !== "none") await page.run("await record.flush()");
    const ms = (await idle()) - before;
    const kept = await page.kept();
    return { ms, wall, kept, bytes: server.arrived() - sent, longest: await page.run("return Math.max(0, ...long)") };
  } finally {
    await page.close();
  }
};

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const rows = {};
for (let round = 0; round < rounds; round++)
  for (const name of cases)
    for (const recorder of round % 2 ? recorders.toReversed() : recorders) {
      const one = await measure(recorder, CASES[name]).catch((error) => console.error(`${name}, ${recorder}: ${error.message}`));
      if (one) ((rows[name] ??= {})[recorder] ??= []).push(one);
      if ("verbose" in given && one) console.error(name, recorder, one.ms.toFixed(1), one.bytes, one.longest.toFixed(0));
    }
await browser.close();
server.close();
rmSync(built, { recursive: true });

// ---- telling -----------------------------------------------------------------------------------------------

const of = (name, recorder, what) => median((rows[name]?.[recorder] ?? []).map((one) => one[what]));
const others = recorders.filter((recorder) => recorder !== "none");
/** Of the cases of which `that` is known: in the frames of the steps most recorders have sent nothing yet, say. */
const table = (title, cell, what = "ms", that = what) => {
  const told = cases.filter((name) => of(name, "none", that) !== undefined);
  if (told.length) console.log(`\n${title}\n\n| | page alone | ${others.join(" | ")} |\n| --- |${" ---: |".repeat(others.length + 1)}`);
  for (const name of told) console.log(`| ${name} | ${of(name, "none", what)?.toFixed(0)} | ${others.map((recorder) => cell(name, recorder)).join(" | ")} |`);
};
const added = (name, recorder) => of(name, recorder, "ms") - of(name, "none", "ms");
console.log(`${browser.name}, medians of ${rounds} rounds, in turn.`);
table(`${browser.measured} added, ms (× rrweb)`, (name, recorder) => {
  const ms = added(name, recorder);
  const ratio = others.includes("rrweb") && recorder !== "rrweb" ? ` (${(ms / added(name, "rrweb")).toFixed(2)})` : "";
  return `${ms.toFixed(0)}${ratio}`;
});
table("Bytes sent", (name, recorder) => `${of(name, recorder, "bytes")}`, "bytes");
for (const [what, title] of [["time", "Time of the steps"], ["ms", `${browser.measured}, pages and steps`]])
  table(`${title}, × the page alone`, (name, recorder) => (of(name, recorder, what) / of(name, "none", what)).toFixed(2), what, "time");
if (engine === "chromium") {
  table("Memory held in the end, kB more than the page alone", (name, recorder) => `${(of(name, recorder, "kept") - of(name, "none", "kept")).toFixed(0)}`, "kept");
  table("Longest task, ms (0: none over 50)", (name, recorder) => `${of(name, recorder, "longest")?.toFixed(0)}`, "longest");
} else table("Time by the clock, ms more than the page alone", (name, recorder) => `${(of(name, recorder, "wall") - of(name, "none", "wall")).toFixed(0)}`, "wall");
if (given.pictures) {
  writeFileSync(join(given.pictures, "cost-cpu.svg"), picture(`${browser.measured} that a recorder adds, ms; shorter is better`, cases, others, added));
  writeFileSync(join(given.pictures, "cost-bytes.svg"), picture("kB that a recorder sends; shorter is better", cases, others, (name, recorder) => of(name, recorder, "bytes") / 1000));
}
