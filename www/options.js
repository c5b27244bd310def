// The options of the loader, checked; the recorder's own are checked in Rust (`src/config.rs`).

/** Options that the tag's `data-*` attributes can give. */
const ATTRIBUTES =
  "collector site policy consent sample minor gpc dnt unmask mask block ignore query withoutCookies interval disabled wasm".split(" ");

/** Whether a browser can match it: a mask that matches nothing by mistake would protect nothing. @param {any} value */
const isSelector = (value) => {
  try {
    new DocumentFragment().querySelector(value);
    return true;
  } catch {}
};

/** What may stand in an option; attributes are strings. @type {[string[], (value: any) => unknown, string][]} */
const SWITCHES = [
  [["consent"], (value) => value === "granted" || value === "required", 'must be "granted" or "required"'],
  [["sample"], (value) => /^[\d.e-]+$/.test(value) && value >= 0 && value <= 1, "must be a number from 0 to 1"],
  [["minor", "gpc", "dnt", "disabled"], (value) => /^(true|false|)$/.test(value), "must be true or false"],
  [["mask", "unmask", "block", "ignore"], (value) => value == "" || isSelector(value), "must be a CSS selector"],
  [["onError"], (value) => typeof value == "function", "must be a function"],
];

/** Throws an error that names the option, in the words of `src/config.rs`. @param {string} option @param {string} problem */
const refuse = (option, problem) => {
  throw Object.assign(new Error(`afterimage: option "${option}" ${problem}`), { code: "bad-option" });
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
 * The options for the recorder.
 *
 * Attributes of other tools on the tag (`data-nscript`, `data-cfasync`) are left alone; a near miss of one of ours
 * (`data-polcy`) is kept, and so refused by its name instead of being silently without effect.
 * @param {any} given an object, or a tag's `dataset`
 * @throws an error with a `code` that names the option
 */
export const checked = (given) => {
  const entries = Object.entries(given);
  const options = Object.fromEntries(given instanceof DOMStringMap ? entries.filter(([name]) => ours(name)) : entries);
  for (const [names, allowed, problem] of SWITCHES)
    for (const name of names) if (options[name] != null && !allowed(options[name])) refuse(name, problem);
  return options;
};
