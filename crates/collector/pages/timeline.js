/** What happened, beside the player: a list that seeks, and that follows the playback. */

import { byId, bytes, duration, element, path } from "./format.js";

/** @typedef {{ offset: number, kind: string, text: string, detail?: string }} Moment */

/** rrweb's numbers: event types, and sources and types of incremental events. */
const INCREMENTAL = 3;
const CUSTOM = 5;
const MOUSE_INTERACTION = 2;
const CLICK = 2;

/** Kinds, in the order of their switches, and what the switch says. */
const KINDS = { page: "Pages", click: "Clicks", trouble: "Trouble", error: "Errors", console: "Console", request: "Requests", event: "Events", gap: "Gaps" };

/** What the exporter writes as custom events: kind, text and detail by tag; `null` is not listed. */
const TAGS = {
  "page-view": (/** @type {any} */ p) => ({ kind: "page", text: path(p.url), detail: p.title }),
  navigation: (/** @type {any} */ p) => ({ kind: "page", text: path(p.url), detail: "within the page" }),
  error: (/** @type {any} */ p) => ({ kind: "error", text: p.message || "A resource failed to load", detail: where(p) }),
  "rage-click": () => ({ kind: "trouble", text: "Rage click", detail: "again and again at one place" }),
  "dead-click": () => ({ kind: "trouble", text: "Dead click", detail: "nothing came of it" }),
  "error-click": () => ({ kind: "trouble", text: "Error click", detail: "an error followed" }),
  console: (/** @type {any} */ p) => ({ kind: "console", text: p.message, detail: ["error", "warning", "info", "", "debug"][p.level] }),
  request: (/** @type {any} */ p) => ({ kind: "request", text: path(p.url), detail: [p.status, `${p.duration} ms`, p.bytes && bytes(p.bytes)].filter(Boolean).join(", ") }),
  gap: (/** @type {any} */ p) => ({ kind: "gap", text: missing(p), detail: "what follows is shown from the next full snapshot on" }),
  submit: (/** @type {any} */ p) => ({ kind: "event", text: p.state & 4 ? "Form refused as invalid" : p.state & 1 ? "Form submitted" : "Invalid form submitted", detail: `${p.filled} of ${p.fields} fields filled` }),
  contact: (/** @type {any} */ p) => ({ kind: "event", text: `Contact by ${p.scheme}` }),
  stop: (/** @type {any} */ p) => ({ kind: "gap", text: "Recording stopped", detail: String(p.reason) }),
  detail: (/** @type {any} */ p) => ({ kind: "gap", text: p.level ? "Less detail from here on" : "Full detail again" }),
  transfer: (/** @type {any} */ p) => ({ kind: "event", text: `Used ${p.action}` }),
};
/** Tags of the exporter that would only fill the list. */
const SILENT = new Set(["environment", "title", "visibility", "page-hide", "page-show", "lifecycle", "key", "vital", "pinch-zoom", "window-focus", "fullscreen", "image-size"]);

/** What the player's bar marks, in its colours: what is listed and is no click. */
const COLOURS = { page: "var(--accent)", error: "var(--bad)", trouble: "var(--warn)", event: "var(--live)", gap: "var(--warn)" };

/** Colours of the player's marks by tag. @param {any[]} events @returns {Record<string, string>} */
export function marks(events) {
  const tags = events.filter((e) => e.type === CUSTOM).map((e) => [e.data.tag, momentOf(e)?.kind]);
  return Object.fromEntries(tags.map(([tag, kind]) => [tag, COLOURS[/** @type {keyof typeof COLOURS} */ (kind)] ?? "transparent"]));
}

/** @param {any} p */
const where = (p) => (p.url ? `${path(p.url)}${p.line ? `:${p.line}` : ""}` : undefined);
/** @param {any} p */
const missing = (p) => (p.first === p.last ? `Batch ${p.first} is missing` : `Batches ${p.first} to ${p.last} are missing`);

/** The moments worth listing. @param {any[]} events @returns {Moment[]} */
export function moments(events) {
  const start = events[0]?.timestamp ?? 0;
  const found = [];
  for (const event of events) {
    const moment = momentOf(event);
    if (moment) found.push({ offset: event.timestamp - start, ...moment });
  }
  return found;
}

/** @param {any} event */
function momentOf({ type, data }) {
  if (type === INCREMENTAL && data.source === MOUSE_INTERACTION && data.type === CLICK) {
    return { kind: "click", text: "Click", detail: data.x === undefined ? undefined : `at ${data.x}, ${data.y}` };
  }
  if (type !== CUSTOM || SILENT.has(data.tag)) return undefined;
  const known = TAGS[/** @type {keyof typeof TAGS} */ (data.tag)];
  return known ? known(data.payload ?? {}) : { kind: "event", text: data.tag, detail: brief(data.payload) };
}

/** @param {unknown} payload */
function brief(payload) {
  if (payload === "" || payload === null || payload === undefined) return undefined;
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

export class Timeline {
  /** @param {any[]} events @param {(offset: number) => void} seek */
  constructor(events, seek) {
    this.list = byId("timeline");
    this.items = moments(events).map((moment) => ({ ...moment, row: row(moment, seek) }));
    this.list.replaceChildren(...this.items.map((i) => i.row));
    byId("quiet").hidden = this.items.length > 0;
    this.switches();
  }

  /** One switch for each kind that occurs. */
  switches() {
    const occurring = Object.entries(KINDS).filter(([kind]) => this.items.some((i) => i.kind === kind));
    byId("kinds").replaceChildren(
      ...occurring.map(([kind, label]) => {
        const amount = this.items.filter((i) => i.kind === kind).length;
        const button = element("button", { type: "button", "aria-pressed": "true", class: `kind ${kind}` }, `${label} `, element("b", {}, String(amount)));
        button.addEventListener("click", () => {
          const shown = button.getAttribute("aria-pressed") !== "true";
          button.setAttribute("aria-pressed", String(shown));
          for (const item of this.items) if (item.kind === kind) item.row.hidden = !shown;
        });
        return button;
      }),
    );
  }

  /** Marks the last moment before `offset`, and keeps it in sight. @param {number} offset */
  mark(offset) {
    const current = this.items.findLast((i) => i.offset <= offset + 1 && !i.row.hidden)?.row;
    if (current === this.current) return;
    this.current?.firstElementChild?.removeAttribute("aria-current");
    current?.firstElementChild?.setAttribute("aria-current", "true");
    this.current = current;
    if (current && !this.list.contains(document.activeElement)) this.reveal(current);
  }

  /** Scrolls the list, never the page. @param {HTMLElement} row */
  reveal(row) {
    const { list } = this;
    const top = row.offsetTop; // from the list's top, as it is positioned
    if (top < list.scrollTop || top + row.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = top - list.clientHeight / 3;
    }
  }
}

/** @param {Moment} moment @param {(offset: number) => void} seek */
function row(moment, seek) {
  const text = element("span", { class: "text" }, moment.text);
  if (moment.detail) text.append(element("small", {}, moment.detail));
  const button = element(
    "button",
    { type: "button" },
    element("span", { class: "at" }, duration(moment.offset)),
    element("span", { class: "mark", "aria-hidden": "true" }),
    text,
  );
  button.addEventListener("click", () => seek(moment.offset));
  return element("li", { class: moment.kind }, button);
}
