// The options, checked. In JavaScript, since the browser knows URLs and selectors: with session.js and facts.js 6 kB of
// gzip less than the same in Rust.

import { origins } from "./policy.js";

/** Options that the tag's `data-*` attributes can give. */
const ATTRIBUTES =
  "collector site policy consent sample minor gpc dnt unmask mask block ignore query withoutCookies interval budget known console network disabled wasm canvas canvasEdge frames".split(" ");

/** @param {() => unknown} risky */
const works = (risky) => {
  try {
    return !!risky();
  } catch {}
};

/** Strings, or one with commas between them. @param {any} value */
const isText = (value) => [value].flat().every((part) => typeof part == "string");

/** Recordings travel encrypted, do not leave the machine, or go back to where the page came from (PROMISES K01). @param {string} value */
export const isSafe = (value) =>
  works(() => {
    const url = new URL(value, document.baseURI);
    const near = /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname) || url.origin === location.origin;
    return url.protocol === "https:" || (near && url.protocol === "http:");
  });

/** What may stand in an option; attributes are strings. @type {[string, (value: any) => unknown, string, string?][]} */
const RULES = [
  ["consent", (value) => value === "granted" || value === "required", 'must be "granted" or "required"'],
  ["sample", (value) => /^[\d.e-]+$/.test(value) && value >= 0 && value <= 1, "must be a number from 0 to 1"],
  ["minor gpc dnt known console network disabled", (value) => /^(true|false|)$/.test(value), "must be true or false"],
  ["mask unmask block ignore query frames", isText, "must be a string or an array of strings"],
  ["frames", (value) => !/\*/.test(value) && origins(value).every((origin) => works(() => new URL(origin).origin === origin)), "must be origins, such as https://shop.example"],
  // What matches nothing by mistake would protect nothing.
  ["mask unmask block ignore", (value) => value == "" || works(() => (new DocumentFragment().querySelector(value), 1)), "must be a CSS selector"],
  ["onError", (value) => typeof value == "function", "must be a function"],
  ["collector site policy withoutCookies", (value) => typeof value == "string", "must be a string"],
  ["policy", (value) => /^(strict|default|open|)$/.test(value), 'must be "strict", "default" or "open"'],
  ["withoutCookies", (value) => /^(page|nothing|)$/.test(value), 'must be "page" or "nothing"'],
  ["site", (value) => new TextEncoder().encode(value).length <= 64, "must not be longer than 64 bytes"],
  ["interval", (value) => /^\d+$/.test(value) && value >= 1e3 && value <= 6e4, "must be a whole number of milliseconds from 1000 to 60000"],
  ["budget", (value) => value > 0 && value <= 100, "must be a number above 0, at most 100"],
  ["collector", isSafe, "must be an https URL, one on loopback, or one relative to the page", "insecure-collector"],
];

/** Throws an error that names the option. @param {string} option @param {string} problem @param {string} [code] */
const refuse = (option, problem, code = "bad-option") => {
  throw Object.assign(new Error(`afterimage: option "${option}" ${problem}`), { code });
};

/** Whether an attribute is one of ours or looks like one: same length but for one, same start or same ends. @param {string} name */
const ours = (name) =>
  ATTRIBUTES.some(
    (known) =>
      known === name ||
      (Math.abs(known.length - name.length) < 2 &&
        known[0] === name[0] &&
        (known[1] === name[1] || known.at(-1) === name.at(-1))),
  );

/**
 * The options as they were given.
 *
 * Attributes of other tools on the tag (`data-nscript`, `data-cfasync`) are left alone; a near miss of one of ours
 * (`data-polcy`) is refused by its name instead of being silently without effect.
 * @param {any} given an object, or a tag's `dataset`
 * @throws an error with a stable `code` that names the option
 */
export const checked = (given) => {
  const entries = Object.entries(given);
  const options = Object.fromEntries(given instanceof DOMStringMap ? entries.filter(([name]) => ours(name)) : entries);
  for (const name in options)
    if (!ATTRIBUTES.includes(name) && name !== "onError") refuse(name, "is not known", "unknown-option");
  if (!options.collector) refuse("collector", "is missing", "missing-collector");
  for (const [names, allowed, problem, code] of RULES)
    for (const name of names.split(" ")) if (options[name] != null && !allowed(options[name])) refuse(name, problem, code);
  return options;
};
