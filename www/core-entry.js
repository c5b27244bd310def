// dist/core.js: what is fetched once recording is allowed. Brings up the WebAssembly, and stands between it and the
// page in both directions: the recorder that `boot` returns never throws and never rejects.
import * as recorder from "#glue";
import { facts } from "./facts.js";
import { sentry } from "./guard.js";
import { live as drive } from "./live.js";
import { checked } from "./options.js";
import { attempt, forget, saidNo } from "./policy.js";
import { sender } from "./send.js";
import { forgetVisits, read } from "./session.js";

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
  loading ??= compiled(source)
    .then((module) => WebAssembly.instantiate(module, recorder.imports()))
    // Of bytes it makes a module too.
    .then((/** @type {any} */ made) => recorder.finish(made.instance ?? made));
  try {
    await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
  return { boot, erase };
};

/** Asks the collector to delete a session. @param {{ collector: string }} options @param {string} [secret] @returns {Promise<boolean>} whether it did */
const ask = async ({ collector }, secret) => {
  if (!secret) return false;
  const body = Uint8Array.from(secret.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const request = { method: "POST", body, credentials: "omit", referrerPolicy: "no-referrer", keepalive: true };
  return fetch(collector.replace(/\/$/, "") + "/erase", /** @type {RequestInit} */ (request)).then(({ ok }) => ok, () => false);
};

/**
 * Has the session deleted that a page's cookies name; for pages where no recorder runs.
 * @param {{ collector: string }} options
 * @param {string} [cookies] as they were before the session was forgotten
 */
export const erase = (options, cookies) => ask(options, read(cookies)?.[0]);

/**
 * Starts a recorder.
 * @param {any} given
 * @param {import("./control.js").Stopped} stopped
 */
export const boot = (given, stopped) => {
  /** Ends what is on its way: nothing is sent after a visitor said no. */
  const unsent = new AbortController();
  /** @type {any} */
  let live, options, known;
  const { call, fault, guard } = sentry((error) => {
    stopped("fault", error);
    live?.release();
    attempt(() => send(live.lastWords(), new Uint8Array(), true));
  });
  /** @type {ReturnType<typeof sender>} */
  let send;
  try {
    options = checked(given);
    const answered = guard((/** @type {number} */ status, /** @type {boolean} */ snapshot) => live.answered(status, snapshot));
    send = sender(options.collector, answered, unsent.signal);
    known = facts(options);
    if (!known.session.kept && options.withoutCookies === "nothing") return stopped("no-cookies");
    live = drive(recorder, known, {
      guard,
      may: () => (saidNo() ? (forget(), 1) : known.session.touch() ? 0 : 2),
      send,
      stopped: (reason) => stopped(REASONS[reason]),
    });
  } catch (/** @type {any} */ error) {
    // Only the code of a wrong option is a string; it is worth the developer's console.
    if (typeof error?.code != "string") return fault(error);
    console.warn(error.message);
    stopped(error.code, undefined, error);
    return;
  }
  const discard = () => {
    unsent.abort();
    call(() => live.discard(), undefined);
    forget();
    forgetVisits();
  };
  return {
    get state() {
      return call(() => live.state, "stopped");
    },
    get sessionId() {
      return call(() => live.sessionId, "");
    },
    event: (/** @type {string} */ name, /** @type {unknown} */ payload) => call(() => void live.event(`${name}`, payload), undefined),
    pause: () => call(() => live.pause(), undefined),
    resume: () => call(() => live.resume(), undefined),
    flush: () => call(() => live.flush(), Promise.resolve()),
    stop: () => call(() => live.stop().then(() => stopped("asked")), Promise.resolve()),
    discard,
    erase: () => {
      discard();
      return ask(options, known.session.secret);
    },
    why: (/** @type {Element} */ element) => call(() => live.why(element), ""),
  };
};
