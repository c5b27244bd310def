// What a page calls: start, disable, enable, status, grant, withdraw. Decides through policy.js, loads the recorder
// only when it may run, and takes it away at once when a visitor says no, here or in another tab.
import { CONSENT, DISABLED, MINOR, attempt, consent, forget, jar, keep, on, refusal, sampledOut } from "./policy.js";

/**
 * What core.js offers once it is loaded; none of it throws. `boot` tells `stopped` of every end: why, the error where
 * something broke, and the error where the options were wrong.
 * @typedef {(reason: string, error?: unknown, wrong?: Error) => void} Stopped
 * @typedef {{ boot(options: any, stopped: Stopped): any, erase(options: any, cookies?: string): Promise<boolean> }} Core
 */

/** @param {(options: any) => Promise<Core>} load */
export const control = (load) => {
  /** @type {any} The recorder that runs, its options, the wait for it, why it ended, the error in its options. */
  let live, options, loading, ended, wrong, out;
  /** Tells other tabs where the storage, through which they hear of an answer otherwise, is blocked. @type {BroadcastChannel | undefined} */
  let channel;
  /** @type {any} */
  let resolveReady;

  const status = () => {
    const [state, reason = ""] = (
      refusal(options) || (ended ? "stopped " + ended : live?.state || (out ? "sampled-out sample" : "idle"))
    ).split(" ");
    return { state, reason, cookies: !!jar() || (!live && navigator.cookieEnabled), consent: consent() };
  };

  /** @type {Stopped} */
  const stopped = (reason, error, wrongOption) => {
    ended = reason;
    wrong = wrongOption;
    if (error) attempt(() => options.onError(error));
  };

  /**
   * Does what the rules now say: ends the recording and drops what was not sent, before anything else happens; or
   * starts it. Never rejects. Takes the options of `disable`, or an event.
   * @param {{ erase?: boolean, key?: string | null }} how
   */
  const follow = async ({ erase, key }) => {
    // Said in another tab: who is known to be a child there is the same visitor here.
    if (key == MINOR) options = { ...options, minor: true };
    if (refusal(options)) {
      const before = jar();
      const erased = live
        ? live[erase ? "erase" : "discard"]()
        : erase && options && load(options).then((core) => core.erase(options, before)).catch(() => false);
      live = null;
      forget();
      return erased;
    }
    // A page that is rendered ahead starts when it is shown, with the event of that.
    if (options && !live && !ended && !/** @type {any} */ (document).prerendering && (loading || !(out = sampledOut(options))))
      await (loading ||= load(options)
        // The visitor may have said no while it was loading.
        .then((core) => refusal(options) || (live = core.boot(options, stopped)))
        .catch((error) => stopped("load", error))
        .then(() => (loading = 0)));
  };

  /** @param {string} name @param {string} value */
  const answer = (name, value) => async (how = {}) => {
    keep(name, value);
    channel?.postMessage([name, value]);
    const erased = await follow(how);
    return { ...status(), erased };
  };

  /** Stands for the recorder also while there is none: its methods do nothing then. @type {any} */
  const recorder = {
    get state() {
      return status().state;
    },
    get sessionId() {
      return live?.sessionId;
    },
    why: (/** @type {Element} */ element) => live?.why(element),
  };
  for (const name of "event pause resume flush stop erase".split(" "))
    recorder[name] = async (/** @type {any[]} */ ...args) => live?.[name](...args);

  return {
    recorder,
    ready: new Promise((resolve) => (resolveReady = resolve)),
    status,
    disable: answer(DISABLED, "1"),
    enable: answer(DISABLED, ""),
    grant: answer(CONSENT, "granted"),
    withdraw: answer(CONSENT, "withdrawn"),

    /** @param {object} given */
    async start(given) {
      if (!options) {
        for (const type of "storage pageshow visibilitychange".split(" "))
          attempt(() => addEventListener(type, /** @type {any} */ (follow), true));
        // NOTE: an open channel may cost the page its place in the back-forward cache: only where there is no other way.
        attempt(() => localStorage) ||
          attempt(() => {
            channel = new BroadcastChannel("afterimage");
            channel.onmessage = ({ data }) => {
              keep(.../** @type {[string, string]} */ (data));
              follow({ key: data[0] });
            };
          });
      }
      options = given || {};
      if (ended) live = ended = wrong = null;
      if (on(options.minor ?? false)) {
        answer(MINOR, "1")();
        keep(MINOR, "");
      }
      await follow({});
      resolveReady(recorder);
      if (wrong) throw wrong;
      return recorder;
    },
  };
};
