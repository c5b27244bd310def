// The npm module for those who bring the WebAssembly themselves: `start` takes it as the option `wasm`.
// Importing has no effect, and does no harm where there is no page (server rendering).
import { control } from "./control.js";

/** What is exported where there is no page: nothing is ever recorded. */
const nowhere = () => {
  const status = () => ({ state: "refused", reason: "no-page", cookies: false, consent: "unknown" });
  const answer = async () => status();
  const none = async () => {};
  const recorder = { state: "refused", event: none, pause: none, resume: none, flush: none, stop: none, erase: none, why: () => "" };
  return {
    recorder,
    ready: Promise.resolve(recorder),
    status,
    disable: answer,
    enable: answer,
    grant: answer,
    withdraw: answer,
    start: async () => recorder,
  };
};

const afterimage =
  typeof document == "undefined"
    ? nowhere()
    : // @ts-ignore: made by the build from core-entry.js
      control(async ({ wasm }) => (await import("./core.js")).load(wasm));

export const { start, disable, enable, status, grant, withdraw, recorder, ready } = /** @type {any} */ (afterimage);
