// A recording that runs: what it takes from the page, when it works, and how everything is given back. What is recorded
// is decided in Rust (`src/web/api.rs`), whose calls all return in how many milliseconds they want to be called again.
import { alarm } from "./alarm.js";
import { changes } from "./changes.js";
import { ANIMATED, EVENT, KEY, NAVIGATED, VITAL, WAS_PASSWORD, hear } from "./events.js";
import { insides } from "./facts.js";
import { attempt } from "./policy.js";
import { watch } from "./watch.js";

/** What the recorder can be asked to do, as `act` in `src/web/api.rs` knows it. */
const WORK = 0;
const PAUSE = 1;
const FLUSH = 2;
const LEAVE = 3;
const DISCARD = 4;
const SNAPSHOT = 5;
const END = 6;

/** Where a batch says how it is compressed, and what it says of an abridged one. */
const COMPRESSION = 4;
const ABRIDGED = 2;

/** How long what changed is collected before it is read, milliseconds, as in `src/recorder.rs`. */
const COLLECT_MS = 50;
/** How often is looked at what the page has in hands and may change without anybody being told, milliseconds. */
const LOOK_MS = 500;

/**
 * @param {any} recorder what the module exports
 * @param {any} known see facts.js
 * @param {object} hooks
 * @param {<F extends (...args: any[]) => any>(callback: F) => F} hooks.guard
 * @param {ReturnType<typeof import("./delivery.js").delivery>} hooks.out where batches go
 * @param {() => void} hooks.heard something happens: after it this may be over
 * @param {() => void} hooks.released everything was given back
 * @param {(reason: number) => void} hooks.stopped the recording ended by itself
 */
