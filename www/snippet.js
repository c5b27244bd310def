// The drop-in: one classic script, one global, window.afterimage. Reads its options from the data-* attributes of its
// own tag and finds core.js and afterimage.wasm beside itself.
import { control } from "./control.js";

const win = /** @type {any} */ (window);
const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);

const base = new URL(script?.src || document.baseURI);

/** A file beside this script, of the same version where the address names one. @param {string} name */
const beside = (name) => new URL(name + base.search, base);

// Loaded twice, the first one stays. An element with this id is not it: none has this property.
if (!win.afterimage?.grant)
  win.afterimage = control(async ({ wasm = beside("afterimage.wasm") }) =>
    (await import(/** @type {any} */ (beside("core.js")))).load(wasm),
  );

if (script?.dataset.collector)
  (win.requestIdleCallback ?? setTimeout)(() => win.afterimage.start(script.dataset).catch(() => {}), { timeout: 500 });
