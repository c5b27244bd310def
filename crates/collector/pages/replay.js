/**
 * The replay page: asks for the session and its batches, decodes them in this browser, and plays them.
 *
 * For tests: `window.afterimageReplay` is `{ player, replayer, events, ready, playToEnd() }`, and `#replay` says in
 * `data-state` whether it is `loading`, `ready` or `failed`.
 */

import { ago, byId, duration, element, host } from "./format.js";
import { showFacts } from "./facts.js";
import { frames, mount } from "./player.js";
import { Timeline, marks } from "./timeline.js";

const SEEK_MS = 5000;

const id = location.pathname.split("/").pop() ?? "";
const stage = byId("replay");

/** @type {{ player?: any, replayer?: any, events: any[], ready: Promise<void>, playToEnd: (options?: { speed?: number }) => Promise<void> }} */
const replay = { events: [], ready: load(), playToEnd };
Object.assign(window, { afterimageReplay: replay });
replay.ready.then(() => (stage.dataset.state = "ready"), fail);

async function load() {
  const [session, batches, viewer, { default: Player }] = await Promise.all([
    json(`/api/sessions/${id}`),
    read(`/api/sessions/${id}/batches`),
    loadViewer(),
    // @ts-ignore comes from npm
    import("/pages/rrweb-player.js"),
  ]);
  describe(session);
  const { events, problems } = viewer.decode(frames(new Uint8Array(batches)));
  replay.events = events;
  showFacts(session, problems ?? []);
  const timeline = new Timeline(events, (offset) => seek(offset));
  // The player needs two moments to have anything between them.
  if (events.length < 2) throw new Error("This session holds nothing that could be shown: its full snapshot is missing.");
  Object.assign(replay, await mount(stage, Player, events, marks(events)));
  replay.player.addEventListener("ui-update-current-time", (/** @type {any} */ event) => timeline.mark(event.payload));
}

async function loadViewer() {
  // @ts-ignore crates/replay, compiled
  const viewer = await import("/viewer.js");
  await viewer.default();
  return viewer;
}

/** @param {string} url */
async function read(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The collector answered ${response.status}.`);
  return response.arrayBuffer();
}

/** @param {string} url */
async function json(url) {
  return JSON.parse(new TextDecoder().decode(await read(url)));
}

/** @param {any} session */
function describe(session) {
  const where = session.site || host(session.entryUrl) || "unnamed site";
  byId("title").textContent = where;
  byId("crumb").textContent = `${where}, ${ago(session.startedMs)}`;
  document.title = `${where}, ${ago(session.startedMs)} · afterimage`;
  const [view] = session.views;
  const language = (session.languages || "").split(",")[0];
  const length = duration(session.endedMs - session.startedMs);
  const facts = [ago(session.startedMs), length, session.browser, session.os, language, view?.timeZone, view?.viewport];
  byId("chips").replaceChildren(...facts.filter(Boolean).map((fact) => element("li", { class: "chip" }, fact)));
}

/** @param {number} offset @param {boolean} [play] */
function seek(offset, play) {
  const { replayer, player } = replay;
  if (!replayer) return;
  const end = player.getMetaData().totalTime;
  player.goto(Math.min(Math.max(offset, 0), end), play ?? replayer.service.state.matches("playing"));
}

/** Plays from the beginning to the end. @param {{ speed?: number }} [options] */
async function playToEnd({ speed = 8 } = {}) {
  await replay.ready;
  const { player, replayer } = replay;
  const finished = new Promise((resolve) => replayer.on("finish", () => resolve(undefined)));
  player.setSpeed(speed);
  player.goto(0, true);
  await finished;
}

addEventListener("keydown", (event) => {
  const { target } = event;
  const typing = target instanceof Element && target.closest("button, a, input, select, textarea, summary");
  if (!replay.replayer || event.ctrlKey || event.metaKey || event.altKey || (typing && event.key === " ")) return;
  const now = replay.replayer.getCurrentTime();
  const actions = {
    " ": () => replay.player.toggle(),
    ArrowLeft: () => seek(now - SEEK_MS),
    ArrowRight: () => seek(now + SEEK_MS),
    s: () => replay.player.toggleSkipInactive(),
  };
  const action = actions[/** @type {keyof typeof actions} */ (event.key)];
  if (action) {
    event.preventDefault();
    action();
  }
});

/** @param {unknown} error */
function fail(error) {
  stage.dataset.state = "failed";
  const why = error instanceof Error ? error.message : String(error);
  stage.replaceChildren(
    element("div", { class: "failed", role: "alert" }, element("h2", {}, "This session cannot be played"), element("p", {}, why)),
  );
}
