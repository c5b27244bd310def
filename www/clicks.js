// Where clicks hit, and what they come to: many at one place, nothing at all, or an error.
import { attempt } from "./policy.js";

/** What a click was, as a `Hit` in the wire format has it. */
const PLAIN = 0;
const RAGE = 1;
const DEAD = 2;
const FAILED = 3;

/** So many, each so soon after the one before and so near to it, are made in rage. */
const RAGE_CLICKS = 3;
const RAGE_MS = 1000;
const RAGE_PX = 30;
/** One after which nothing happens for so long is dead. */
const DEAD_MS = 2500;
/** An error so soon after one is its doing. */
const ERROR_MS = 1000;

/** Where a click does what the page does not hear of. */
const OWN =
  "a[href],area,input:not([type=button],[type=submit],[type=reset]),textarea,select,label,canvas,video,audio,object,embed,[contenteditable]";

/**
 * @param {(what: number, node: Node, time: number, ...place: number[]) => void} tell the place is in thousandths of the node's box
 * @param {(ms: number) => void} soon there will be something to look at
 */
export const clicks = (tell, soon) => {
  /** The last one. @type {{ x: number, y: number, time: number, was: (what: number) => void } | undefined} */
  let last;
  /** How many there were at its place, and when the last one came to an error. */
  let [row, failed] = [0, 0];
  /** When a pointer went down, and when the page did something that a visitor may have wanted. */
  let [pressed, stirred] = [0, 0];
  /** Those that came to nothing so far. @type {[number, number, (what: number) => void][]} */
  let open = [];
  return {
    press() {
      pressed = performance.now();
    },
    stir() {
      stirred = performance.now();
    },
    /** @param {any} event @param {any} node @param {number} time */
    clicked({ clientX: x, clientY: y }, node, time) {
      // What scripts click is nowhere, and the page is not to be laid out for each.
      if (!x && !y) return;
      // A form's fields may have these names.
      const [box, own] = attempt(() => [node.getBoundingClientRect(), node.matches("html,body") || node.closest(OWN)]) ?? [{}];
      const place = [((x - box.left) / box.width) * 1000, ((y - box.top) / box.height) * 1000];
      // Else a key did it, or a label handed it on.
      if (!place.every((part) => part >= 0 && part <= 1000)) return;
      const was = (/** @type {number} */ what) => void tell(what, node, time, ...place);
      was(PLAIN);
      row = last && time - last.time < RAGE_MS && Math.hypot(x - last.x, y - last.y) < RAGE_PX ? row + 1 : 1;
      last = { x, y, time, was };
      // Three may choose a paragraph.
      if (row === RAGE_CLICKS && getSelection()?.isCollapsed !== false) was(RAGE);
      if (stirred > pressed || own) return;
      open.push([pressed, time, was]);
      soon(DEAD_MS);
    },
    /** An error was not caught. */
    failed() {
      if (!last || last.time === failed || performance.now() - last.time > ERROR_MS) return;
      failed = last.time;
      last.was(FAILED);
    },
    look() {
      if (!open[0]) return;
      const now = performance.now();
      open = open.filter(([since, time, was]) => stirred <= since && (now - time < DEAD_MS || was(DEAD)));
      if (open[0]) soon(open[0][1] + DEAD_MS - now);
    },
    forget() {
      last = undefined;
      open = [];
    },
  };
};
