// What is known of page, browser and visitor when a recording begins.
import { controls } from "./controls.js";
import { attribute, attributes, below, came, choice, group, is, isPlain, kind, label } from "./nodes.js";
import { attempt, on } from "./policy.js";
import { random, resume } from "./session.js";
import { sheet } from "./sheets.js";

/** The offset from UTC, `+02:00`. The zone's name would cost tens of milliseconds of loading tables, and says more of the visitor than a replay needs. */
const zone = () => {
  const west = new Date().getTimezoneOffset();
  const digits = [Math.abs(west) / 60, Math.abs(west) % 60].map((n) => `${n | 0}`.padStart(2, "0"));
  return (west > 0 ? "-" : "+") + digits.join(":");
};

/** Bytes, a character each. @param {string} hexadecimal */
const bytes = (hexadecimal) => hexadecimal.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));

const FIELDS = "input,textarea,select,[contenteditable],[role],[autocomplete],[placeholder],[name],[type]";

/** Open shadow trees and documents of frames right below a node. A form's properties may be its fields, by name. @param {any} node */
export const insides = (node) => {
  /** @type {any[]} */
  const found = [];
  const all = below(node, "*");
  // By index: in Chromium 156 an array of a page's elements takes six times as long to make as they take to look at.
  for (let at = 0, element = node; element; element = all[at++]) {
    const inside = element.shadowRoot ?? element.contentDocument;
    if (inside?.nodeType > 8) found.push(inside);
  }
  return found;
};

/** Elements in and below a node that may be fields to type into, in shadow trees and frames too. @param {any} root */
const fields = (root) => {
  /** @type {Element[]} */
  const found = [];
  const look = (/** @type {any} */ tree) => {
    for (const field of below(tree, FIELDS)) attempt(() => isPlain(field)) || found.push(field);
    insides(tree).forEach(look);
  };
  attempt(() => look(root));
  if (is(root, FIELDS)) found.push(root);
  return found;
};

/**
 * Texts and numbers as `src/web/api.rs` asks for them.
 * @param {Record<string, any>} options
 * @param {any} [joined] of a page in a frame that joins another's session: what of it is that one's (`frames.js`)
 */
export const facts = (options, joined) => {
  const session = joined?.session ?? resume();
  const looked = controls();
  const flags = [
    attempt(() => matchMedia("(prefers-color-scheme: dark)").matches),
    attempt(() => matchMedia("(prefers-reduced-motion: reduce)").matches),
    navigator.maxTouchPoints > 0,
    !session.kept,
  ];
  return {
    session,
    document,
    performance,
    fields,
    ...looked,
    came: (/** @type {any} */ root) => {
      came(root) || looked.doubt();
    },
    choice,
    group,
    attribute,
    attributes,
    kind,
    label,
    sheet,
    defined: (/** @type {Element} */ element) => !!element.ownerDocument.defaultView?.customElements.get(element.localName),
    secret: bytes(session.secret),
    pageView: bytes(random()).slice(8),
    pageViews: session.pageViews,
    visits: session.visits,
    known: +on(options.known ?? false),
    get url() {
      return location.href;
    },
    get innerWidth() {
      return innerWidth;
    },
    get innerHeight() {
      return innerHeight;
    },
    get quirks() {
      return document.compatMode === "BackCompat";
    },
    /** In the order of `start`. */
    texts: [
      ...["policy", "query", "mask", "unmask", "block", "ignore", "site"].map((name) => options[name] ?? ""),
      document.referrer,
      location.origin,
      document.title,
      navigator.userAgent,
      navigator.languages ?? "",
      zone(),
    ]
      .map((text) => `${text}`.replace(/\0/g, ""))
      .join("\0"),
    numbers: [
      +(options.interval ?? 5000),
      (options.budget ?? 1) * 1000,
      screen.width,
      screen.height,
      devicePixelRatio * 100,
      flags.reduce((sum, flag, bit) => sum | (+!!flag << bit), 0),
    ],
    ...joined,
  };
};
