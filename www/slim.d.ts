import type { Options, Recorder, WebAssemblySource } from "./index.js";

export * from "./index.js";

/**
 * Like `start` of the main module, for bundlers and servers that place `afterimage.wasm` themselves.
 *
 * ```js
 * import wasm from "@afterimage/recorder/afterimage.wasm"; // with a loader that gives a URL or bytes
 * import { start } from "@afterimage/recorder/slim";
 * await start({ collector: "/collect", wasm });
 * ```
 */
export function start(
  options: Options & { wasm: WebAssemblySource | Promise<WebAssemblySource> },
): Promise<Recorder>;
