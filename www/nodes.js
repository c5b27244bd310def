// What a node says that takes more than a getter: one call of the module each, instead of an import for every property.
// Pages may have put anything in place of a property, so nothing that throws here is anybody's fault.
import { FRAME_MS } from "./controls.js";
import { attempt } from "./policy.js";

// Elements may have their own that return something else (components, fields of a form by their names).
const { getAttribute, getAttributeNames } = globalThis.Element?.prototype ?? {};

/** What an attribute says. @param {Element} element @param {string} name */
export const attribute = (element, name) => getAttribute.call(element, name);

/**
 * Names and values of an element's attributes, in turn. Other than `attributes` this makes no node of each, a tenth of what it
 * takes to read them. @param {Element} element
 */
export const attributes = (element) => {
  const list = [];
  for (const name of getAttributeNames.call(element)) list.push(name, attribute(element, name));
  return list;
};

/** Most characters taken of a text that only explains a field. */
const MOST_LABEL = 200;
/** How far around a field its introduction is looked for. */
const MOST_LEVELS = 4;
/** How many nodes before a field may say nothing: lists of components hold theirs where nobody looks for it. */
const MOST_SIBLINGS = 100;

/** What may be typed into. */
const TYPED = "input,textarea,[contenteditable],[role=textbox],[role=searchbox],[role=combobox]";
/** What fields were explained by when they came, label and group: the page may part them before anybody looks. @type {WeakMap<any, string[]>} */
const before = new WeakMap();

/** Whether nothing can be typed into a field. @param {any} field */
export const isPlain = ({ type }) => /^(checkbox|radio|button|submit)$/.test(type);

/** Whether a field holds no secret. @param {any} field */
const explain = (field) => {
  if (isPlain(field)) return true;
  if (!before.has(field) && field.type !== "hidden") before.set(field, [labels(field) ?? "", introduced(field) ?? ""]);
};

/** Something is new in the page: whether no field in it may hold a secret, for sure. @param {any} root @returns {boolean | undefined} */
export const came = (root) =>
  attempt(() => {
    let plain = !root.matches?.(TYPED) || explain(root);
    if (root.firstElementChild) for (const field of root.querySelectorAll(TYPED)) plain = explain(field) && plain;
    return plain;
  });

/** What explains a field now and what did when it came, a zero between them. @param {any} field @param {number} which @param {string} now */
const both = (field, which, now) => {
  const was = before.get(field)?.[which];
  return was && was !== now ? `${was}\0${now}` : now;
};

/** The text of the labels of a control; nothing where it can have none. @param {any} control */
export const label = (control) => {
  const now = labels(control);
  return now === undefined ? now : both(control, 0, now);
};

/** The text that introduces a group of controls: a legend, heading or the text before. @param {any} control */
export const group = (control) => both(control, 1, introduced(control) ?? "");

/** @param {any} control @returns {string | undefined} */
const labels = (control) =>
  attempt(() => {
    const { labels } = control;
    if (!labels) return;
    // NOTE: for the list of labels Chromium 150 goes through the whole document, half a millisecond of a large one
    // for each field. Without an id only a label around a field can be its own.
    const all = control.hasAttribute("id") ? [...labels] : [];
    if (!all[0]) all.push(control.closest("label"));
    // A shadow tree, or a frame, has ids of its own; what was taken out of its tree has an element for its root.
    const root = control.getRootNode();
    for (const id of control.getAttribute("aria-labelledby")?.split(/\s+/) ?? []) all.push(root.getElementById?.(id));
    return all.map((said) => said?.textContent).join(" ").slice(0, MOST_LABEL);
  });

/** How the text of a node begins, once there is any. All of it may be the text of half a page. @param {any} node @returns {string} */
const beginning = (node, text = "") => {
  if (node.nodeType === 3) return (text + node.data).trimStart();
  for (let child = node.firstChild; child && text.length < MOST_LABEL; child = child.nextSibling) text = beginning(child, text);
  return text;
};

/** @param {any} at @returns {string | undefined} */
const introduced = (at) =>
  attempt(() => {
    const legend = at.closest("fieldset,[role=group]");
    const text = legend ? `${legend.getAttribute("aria-label") ?? legend.querySelector("legend")?.textContent ?? ""} ` : "";
    let said = "";
    for (let level = 0; at && level < MOST_LEVELS; level++, at = at.parentElement) {
      let before = at;
      for (let back = 0; !said && back < MOST_SIBLINGS && (before = before.previousSibling); back++) said = beginning(before);
    }
    return (text + said).slice(0, MOST_LABEL);
  });

/** Where dots were looked for last, when, and whether there were any: to ask has styles computed. @type {[any, number, unknown]} */
let looked = [0, 0, 0];

/** The `type` a form control has now. @param {any} control */
export const kind = (control) => {
  const type = `${control.type ?? ""}`;
  // Dots need no type: style sheets give them to any field. Outside of the page nothing has a style.
  if (!/^(text|tel|textarea)$/.test(type)) return type;
  const now = performance.now();
  if (looked[0] !== control || now - looked[1] > FRAME_MS) {
    const dots = attempt(() => getComputedStyle(control)["webkitTextSecurity"]) || "none";
    looked = [control, now, dots !== "none"];
  }
  return looked[2] ? "password" : type;
};

/** What can only be chosen. @param {any} control */
export const isChoice = ({ type }) => /^(checkbox|radio)$/.test(type);

/** Whether a control can be chosen (2), is (4) or shows neither (16), as the wire format has it; 0 of others. @param {any} control */
export const choice = (control) =>
  control.selected != null || isChoice(control) ? 2 + (control.checked || control.selected ? 4 : 0) + (control.indeterminate ? 16 : 0) : 0;
