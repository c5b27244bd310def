// dist/core.js: what is fetched once recording is allowed. Brings up the WebAssembly, and stands between it and the
// page in both directions: the recorder that `boot` returns never throws and never rejects.
import { finish, imports, recorder } from "#glue";
import { delivery } from "./delivery.js";
import { facts } from "./facts.js";
import { sentry } from "./guard.js";
import { live as drive } from "./live.js";
import { checked } from "./options.js";
import { outbox } from "./outbox.js";
import { attempt, forget, on, saidNo } from "./policy.js";
import { beside, pixel, post, sender } from "./send.js";
import { forgetVisits, read } from "./session.js";

/** How recordings end: the wire format's `Stop.reason`. */
const REASONS = ["asked", "collector", "session", "limit", "fault"];

/** A page is recorded once, whoever else brings a recorder along. */
const TAKEN = Symbol.for("afterimage");
/** Milliseconds after which an event may be the first for long. */
const SILENT_MS = 60_000;

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
    .then((module) => WebAssembly.instantiate(module, imports()))
    // Of bytes it makes a module too.
    .then((/** @type {any} */ made) => finish(made.instance ?? made));
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
  return post(beside(collector, "/erase"), body, { keepalive: true }).then(({ ok }) => ok, () => false);
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
  /** @type {any} */
  let live, options, known, store, frames;
  /** It ended before it began. */
  let over = false;
  let adopted = false;
  /** @type {ReturnType<typeof delivery>} */
  let out;
  const { call, fault, guard } = sentry((error) => {
    stopped("fault", error);
    live?.release();
    frames?.end();
    // The next page view delivers what this one cannot any more.
    attempt(() => out.push(live.lastWords(), Date.now()));
    out?.leave(true);
  });
  const discard = () => {
    store?.close();
    out?.discard();
    over = true;
    call(() => (frames?.end(1), live?.discard()), undefined);
    forget();
    forgetVisits();
  };
  /** Takes over what page views before this one left, once the collector is there and may have said what it has of it. @param {string[]} [stored] */
  const adopt = (stored = []) => {
    if (!adopted) store.adopt(guard((body, at, rest) => (out.push(body, at, rest), out.pump())), stored);
    adopted = true;
  };
  /** Somebody said no, here or around. */
  const refuse = () => (discard(), stopped(REASONS[0]), false);
  const page = /** @type {any} */ (window);
  let heardAt = Date.now();
  let renewing = false;
  /** @param {any} [joined] of a page in a frame, what it has of the page around it: see `frames.js` */
  const begin = (joined) => {
    if (over) return;
    if (page[TAKEN]) return stopped("second");
    known = facts(options, joined);
    if (!known.session.kept && options.withoutCookies === "nothing") return stopped("no-cookies");
    page[TAKEN] = true;
    live = drive(recorder, known, {
      guard,
      out,
      heard() {
        const time = Date.now();
        const silent = Math.abs(time - heardAt) > SILENT_MS;
        heardAt = time;
        if (silent) touch();
      },
      released() {
        delete page[TAKEN];
        renewing || frames?.end();
      },
      stopped: (reason) => renewing || stopped(REASONS[reason]),
    });
    const { draw, develop, host } = live;
    const asked = (/** @type {string} */ option) => on(options[option] ?? false);
    if (asked("canvas")) import("./canvas.js").then(guard((made) => draw(made, options)), () => {});
    if (asked("console") || asked("network")) import("./developer.js").then(guard((made) => develop(made, options)), () => {});
    if (frames) host(frames);
    return 1;
  };
  /** Goes on as another page view, of another session. @param {any} [joined] */
  const renew = (joined) => {
    renewing = true;
    live?.end(2);
    begin(joined);
    renewing = false;
  };
  /** Something happens: the session goes on; after a long pause, as of a laptop, it is the next one. */
  const touch = () => {
    const alive = live && known.session.touch();
    if (live?.state !== "recording" || alive > 1) return;
    if (alive) renew();
    else live.end(2);
  };
  try {
    options = checked(given);
    store = outbox(new URL(options.collector, document.baseURI).href);
    /** @type {any} */
    let timer;
    out = delivery({
      ...store,
      post: sender(options.collector, guard(store.keep)),
      pixel: pixel(options.collector),
      fault,
      may: () => (saidNo() ? refuse() : (touch(), true)),
      told: guard((status, snapshot, stored) => {
        adopt(stored);
        if (status === 403 || status === 410) live.end(1);
        else if (snapshot || status === 413) live.snapshot(status === 413);
      }),
      wake(delay) {
        clearTimeout(timer);
        timer = setTimeout(guard(() => out.pump()), delay);
      },
      now: () => performance.now(),
      random: Math.random,
    });
    const joins = options.frames && import("./frames.js");
    // What is in a frame may belong to the page around it.
    const waits = joins && parent !== page;
    if (!waits && !begin()) return;
    joins &&
      joins.then(
        guard((made) => {
          if (over) return;
          frames = made.frames(options, guard, {
            touch,
            state: () => live?.state,
            join: renew,
            end: (all) => (all ? refuse() : live.end(0)),
          });
          live?.host(frames);
        }),
        guard(() => live || begin()),
      );
    if (store.crowded()) adopt();
  } catch (/** @type {any} */ error) {
    // Only the code of a wrong option is a string; it is worth the developer's console.
    if (typeof error?.code != "string") return fault(error);
    console.warn(error.message);
    stopped(error.code, undefined, error);
    return;
  }
  return {
    get state() {
      return call(() => live?.state ?? "waiting", "stopped");
    },
    get sessionId() {
      return call(() => live?.sessionId, "");
    },
    event: (/** @type {string} */ name, /** @type {unknown} */ payload) => call(() => void live?.event(`${name}`, payload), undefined),
    pause: () => call(() => live?.pause(), undefined),
    resume: () => call(() => live?.resume(), undefined),
    flush: () => call(async () => live?.flush(), Promise.resolve()),
    stop: () =>
      call(async () => {
        over = true;
        await (live ? live.stop() : frames?.end());
        stopped("asked");
      }, Promise.resolve()),
    discard,
    erase: () => {
      discard();
      return ask(options, known?.pageViews && known.session.secret);
    },
    why: (/** @type {Element} */ element) => call(() => live?.why(element), ""),
  };
};
