// Replays recordings in rrweb's own Replayer, in a headless Chromium, and compares the document it builds, node by
// node, with what the page was: played from the start, sought forward, sought back.
//
// Standard input: lines of the `recordings` example. Exit status 1 when anything differs.
// `CHROMIUM` names the browser (default: chromium), `MODULES` a folder with node_modules.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.MODULES ? process.env.MODULES + "/x.js" : import.meta.url);
const { chromium } = require("playwright-core");
const root = require.resolve("rrweb").replace(/dist.*/, "");
const umd = readFileSync(root + "umd/rrweb.min.js", "utf8");
const css = readFileSync(root + "dist/style.css", "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"],
});
const page = await browser.newPage();
// Nothing a recording names is fetched.
await page.route("**", (route) =>
  route.request().url() === "http://127.0.0.1/" ? route.fulfill({ contentType: "text/html", body: "<!doctype html><body>" }) : route.abort(),
);
let complaints = [];
page.on("console", (m) => /replayer|Exception/.test(m.text()) && complaints.push(m.text().slice(0, 200)));
page.on("pageerror", (e) => complaints.push(String(e).slice(0, 400)));
let failures = 0;
let compared = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const recording = JSON.parse(line);
  await page.goto("http://127.0.0.1/");
  await page.addStyleTag({ content: css });
  await page.addScriptTag({ content: umd });
  await page.evaluate(reader);
  complaints = [];
  const { found, played } = await page.evaluate(run, recording).catch((e) => ({ found: [], played: complaints.push(String(e).slice(0, 300)) < 0 }));
  compared += found.length;
  const seen = new Set();
  const wanted = new Map(recording.checks.map((c) => [c.time_ms, c]));
  for (const { how, time_ms, nodes } of found) {
    const page = expected(wanted.get(time_ms).nodes);
    // A player that skips ahead sorts elements into place; style elements it happens to move lose rules put into them.
    if (how.startsWith("sought")) for (const node of [...page, ...nodes]) if (node.element === "style") delete node.css;
    const differences = compare(page, nodes);
    if (differences && !seen.has(how)) {
      seen.add(how);
      failures++;
      console.log(`${recording.name}: ${how} to ${time_ms} ms: ${differences}`);
    }
  }
  if (!played) failures++, console.log(`${recording.name}: did not play to its end`);
  if (complaints.length) failures++, console.log(`${recording.name}: the player complains: ${complaints.slice(0, 3).join(" | ")}`);
}
await browser.close();
console.log(`${compared} documents compared, ${failures} failures`);
process.exit(failures || !compared ? 1 : 0);

/** What the player can have of a page: scripts and the like are left out, a textarea has its text as value. */
function expected(nodes) {
  const kept = [];
  let skip = Infinity;
  const stack = [];
  for (const node of nodes) {
    if (node.depth > skip) continue;
    skip = Infinity;
    stack.length = node.depth;
    stack.push(node);
    if (/^(script|object|embed|applet)$/.test(node.element ?? "")) {
      skip = node.depth;
      continue;
    }
    const parent = stack[node.depth - 1];
    if (parent?.element === "textarea") {
      const area = kept.findLast((n) => n.element === "textarea");
      if (parent.value === undefined) area.value += node.text;
      continue;
    }
    if (parent?.element === "style") {
      const style = kept.findLast((n) => n.element === "style");
      style.texts++;
      if (parent.css === undefined) style.css += node.text;
      continue;
    }
    const copy = { ...node };
    if (node.element === "textarea") copy.value ??= "";
    if (node.element === "style") (copy.css ??= ""), (copy.texts = 0);
    if (node.adopted) copy.adopted = node.adopted.map(rulesOf);
    if (node.attributes) copy.attributes = plain(node.element, node.attributes);
    kept.push(copy);
  }
  for (const node of kept) if (node.css !== undefined) node.css = rulesOf(node.css);
  return kept;
}

/** Recorded rules are written as browsers write them, but for what is between them. */
function rulesOf(css) {
  return css.replace(/\}\s*/g, "}\n").trim();
}

function plain(name, attributes) {
  const kept = Object.entries(attributes).filter(([n]) => !(name === "input" && /^(value|checked)$/.test(n)));
  return Object.fromEntries(kept.map(([n, v]) => [n, n === "style" ? v.replace(/\s+/g, " ").trim() : v]));
}

