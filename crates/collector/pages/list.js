/** The session list: asks for the newest sessions, again every few seconds while somebody looks. */

import { ago, byId, count, duration, element, host, moment, path } from "./format.js";

/** @typedef {{ id: string, site: string, startedMs: number, endedMs: number, lastReceivedMs: number, pageViews: number,
 *   missing: number, repeated: number, clicks: number, errors: number, browser: string, os: string, languages: string, urls: string[] }} Session */

const REFRESH_MS = 4000;
/** A session that sent something this recently goes on. */
const LIVE_MS = 20_000;
/** Most addresses shown in a row. */
const CHIPS = 5;

const filter = /** @type {HTMLInputElement} */ (byId("filter"));
const withErrors = /** @type {HTMLInputElement} */ (byId("errors"));
/** @type {Map<string, { row: HTMLElement, shown: string }>} */
const rows = new Map();
/** @type {{ total: number, sessions: Session[] }} */
let answer = { total: 0, sessions: [] };

async function refresh() {
  try {
    const response = await fetch("/api/sessions");
    if (!response.ok) throw new Error(`${response.status}`);
    answer = await response.json();
    byId("problem").hidden = true;
    show();
  } catch {
    byId("problem").textContent = "The collector does not answer. The list goes on when it does.";
    byId("problem").hidden = false;
  }
}

function show() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = answer.sessions.filter((s) => matches(s, words));
  const filtered = words.length > 0 || withErrors.checked;
  byId("filters").hidden = answer.total === 0;
  byId("empty").hidden = answer.total > 0;
  byId("none").hidden = answer.total === 0 || shown.length > 0;
  byId("summary").textContent = summary(shown.length, filtered);
  place(shown.map(row));
}

/** @param {number} shown @param {boolean} filtered */
function summary(shown, filtered) {
  if (answer.total === 0) return "";
  if (filtered) return `${shown} of ${count(answer.total, "session")}`;
  return shown < answer.total ? `newest ${shown} of ${count(answer.total, "session")}` : count(shown, "session");
}

/** @param {Session} session @param {string[]} words */
function matches(session, words) {
  if (withErrors.checked && session.errors === 0) return false;
  const { id, site, browser, os, languages, urls } = session;
  const text = [id, site, browser, os, languages, ...urls].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Puts rows into the list, touching only what is not in its place: what has the focus keeps it. @param {HTMLElement[]} wanted */
function place(wanted) {
  const list = byId("sessions");
  const keep = new Set(wanted);
  for (const child of [...list.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  wanted.forEach((child, at) => {
    if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null);
  });
}

/** The row of a session, made again only when it changed. @param {Session} session */
function row(session) {
  const live = Date.now() - session.lastReceivedMs < LIVE_MS;
  const shown = JSON.stringify([session, live, ago(session.startedMs)]);
  const known = rows.get(session.id);
  if (known?.shown === shown) return known.row;
  const made = known?.row ?? element("li");
  const focused = made.contains(document.activeElement);
  made.replaceChildren(link(session, live));
  if (focused) made.querySelector("a")?.focus();
  rows.set(session.id, { row: made, shown });
  return made;
}

/** @param {Session} session @param {boolean} live */
function link(session, live) {
  const when = element("time", { class: "when", datetime: iso(session.startedMs), title: moment(session.startedMs) }, ago(session.startedMs));
  const length = element("span", { class: "length" }, duration(session.endedMs - session.startedMs));
  if (live) length.append(" ", element("span", { class: "live" }, "live"));
  const site = element("strong", { class: "site" }, session.site || host(session.urls[0] ?? "") || "unnamed site");
  const facts = [session.browser || "unknown browser", session.os].filter(Boolean);
  const numbers = element("span", { class: "numbers" }, element("span", {}, count(session.clicks, "click")));
  if (session.errors) numbers.append(element("span", { class: "badge bad" }, count(session.errors, "error")));
  if (session.repeated) numbers.append(element("span", { title: "Batches that were stored already: their first answer was lost" }, `${session.repeated} sent again`));
  if (session.missing) numbers.append(element("span", { class: "badge warn" }, `${count(session.missing, "gap")}`));
  return element(
    "a",
    { href: `/session/${session.id}` },
    element("span", { class: "time" }, when, length),
    element("span", { class: "pages" }, site, chips(session.urls)),
    element("span", { class: "visitor" }, ...facts.map((fact) => element("span", {}, fact))),
    numbers,
  );
}

/** @param {string[]} urls */
function chips(urls) {
  const list = element("span", { class: "chips" });
  for (const url of urls.slice(0, CHIPS)) list.append(element("span", { class: "chip", title: url }, path(url)), " ");
  if (urls.length > CHIPS) list.append(element("span", { class: "chip more" }, `+${urls.length - CHIPS}`));
  return list;
}

/** @param {number} ms */
const iso = (ms) => new Date(Math.min(ms, 8.64e15)).toISOString();

function welcome() {
  const { origin } = location;
  byId("tag").textContent =
    `<script async src="${origin}/afterimage.js"\n  data-collector="${origin}/collect"\n  data-site="my-shop"></` + "script>";
  byId("copy").addEventListener("click", async () => {
    const { clipboard } = navigator;
    // Only on https and loopback.
    if (clipboard) await clipboard.writeText(byId("tag").textContent ?? "");
    else getSelection()?.selectAllChildren(byId("tag"));
    byId("copy").textContent = clipboard ? "Copied" : "Selected";
  });
}

async function run() {
  if (!document.hidden) await refresh();
  setTimeout(run, REFRESH_MS);
}

welcome();
filter.addEventListener("input", show);
withErrors.addEventListener("change", show);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("visibilitychange", () => document.hidden || refresh());
run();
