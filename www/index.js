// The npm module: finds the WebAssembly beside itself, in a way bundlers understand.
import { start as startWith } from "./slim.js";

export { disable, enable, status, grant, withdraw, recorder, ready } from "./slim.js";

/** @param {import("./index.js").Options} options */
export const start = (options) => startWith({ wasm: new URL("./afterimage.wasm", import.meta.url), ...options });