export const live = (recorder, known, { guard, out, heard, released, stopped }) => {
  let sessionId = "";
  let state = "recording";
  /** The page asked to stop; what is left is on its way. */
  let stopping = false;
  /** The page went away; it may come back from the cache. */
  let gone = false;
  let { url } = known;
  /** Who waits until all is answered. @type {(() => void)[]} */
  let waiting = [];

  const clock = alarm(guard, () => work());
  const again = (/** @type {number} */ delay) => {
    // The walk is under way.
    if (delay === -Infinity) known.doubt();
    clock.set(delay);
    out.pump();
  };

  /** A document's URL changed, by `how` in the wire format. @param {number} how */
  const navigated = (how) => {
    if (url === location.href) return;
    if (!how && location.href.split("#")[0] === url.split("#")[0]) how = 3;
    url = location.href;
    again(recorder.said(NAVIGATED, `${document.title}\0${url}`, undefined, how));
  };

  const work = () => {
    // A script that a debugger or driver ran may have left changes nobody was told of, and the walk would come by them.
    take();
    navigated(0);
    const wait = recorder.act(WORK);
    again(wait);
    // Before, nobody knows their nodes.
    if (wait > 0) {
      met.forEach(events.meet);
      met.clear();
      known.walked?.();
    }
  };

  const { keep, give } = changes(
    (...what) => {
      events.drain();
      again(recorder.mutated(...what));
    },
    (root) => known.came(root),
    known.isQuiet,
  );
  const mutated = guard((/** @type {MutationRecord[]} */ records) => {
    if (!records[0]) return;
    known.stir();
    events.stir();
    keep(records);
    again(COLLECT_MS);
  });
  const typed = guard((/** @type {MutationRecord[]} */ records) => {
    for (const { oldValue, target } of records) if (/^password$/i.test(oldValue ?? "")) happened(WAS_PASSWORD, target);
  });
  /** Of changes of `type` the old value is wanted, of all else only the place. @type {[MutationObserver, MutationObserverInit, (records: MutationRecord[]) => void][]} */
  const observers = [
    [new MutationObserver(typed), { subtree: true, attributeFilter: ["type"], attributeOldValue: true }, typed],
    [new MutationObserver(mutated), { subtree: true, childList: true, attributeOldValue: true, characterData: true }, mutated],
  ];
  /** Fetches what observers hold back, and what the browser has measured. */
  const take = () => {
    if (watching.look()) again(LOOK_MS);
    for (const [metric, value] of watching.measured()) again(recorder.happened(VITAL, undefined, performance.now(), metric, value));
    for (const [observer, , seen] of observers) seen(observer.takeRecords());
    give();
    events.settle();
    if (!met.size) watching.animate();
  };
  /** Tells of anything that may make what changed before it, or after, a secret's doing. @param {(...what: any[]) => number} told */
  const apart = (told) => (/** @type {any[]} */ ...what) => {
    events.drain();
    give();
    again(told(...what));
  };
  const happened = apart((...what) => {
    known.stir();
    return recorder.happened(...what);
  });
  const said = apart(recorder.said);

  /** The page may be gone soon, or is about to be. @param {boolean} away */
  const leave = (away) => {
    take();
    recorder.act(LEAVE, away);
    out.leave(away);
  };

  const soon = () => {
    events.stir();
    again(COLLECT_MS);
  };
  /** Documents and shadow roots that were just entered. @type {Set<Node>} */
  const met = new Set();

  const events = hear(happened, (...what) => again(recorder.happened(...what)), known, {
    navigated,
    hidden() {
      // Said with everything else when it left.
      if (!gone) leave(false);
    },
    leave() {
      gone = true;
      leave(true);
    },
    back(cached) {
      gone = false;
      if (!cached) return;
      clock.back();
      out.back();
    },
    online: out.online,
    said: (kind, ...what) => (kind > KEY ? again(recorder.said(kind, ...what)) : said(kind, ...what)),
    soon: again,
  });
  const watching = watch(
    guard,
    (event) => {
      heard();
      if (state !== "stopped") events.happened(event);
    },
    soon,
    (...what) => again(recorder.ruled(...what)),
    events.layered,
    (node, json, since) => again(recorder.said(ANIMATED, json, node, since)),
    guard((node, root) => {
      // Before the walk comes by a field in it may become another, and the visitor type into it.
      if (root) observe(root);
      if (root?.mode === "closed") watching.enter(root);
      again(recorder.rooted(node, root));
    }),
  );
  /** @param {Node} root */
  const observe = (root) => observers.forEach(([observer, init]) => observer.observe(root, init));

  /** Everybody has the answer. */
  const answer = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  /** Gives everything back to the page. */
  const release = () => {
    state = "stopped";
    clock.end();
    for (const [observer] of observers) attempt(() => observer.disconnect());
    watching.leave(true);
    answer();
    released();
  };

  /** A promise of all that was captured so far being answered. */
  const flush = () =>
    new Promise((/** @type {any} */ resolve) => {
      if (state === "stopped") return resolve();
      take();
      waiting.push(resolve);
      again(recorder.act(FLUSH, stopping));
    });

  const theirs = {
    /** A batch, and what it takes to abridge it, if it is large. @param {Uint8Array} body @param {Uint8Array} raw @param {number} names @param {number} head */
    send: (body, raw, names, head) =>
      out.push(body, Date.now(), {
        names: names && raw.subarray(0, names),
        lean() {
          const rest = recorder.lean(raw, names);
          const lean = new Uint8Array(head + rest.length);
          lean.set(body.subarray(0, head));
          lean.set(rest, head);
          lean[COMPRESSION] = ABRIDGED;
          return lean;
        },
      }),
    /** A document or shadow root was entered, and is to be observed before the page can change it. @param {any} root */
    enter(root) {
      met.add(root);
      watching.enter(root);
      known.came(root);
      observe(root);
      // What is typed into a frame or shadow tree may be said before the walk comes by it.
      insides(root).forEach(theirs.enter);
    },
    sample: events.sample,
    letGo: () => watching.leave(false),
    flushed: () => out.idle().then(guard(() => (stopping ? release() : answer()))),
    stopped(/** @type {number} */ reason) {
      release();
      stopped(reason);
    },
  };
  try {
    sessionId = recorder.start(known, theirs, known.texts, ...known.numbers);
    again(0);
  } catch (error) {
    release();
    throw error;
  }

  return {
    get state() {
      return state;
    },
    sessionId,
    event: (/** @type {string} */ name, /** @type {unknown} */ payload) =>
      state === "stopped" || again(recorder.said(EVENT, `${name}\0${attempt(() => JSON.stringify(payload)) ?? ""}`)),
    pause() {
      if (state !== "recording") return;
      take();
      state = "paused";
      again(recorder.act(PAUSE, true));
    },
    resume() {
      if (state !== "paused") return;
      // What waits is of the pause.
      take();
      events.forget();
      state = "recording";
      again(recorder.act(PAUSE, false));
    },
    flush,
    stop() {
      stopping = true;
      if (state === "recording") state = "paused";
      return flush();
    },
    /** Throws away what was not sent and ends. */
    discard() {
      if (state !== "stopped") recorder.act(DISCARD);
      release();
    },
    why: (/** @type {Element} */ element) => (state === "stopped" ? "" : recorder.why(element)),
    /** The collector wants a snapshot; of smaller batches, if it refused one as too large. @param {boolean} smaller */
    snapshot: (smaller) => state === "stopped" || (take(), again(recorder.act(SNAPSHOT, smaller))),
    /** Nothing more is to be recorded, by the reason in the wire format. @param {number} reason */
    end: (reason) => state === "stopped" || (events.settle(), recorder.act(END, reason)),
    /** Has canvases looked after. @param {typeof import("./canvas.js")} made @param {any} options */
    draw: (made, options) => made.canvases(options, guard, known, watching.taken, take, soon, recorder),
    /** Has console and requests told. @param {typeof import("./developer.js")} made @param {any} options */
    develop: (made, options) => watching.taken.get(document)?.push(made.developer(options, guard, apart(recorder.developer))),
    /** Has pages in frames join. @param {any} frames */
    host: (frames) => frames.host(sessionId, known, watching.taken, soon, recorder),
    /** The recorder broke: a batch that says so. Touches nothing that may have broken. */
    lastWords: () => recorder.lastWords(),
    release,
  };
};
