// Stands for wasm-bindgen's glue: whatever the test put there.
const fake = (name) => (...args) => globalThis.glue[name](...args);
export const imports = () => ({});
export const finish = (...args) => globalThis.glue.finish?.(...args);
export const [start, end, snapshot, discard, event, fault, flush, happened, input, key] =
  "start end snapshot discard event fault flush happened input key".split(" ").map(fake);
export const [lastWords, leave, mutated, navigated, pause, rooted, ruled, wasPassword, why, work] =
  "lastWords leave mutated navigated pause rooted ruled wasPassword why work".split(" ").map(fake);
