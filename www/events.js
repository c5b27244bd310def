// What is heard, as numbers: how an event becomes a call of the recorder. In JavaScript, where a property of an event
// costs neither a crossing nor an import: 4.4 kB of gzip less than the same in Rust.

import { clicks } from "./clicks.js";
import { isChoice } from "./nodes.js";
import { attempt } from "./policy.js";

/** What can happen, as `happened` in `src/web/api.rs` knows it; 0 to 5 are what pointers do. */
export const MOVED = 6;
export const SCROLLED = 7;
const FOCUS = 8;
const CHANGED = 9;
const TRANSFER = 10;
const SUBMIT = 11;
const MEDIA = 12;
const CONTACT = 13;
const SHEET = 14;
const FRAME = 15;
const RESET = 16;
const LIFECYCLE = 17;
const RESIZED = 18;
export const VITAL = 19;
export const WAS_PASSWORD = 20;
const LAYER = 21;
const SELECTED = 22;
const ZOOM = 23;
const PRESSED = 24;
const HIT = 25;
const IMAGE = 26;

/** What can be said, as `said` there knows it. */
export const INPUT = 0;
export const KEY = 1;
export const NAVIGATED = 2;
export const EVENT = 3;
const FAULT = 4;
export const ANIMATED = 6;

/** Ways to be in the top layer, by number from 1 on. */
const LAYERS = [":fullscreen", ":popover-open", ":modal"];

/** In the order of their numbers in the wire format. */
const POINTERS = "pointerdown pointerup pointercancel click dblclick contextmenu".split(" ");
const KEYS = "Enter Tab Backspace Delete Escape".split(" ");
const TRANSFERS = "copy cut paste dragstart drop compositionend".split(" ");
const FILLED_IN = TRANSFERS.length;
const PLAYS = "play pause seeked volumechange ratechange".split(" ");
const CONTACTS = "tel mailto sms whatsapp skype sip callto facetime tg".split(" ");
const LIVES = "visible hidden pagehide pageshow freeze resume online offline . . . . beforeprint afterprint".split(" ");
const HISTORY = ["push", "replace", "traverse"];
const LOADED = 11;

/** The node an event is about, inside open shadow roots too; windows are targets as well. @param {any} event */
const about = (event) => {
  const { target } = event;
  if (!target?.nodeType) return;
  // The path of an event that is over is empty.
  return (target.shadowRoot && event.composed && event.composedPath()[0]) || target;
};

/** When it was on the page's clock: frames have clocks of their own. @param {any} event @returns {number} */
const moment = ({ target, timeStamp }) => {
  const of = target.ownerDocument ?? target;
  return of === document || of === window ? timeStamp : performance.now();
};

/** Where the viewport of a node's frame lies in the page's. @param {any} node @returns {[number, number]} */
const offset = (node) => {
  let [x, y] = [0, 0];
  for (let inside = node?.ownerDocument; inside && inside !== document; ) {
    const frame = inside.defaultView?.frameElement;
    if (!frame) break;
    const { left, top } = frame.getBoundingClientRect();
    x += left + frame.clientLeft;
    y += top + frame.clientTop;
    inside = frame.ownerDocument;
  }
  return [x, y];
};

/** Events that are no answer of the page to a click. */
const CALM = /^(pointer|click|dbl|context|key|focus|blur|selection|error|unhandled)/;

/** Whether a text is one character. @param {string} text */
const isOne = (text) => [...text].length === 1;

/** A key's category in the wire format. @param {KeyboardEvent} event */
const category = (event) => {
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && !event.getModifierState?.("AltGraph")) return 9;
  const named = KEYS.indexOf(key) + 1;
  if (named) return named;
  if (/^Arrow(Up|Down|Left|Right)$/.test(key)) return 6;
  if (/^(PageUp|PageDown|Home|End)$/.test(key)) return 7;
  if (key === " ") return 10;
  if (isOne(key) || /^(Unidentified|Process|Dead)$/.test(key)) return 0;
  return key[0] === "F" ? 8 : 11;
};

/** Categories of keys that change text. */
const CHANGING = [0, 3, 4, 9, 10];

/** What an uncaught error says; resources that fail to load report as `error` too. @param {any} event @returns {[number, string, undefined, number, number] | undefined} */
const fault = (event) => {
  if (event instanceof ErrorEvent) return [FAULT, `${event.message}\0${event.filename}`, undefined, event.lineno, event.colno];
  if (event.type === "error") return;
  const { reason } = event;
  return [FAULT + 1, `${reason instanceof Error ? reason.message : typeof reason == "string" ? reason : ""}\0`, undefined, 0, 0];
};

/**
 * @param {(kind: number, node: Node | undefined, time: number, ...numbers: number[]) => void} tell
 * @param {(kind: number, node: Node | undefined, time: number, ...numbers: number[]) => void} add what waited, and what is a sample
 * @param {ReturnType<typeof import("./controls.js").controls>} known what is known of controls
 * @param {{ hidden(): void, leave(): void, back(cached: boolean): void, online(): void, navigated(how: number): void,
 *   said(kind: number, text: string, node: Node | undefined, ...numbers: any[]): void, soon(ms: number): void }} page what takes more than numbers
 */
