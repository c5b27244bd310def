// dist/core.js: what is fetched once recording is allowed. Brings up the WebAssembly, and stands between it and the
// page in both directions: the recorder that `boot` returns never throws and never rejects.
import init, { start } from "#glue";
import { sentry } from "./guard.js";
import { checked } from "./options.js";
import { sender } from "./send.js";
import { watch } from "./watch.js";

/** How recordings end: the wire format's `Stop.reason`. */
const REASONS = ["asked", "collector", "session", "limit", "fault"];

/** @type {Promise<unknown> | undefined} */
let loading;

/** Asks the type first, since a server that does not know wasm must not cost a warning. @param {any} source */
const compiled = async (source) => {
  source = await source;
  if (source instanceof WebAssembly.Module || source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return source;
  const response = source instanceof Response ? source : await fetch(source);
  if (!response.ok) throw new Error(`afterimage: the recorder could not be fetched (${response.status})`);
  return /^application\/wasm\b/.test(response.headers.get("content-type") ?? "")
    ? WebAssembly.compileStreaming(response)
    : response.arrayBuffer();
};

/**
 * Makes everything ready to boot; after a failure it can be tried again.
 * @param {unknown} source URL, response, bytes or module of afterimage.wasm, or a promise of one
 */
export const load = async (source) => {
  loading ??= compiled(source).then((module_or_path) => init({ module_or_path }));
  try {
    await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
  return { boot, erase };
};

/**
 * Asks the collector to delete the session whose secret is in the cookie; for pages where no recorder runs.
 * @param {{ collector: string }} options
 * @param {string} [cookies] as they were before the session was forgotten
 * @returns {Promise<boolean>} whether it did
 */
export const erase = async ({ collector }, cookies) => {
  const secret = /(?:^|; )afterimage=([\da-f]{32})\./.exec(cookies ?? "")?.[1].match(/../g);
  if (!secret) return false;
  const body = Uint8Array.from(secret, (pair) => parseInt(pair, 16));
  const url = collector.replace(/\/$/, "") + "/erase";
  return (await fetch(url, { method: "POST", body, credentials: "omit", referrerPolicy: "no-referrer", keepalive: true })).ok;
};

/**
 * Starts a recorder.
 * @param {any} given
 * @param {import("./control.js").Stopped} stopped
 */
export const boot = (given, stopped) => {
  const { call, fault, guard } = sentry((error) => stopped("fault", error));
  /** @type {any} */
  let live;
  let options;
  try {
    options = checked(given);
    live = start(options, {
      guard,
      watch,
      send: sender(options.collector, guard((/** @type {number} */ status, /** @type {boolean} */ snapshot) => live.answered(status, snapshot))),
      stopped: (/** @type {number} */ reason, /** @type {number} */ code) => stopped(REASONS[reason] ?? `${reason}/${code}`),
    });
  } catch (/** @type {any} */ error) {
    // Wrong options have a code that is a string; they alone are worth the developer's console.
    if (typeof error?.code != "string") return fault(error);
    console.warn(error.message);
    stopped(error.code, undefined, error);
    return;
  }
  return {
    get state() {
      return call(() => live.state, "stopped");
    },
    get sessionId() {
      return call(() => live.sessionId, "");
    },
    event: (/** @type {string} */ name, /** @type {unknown} */ payload) => call(() => live.event(name, payload), undefined),
    pause: () => call(() => live.pause(), undefined),
    resume: () => call(() => live.resume(), undefined),
    flush: () => call(() => live.flush(), Promise.resolve()),
    stop: () => call(() => live.stop(), Promise.resolve()),
    discard: () => call(() => live.discard(), undefined),
    erase: () => call(() => live.erase(), undefined) ?? erase(options, document.cookie).catch(() => false),
    why: (/** @type {Element} */ element) => call(() => live.why(element), ""),
  };
};
