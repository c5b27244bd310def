// Stands for wasm-bindgen's glue: whatever the test put there.
export default (...args) => globalThis.glue.default(...args);
export const start = (...args) => globalThis.glue.start(...args);