function compare(wanted, found) {
  for (let i = 0; i < Math.max(wanted.length, found.length); i++) {
    // What is not shown is not scrolled either.
    if (found[i]?.hidden && wanted[i]) delete wanted[i].scroll;
    delete found[i]?.hidden;
    const [a, b] = [wanted[i], found[i]].map((n) => n && JSON.stringify(n, Object.keys({ ...n, ...n.attributes }).sort()));
    if (a !== b) return `node ${i}\n  page   ${a}\n  player ${b}`;
  }
}

/** Runs in the browser: plays, seeks forward, seeks back, and reads the document each time. */
async function run(recording) {
  const at = (check) => check.time_ms - recording.checks[0].time_ms + 50;
  const found = [];
  const open = (config) => new rrweb.Replayer(recording.events, { root: document.body, mouseTail: false, showWarning: true, ...config });
  const read = (how, check, replayer) => found.push({ how, time_ms: check.time_ms, nodes: readPage(replayer, recording) });

  // Each check is sought by a player of its own, then by one that goes back and forth.
  const replayer = open({});
  const checks = recording.checks.filter((_, i, all) => all.length < 12 || i % Math.ceil(all.length / 12) === 0 || i === all.length - 1);
  for (const check of checks) {
    replayer.pause(at(check));
    read("sought forward", check, replayer);
  }
  for (const check of checks.toReversed()) {
    replayer.pause(at(check));
    read("sought back", check, replayer);
  }
  replayer.destroy();

  const live = open({ speed: 1, useVirtualDom: false });
  live.pause(0);
  for (const check of checks) {
    live.pause(at(check));
    read("applied one by one", check, live);
  }
  live.destroy();

  const player = open({ speed: 8 });
  const end = new Promise((done) => player.on("finish", done));
  player.play(0);
  const played = await Promise.race([end.then(() => true), new Promise((r) => setTimeout(r, 20000, false))]);
  await new Promise((r) => setTimeout(r, 600)); // scrolling is smooth
  read("played", recording.checks.at(-1), player);
  player.destroy();
  return { found, played };
}

/** Defines `readPage` in the browser: the player's document, in the form the model prints. */
function reader() {
  const rules = (sheet) => Array.from(sheet?.cssRules ?? [], (r) => r.cssText).join("\n");
  window.readPage = (replayer, recording) => {
    const mirror = replayer.getMirror();
    const nodes = [];
    const walk = (node, depth) => {
      const sheets = node.adoptedStyleSheets;
      const out = { depth };
      if (node.nodeType === 9) out.document = true;
      else if (node.nodeType === 10) out.doctype = [node.name, node.publicId, node.systemId];
      else if (node.nodeType === 11) out.shadow_root = "open";
      else if (node.nodeType === 3) out.text = node.data;
      else element(node, out);
      if (sheets?.length) out.adopted = [...sheets].map(rules);
      nodes.push(out);
      if (node.nodeName === "TEXTAREA" || node.nodeName === "STYLE") return;
      if (node.shadowRoot) walk(node.shadowRoot, depth + 1);
      if (node.nodeName === "IFRAME") {
        if (mirror.getId(node.contentDocument) > 0) walk(node.contentDocument, depth + 1);
        return;
      }
      for (const child of node.childNodes) if (mirror.getId(child) > 0) walk(child, depth + 1);
    };
    const element = (node, out) => {
      const svg = node.namespaceURI.endsWith("svg");
      out.element = node.localName;
      if (svg) out.namespace = "svg";
      out.attributes = {};
      for (const { name, value } of node.attributes) {
        if (name.startsWith("rr_") || (name === "autocomplete" && /^(input|textarea)$/.test(node.localName))) continue;
        if (node.localName === "input" && /^(value|checked)$/.test(name)) continue;
        // What WebKit needs to show frames in frames.
        if (node.localName === "iframe" && name === "srcdoc" && !value) continue;
        const kept = name === "class" ? value.split(/\s+/).filter((c) => !/^rrweb-paused$|:hover/.test(c)).join(" ") : value;
        if (kept || name !== "class") out.attributes[name] = kept.replace(/\s+/g, " ").trim();
      }
      if (node.localName === "input" && node.type === "text" && node.value) out.value = node.value;
      if (node.localName === "textarea") out.value = node.value;
      if (node.localName === "input" && node.checked) out.checked = true;
      if (!node.getClientRects().length) out.hidden = true;
      if (node.scrollLeft || node.scrollTop) out.scroll = [node.scrollLeft, node.scrollTop];
      if (node.localName === "style") (out.css = rules(node.sheet)), (out.texts = [...node.childNodes].filter((c) => mirror.getId(c) > 0).length);
    };
    walk(replayer.iframe.contentDocument, 0);
    return nodes;
  };
}
