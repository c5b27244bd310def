// The visitor's own view: asks the collector for the session whose secret this browser holds, decodes and plays it here.
import { byId, element, path } from "../../crates/collector/pages/format.js";
import { frames, mount } from "../../crates/collector/pages/player.js";
import { DISABLED, attempt, cookies, forget, jar, keep, refusal } from "../policy.js";
import { forgetVisits, read } from "../session.js";
import { Page, ask, collectorOf, siteOptions } from "./page.js";
import { TEXTS } from "./recorded-texts.js";

/** What a visitor would call the rules that withhold something, and their numbers; any other rule is the last. @type {[string, number[]][]} */
const RULES = [
  ["maskedText", [0]],
  ["maskedValues", [1]],
  ["secrets", [2, 3, 10, 13, 14]],
  ["numbers", [7, 8, 9]],
  ["echoes", [12]],
  ["contacts", [11]],
  ["addresses", [5]],
  ["elements", [15, 16]],
  ["technical", []],
];

/** What is shown: why nothing is, or the decoded session. */
let state = "loading";
/** @type {any} */
let session;
let outcome = "";
/** Read before it can be forgotten. */
const held = /(?:^|; )afterimage=([^;]*)/.exec(jar() ?? "")?.[1];
const secret = read(jar())?.[0];
const body = () => Uint8Array.from(secret?.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const page = new Page(TEXTS, () => show());
show();
const options = await siteOptions();
const collector = collectorOf(options);
try {
  state = secret ? await load() : reason();
} catch {
  state = "failed";
}
show();
if (session) await play();

/** Why there is no secret, so that there is nothing to ask for. */
function reason() {
  if (!cookies()) return "blocked";
  if (held === "out") return "out";
  // Nothing is known of the site's own options here but what would speak against recording.
  const [kind] = (refusal(options ?? {}) || "none").split(" ");
  return { disabled: "off", refused: "refused", waiting: "waiting" }[kind] ?? "none";
}

async function load() {
  const answer = await ask(`${collector}/mine`, { method: "POST", body: body() });
  if (answer.status === 404) return "empty";
  if (!answer.ok) return "failed";
  const bodies = frames(new Uint8Array(await answer.arrayBuffer()));
  // @ts-ignore crates/replay, compiled
  const viewer = await import("./viewer.js");
  await viewer.default();
  session = viewer.decode(bodies);
  return "shown";
}

/** Shows it as it looked. What cannot be played was still told in words. */
async function play() {
  const { events } = session;
  try {
    if (events.length < 2) throw new Error("there is no complete full snapshot");
    byId("replaying").hidden = false;
    // @ts-ignore comes from npm
    const { default: Player } = await import("./pages/rrweb-player.js");
    const names = { play: page.words.play, full: page.words.full, page: page.words.frame };
    Object.assign(window, { afterimageReplay: { events, ...(await mount(byId("replay"), Player, events, {}, names)) } });
  } catch {
    byId("replay").replaceChildren(element("p", { class: "note" }, page.words.unplayable));
  }
  document.querySelector("main")?.setAttribute("data-state", "played");
}

function show() {
  const { words } = page;
  document.querySelector("main")?.setAttribute("data-state", state);
  const told = state === "shown" ? words.late : words[/** @type {keyof typeof words} */ (state)];
  // Unchanged text is left alone: screen readers speak every change.
  if (byId("state").textContent !== told) byId("state").textContent = told;
  for (const id of ["pages", "recorded", "kept", "telling"]) byId(id).hidden = !session;
  byId("erasing").hidden = !secret || (state !== "shown" && state !== "failed" && state !== "erased");
  // Not disabled: it would lose the focus.
  byId("erase").setAttribute("aria-disabled", String(outcome === "busy" || outcome === "done"));
  byId("outcome").textContent = words[/** @type {keyof typeof words} */ (outcome)] ?? "";
  if (session) describe();
}

function describe() {
  const { words } = page;
  byId("incomplete").hidden = !session.problems.length;
  byId("incomplete").textContent = words.incomplete;
  byId("views").replaceChildren(...session.pageViews.map(view));
  const { clicks, moves, scrolls, characters, keys, fields, forms } = session.counts;
  const counts = { clicks, moves, scrolls, characters, keys, fields, forms };
  byId("counts").replaceChildren(...pairs(Object.entries(counts)));
  const withheld = groups(session.withheld);
  byId("withheld").replaceChildren(...(withheld.length ? pairs(withheld) : [element("p", {}, words.withheldNone)]));
  byId("story").textContent = session.story;
}

/** @param {any} view */
function view({ url, title, startedMs, from, to }) {
  const { words } = page;
  const seconds = Math.max(0, Math.round((to - from) / 1000));
  const lasted = seconds < 90 ? page.unit(seconds, "second") : page.unit(Math.round(seconds / 60), "minute");
  const time = element("time", { datetime: new Date(Math.min(startedMs, 8.64e15)).toISOString(), title: page.moment(startedMs) }, page.clock(startedMs));
  return element(
    "li",
    {},
    element("p", { class: "soft" }, time),
    element("p", {}, element("strong", {}, title || words.untitled)),
    element("p", { class: "where soft" }, `${url ? path(url) : "?"} · ${lasted}`),
  );
}

/** @param {[string, any][]} all */
function pairs(all) {
  const { words } = page;
  return all.map(([name, n]) =>
    element("div", {}, element("dt", {}, words[/** @type {keyof typeof words} */ (name)]), element("dd", {}, page.number(n))),
  );
}

/** What was withheld, by groups of rules. @param {Record<string, number>} withheld @returns {[string, number][]} */
function groups(withheld) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const [rule, n] of Object.entries(withheld)) {
    const [name] = RULES.find(([, numbers]) => numbers.includes(Number(rule))) ?? ["technical"];
    sums.set(name, (sums.get(name) ?? 0) + n);
  }
  return RULES.flatMap(([name]) => (sums.has(name) ? [[name, sums.get(name) ?? 0]] : []));
}

/** Switches recording off first, here and in every open tab, so that nothing comes after. */
async function erase() {
  if (outcome === "busy" || outcome === "done") return;
  keep(DISABLED, "1");
  if (!attempt(() => localStorage)) attempt(() => new BroadcastChannel("afterimage").postMessage([DISABLED, "1"]));
  forget();
  forgetVisits();
  outcome = "busy";
  show();
  const done = await ask(`${collector}/erase`, { method: "POST", body: body() }).then(({ ok }) => ok, () => false);
  outcome = done ? "done" : "again";
  if (done) {
    state = "erased";
    session = undefined;
    byId("replaying").hidden = true;
    byId("replay").replaceChildren();
  }
  show();
}

byId("erase").addEventListener("click", erase);
