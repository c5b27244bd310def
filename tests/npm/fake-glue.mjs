// Stands for wasm-bindgen's glue: whatever the test put there.
const fake = (name) => (...args) => globalThis.glue[name](...args);
export const imports = () => ({});
export const finish = (...args) => globalThis.glue.finish?.(...args);
export const [start, event, fault, happened, input, key, lastWords, mutated, navigated, rooted, ruled, why] =
  "start event fault happened input key lastWords mutated navigated rooted ruled why".split(" ").map(fake);
/** What the recorder can be asked to do, by the numbers of `act` in src/web/api.rs. */
const ACTS = "work pause flush leave discard snapshot end".split(" ").map(fake);
export const act = (what, how) => ACTS[what](how);
