// What a node says that takes more than a getter: one call of the module each, instead of an import for every property.
// Pages may have put anything in place of a property, so nothing that throws here is anybody's fault.
import { FRAME_MS } from "./controls.js";
import { attempt } from "./policy.js";

// What all nodes and elements have, to be called with one. It may have something else in its place: components do, and fields
// stand in for whatever their form has, by their names (`host`, `nodeType`, `parentNode`), which leads astray or round in circles.
export const { compareDocumentPosition } = globalThis.Node?.prototype ?? {};
const { getAttribute, getAttributeNames, getBoundingClientRect, matches, querySelectorAll } = globalThis.Element?.prototype ?? {};
/** @param {any} prototype @param {string} names @returns {any[]} */
const getters = (prototype = {}, names) =>
  names.split(" ").map((name) => Object.getOwnPropertyDescriptor(prototype, name)?.get);
export const [firstChild, isConnected, nextSibling, nodeType, parentNode, previousSibling, textContent] = getters(
  globalThis.Node?.prototype,
  "firstChild isConnected nextSibling nodeType parentNode previousSibling textContent",
);
const [namespaceURI, shadowRoot, ownName] = getters(globalThis.Element?.prototype, "namespaceURI shadowRoot localName");
/** The local name of an element; other nodes have none. */
export const localName = {
  /** @param {any} node */
  call: (node) => (typeof node.localName == "object" ? ownName.call(node) : node.localName),
};
export { getBoundingClientRect, namespaceURI, shadowRoot };

/** Whether a node is an element that a selector names. @param {any} node @param {string} css */
export const is = (node, css) => nodeType.call(node) === 1 && matches.call(node, css);

/** What a selector names below a node, if it can have something below it. @param {any} node @param {string} css */
export const below = (node, css) =>
  nodeType.call(node) === 1 ? querySelectorAll.call(node, css) : (node.querySelectorAll?.(css) ?? []);

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
    let plain = !is(root, TYPED) || explain(root);
    if (root.firstElementChild) for (const field of below(root, TYPED)) plain = explain(field) && plain;
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
  if (nodeType.call(node) === 3) return (text + node.data).trimStart();
  for (let child = firstChild.call(node); child && text.length < MOST_LABEL; child = nextSibling.call(child)) text = beginning(child, text);
  return text;
};

/** @param {any} at @returns {string | undefined} */
const introduced = (at) =>
  attempt(() => {
    const legend = at.closest("fieldset,[role=group]");
    const text = legend ? `${legend.getAttribute("aria-label") ?? legend.querySelector("legend")?.textContent ?? ""} ` : "";
    let said = "";
    for (let level = 0; at && level < MOST_LEVELS; level++, at = parentNode.call(at)) {
      let before = at;
      for (let back = 0; !said && back < MOST_SIBLINGS && (before = previousSibling.call(before)); back++) said = beginning(before);
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