export const hear = (tell, add, known, page) => {
  /** Least time between two samples of the pointers, or of what is scrolled, milliseconds: a frame, unless the governor says
   * more. */
  let pace = 15;
  let sampled = -pace;
  let scrolled = sampled;
  /** Where the pointer comes to rest is told when something else happens: the event and its node, as its path is empty by
   * then. @type {[any, any] | undefined} */
  let pending;
  /** What was scrolled, and when, likewise: asking how far may have the page laid out. @type {Map<any, number>} */
  const scrolls = new Map();
  /** What becomes of a form is known once everybody has heard of its `submit`. Of a refused one, every wrong field tells.
   * @type {Map<any, any>} */
  const submitted = new Map();

  /** Something else may be selected, and something was told to be. */
  let [chosen, told] = [false, false];

  const select = () => {
    const now = chosen && getSelection();
    chosen = false;
    if (!now) return;
    /** @type {any} */
    let range = now.rangeCount && now.getRangeAt(0);
    // Where the caret is would say how much was typed.
    if (range.collapsed) range = 0;
    if (range) hits.stir();
    if (range || told) {
      tell(SELECTED, range.startContainer, 0, range.startOffset, 0);
      tell(SELECTED, range.endContainer, 0, range.endOffset, 1);
    }
    told = !!range;
  };

  /** @param {typeof tell} how @param {any} event @param {number} kind @param {any} node */
  const pointer = (how, event, kind, node) => {
    const [x, y] = offset(node);
    // Some engines still give clicks as mouse events, which have neither type nor id.
    const device = "pt".indexOf(event.pointerType?.[0] ?? "m") + 1;
    const finger = device === 2 ? event.pointerId : 0;
    how(kind, node, moment(event), device, finger, event.button, event.clientX + x, event.clientY + y);
  };

  /** @param {any} node */
  const layered = (node) => tell(LAYER, node, performance.now(), (3 - LAYERS.findIndex((state) => attempt(() => node.matches(state)))) % 4);

  /** @param {any} node */
  const loaded = (node) => node.naturalWidth && tell(IMAGE, node, 0, node.naturalWidth, node.naturalHeight);

  /** @param {any} node @param {number} action @param {number} time */
  const plays = (node, action, time) =>
    tell(MEDIA, node, time, action, node.currentTime * 1000, node.volume * 100, node.playbackRate * 100, +node.muted);

  /** What happened where no secret is, and waits. @type {any[]} */
  let waiting = [];

  /** Tells what nothing else depends on: soon, if no secret is known, so that whoever acts by script is not halted for it.
   * @type {typeof tell} */
  const later = (kind, node, ...what) => {
    if (!known.isQuiet()) return tell(kind, node, ...what);
    if (kind !== PRESSED) known.stir();
    if (waiting.push([kind, node, ...what]) === 1) page.soon(50);
  };

  /** Tells what waits, before anything that comes after it is told. */
  const drain = () => {
    const what = waiting;
    waiting = [];
    for (const one of what) add(.../** @type {[any, any, any]} */ (one));
  };

  const hits = clicks((what, node, time, ...place) => later(HIT, node, time, what, ...place), page.soon);

  const settle = () => {
    drain();
    hits.look();
    for (const [form, event] of submitted) {
      const fields = [...form].filter(({ type }) => !/^(hidden|submit|button|reset|image|fieldset|output|object)$/.test(type));
      const filled = fields.filter((field) => (isChoice(field) ? field.checked : field.value));
      const state = +!!attempt(() => form.matches(":valid")) + (event.type === "invalid" ? 4 : +event.defaultPrevented * 2);
      tell(SUBMIT, form, 0, fields.length, filled.length, state);
    }
    submitted.clear();
    select();
    for (const [node, time] of scrolls) {
      const { scrollLeft, scrollTop } = node.scrollingElement ?? node;
      add(SCROLLED, node, (scrolled = time), scrollLeft, scrollTop);
    }
    scrolls.clear();
    if (!pending) return;
    const [event, node] = pending;
    pending = undefined;
    sampled = event.timeStamp;
    pointer(add, event, MOVED, node);
  };

  /** What becomes of a form is known once everybody has heard. @param {any} event @param {any} form */
  const answered = (event, form) => {
    submitted.set(form, event);
    page.soon(0);
  };

  /** Whether pinching told it. @param {any} of */
  const zoomed = (of) => {
    if (of !== window.visualViewport) return;
    tell(ZOOM, undefined, 0, of.scale * 1000, of.offsetLeft, of.offsetTop);
    return true;
  };

  /** @param {any} event @param {any} node */
  const clicked = (event, node) => {
    if (!node) return;
    hits.clicked(event, node, moment(event));
    const link = attempt(() => node.closest("a[href]"));
    const scheme = link ? CONTACTS.indexOf(`${link.getAttribute("href")}`.split(":")[0].trim().toLowerCase()) : -1;
    if (scheme >= 0) tell(CONTACT, link, 0, scheme);
  };

  /** What the page's or the browser's events do, whatever they are about. @type {Record<string, (event: any, node: any) => void>} */
  const ways = {
    pointermove(event, node) {
      pending = [event, node];
      // In a frame whose clock is another it is a sample more.
      const since = event.timeStamp - sampled;
      (since >= 0 && since < pace) || settle();
    },
    selectionchange() {
      chosen = true;
      page.soon(50);
    },
    visibilitychange: () => (document.hidden ? page.hidden() : tell(LIFECYCLE, undefined, 0, 0)),
    pagehide: page.leave,
    pageshow({ persisted }) {
      page.back(persisted);
      if (persisted) tell(LIFECYCLE, undefined, 0, 3);
    },
    online() {
      tell(LIFECYCLE, undefined, 0, 6);
      page.online();
    },
    resize: ({ target }) => zoomed(target) || tell(RESIZED, undefined, 0, innerWidth, innerHeight),
    currententrychange: ({ navigationType }) => page.navigated(Math.max(HISTORY.indexOf(navigationType), 0)),
    popstate: () => page.navigated(2),
    hashchange: () => page.navigated(3),
    error(event) {
      const what = fault(event);
      if (!what) return;
      hits.failed();
      page.said(...what);
    },
    reset: () => tell(RESET, undefined, 0),
    scroll(event, node) {
      if (zoomed(event.target) || !node) return;
      const time = moment(event);
      const held = scrolls.has(node);
      scrolls.set(node, time);
      if (time - scrolled >= pace) settle();
      // Where it comes to rest it is later on, too.
      else if (!held) page.soon(200);
    },
  };
  ways.unhandledrejection = ways.error;
  POINTERS.forEach((type, kind) => {
    ways[type] = (event, node) => {
      if (pending || !known.isQuiet()) settle();
      pointer(later, event, kind, node);
      if (!kind) hits.press();
      if (type === "click") clicked(event, node);
    };
  });
  LIVES.forEach((type, state) => (ways[type] ??= () => tell(LIFECYCLE, undefined, 0, state)));

  /** What happens to a node. @type {Record<string, (event: any, node: any) => void>} */
  const used = {
    input(event, node) {
      const choice = isChoice(node);
      if (!(choice ? known.isQuiet() : known.told(node))) page.said(INPUT, "", node, choice ? 2 : 1, event.isTrusted);
    },
    beforeinput: (event, node) => known.isCalm(node) || page.said(INPUT, `${event.data ?? ""}`, node, 0, event.isTrusted),
    change(event, node) {
      if (isChoice(node)) return later(CHANGED, node, moment(event));
      tell(CHANGED, node, moment(event));
      if (attempt(() => node.matches(":autofill"))) tell(TRANSFER, node, moment(event), FILLED_IN);
    },
    keydown(event, node) {
      // Browsers that fill in forms say that a key went down, and not which.
      if (typeof event.key !== "string") return;
      const kind = category(event);
      if (known.isQuiet() && known.isCalm(node)) return later(PRESSED, node, moment(event), kind);
      const typed = (kind === 0 || kind === 10) && isOne(event.key) ? event.key : "";
      page.said(KEY, typed, node, kind, CHANGING.includes(kind));
    },
    submit: (event, node) => node.localName === "form" && answered(event, node),
    invalid: (event, node) => node.form && answered(event, node.form),
    toggle: (_, node) => node.localName === "details" || layered(node),
    fullscreenchange: (_, node) => layered(node),
    load(event, node) {
      const name = node.localName;
      if (!name) tell(LIFECYCLE, undefined, moment(event), LOADED);
      else if (name === "link") tell(SHEET, node, 0);
      else if (name === "iframe") tell(FRAME, node, 0);
      else if (name === "img") loaded(node);
    },
  };
  ["blur", "focus"].forEach((type, gained) => (used[type] = (event, node) => tell(FOCUS, node, moment(event), gained)));
  TRANSFERS.forEach((type, action) => (used[type] = (event, node) => tell(TRANSFER, node, moment(event), action)));
  PLAYS.forEach((type, action) => (used[type] = (event, node) => /^(video|audio)$/.test(node.localName) && plays(node, action, moment(event))));

  return {
    sample: (/** @type {number} */ ms) => void (pace = ms),
    /** Tells what was held back. */
    settle,
    drain,
    layered,
    stir: hits.stir,
    forget: hits.forget,
    /** Tells what a document or shadow root has that no attribute says. @param {any} root */
    meet(root) {
      root.querySelectorAll(`:is(${LAYERS})`).forEach(layered);
      root.querySelectorAll("img").forEach(loaded);
      for (const node of root.querySelectorAll("video,audio")) plays(node, +node.paused, performance.now());
      chosen = true;
    },

    /** @param {any} event */
    happened(event) {
      const node = about(event);
      const way = ways[event.type] ?? (node && used[event.type]);
      if (!CALM.test(event.type)) hits.stir();
      way?.(event, node);
    },
  };
};
