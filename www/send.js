// Requests to the collector. Nothing here throws, whatever a page has made of fetch(): that is no answer.

import { attempt, saidNo } from "./policy.js";

/** After so many milliseconds a batch counts as one that could not be delivered so far, and then as one that failed. */
const SLOW_MS = 3000;
const TIMEOUT_MS = 30_000;
/** How long a batch waits to hear what the collector knows of it. */
const ASK_MS = 1000;
/** Bytes of a block's name. */
const NAME = 8;

/**
 * A batch in the address of an image: where a page's policy lets its scripts ask for nothing.
 * @param {string} url the collector
 */
export const pixel = (url) =>
  /** @param {import("./delivery.js").Batch} batch @returns {Promise<[number]>} */
  (batch) =>
    new Promise((done) => {
      const image = new Image();
      batch.stop = () => done([0]);
      attempt(() => setTimeout(/** @type {any} */ (batch.stop), TIMEOUT_MS));
      image.crossOrigin = "anonymous";
      image.referrerPolicy = "no-referrer";
      image.onload = () => done([200]);
      image.onerror = () => done([0]);
      const text = btoa(String.fromCharCode(...batch.body)).replace(/=/g, "");
      image.src = beside(url, "/pixel?") + text.replace(/\+/g, "-").replace(/\//g, "_");
    });

/** How long a collector asks to be left alone: seconds, or a date. At most an hour. @param {string | null} text */
const wait = (text) => Math.min(text ? +text * 1000 || Date.parse(text) - Date.now() : 0, 36e5) || 0;

/** @param {string} url @param {any} body @param {RequestInit} [more] */
export const post = (url, body, more) => fetch(url, { method: "POST", body, credentials: "omit", referrerPolicy: "no-referrer", ...more });

/** The address of what a collector does besides. @param {string} url @param {string} name */
export const beside = (url, name) => url.replace(/\/$/, "") + name;

/**
 * @param {string} url the collector
 * @param {(batch: import("./delivery.js").Batch) => void} slow called when there is no answer for long
 */
export const sender = (url, slow) =>
  /** @param {import("./delivery.js").Batch} batch @param {boolean} keepalive @param {boolean} away @returns {Promise<[number, boolean?, number?, string[]?]>} */
  async (batch, keepalive, away) => {
    let { body, names } = batch;
    /** @type {any[]} */
    const timers = [];
    try {
      // NOTE: Firefox before 133 lets no fetch outlive its page. A beacon carries cookies: to the page's own origin only.
      if (away && !("keepalive" in Request.prototype) && new URL(url, document.baseURI).origin === location.origin)
        navigator.sendBeacon(url, /** @type {any} */ (body));
      else {
        const abort = new AbortController();
        batch.stop = () => abort.abort();
        timers.push(setTimeout(slow, SLOW_MS, batch), setTimeout(batch.stop, TIMEOUT_MS));
        if (names && !away) {
          batch.names = 0;
          const told = post(beside(url, "/known"), names).then((/** @type {any} */ answer) => answer.ok && answer.text());
          const late = new Promise((done) => setTimeout((batch.wake = done), ASK_MS));
          const known = await Promise.race([told, late]).catch(() => {});
          if (/^[01]*1[01]*$/.test(known) && known.length * NAME === names.length) {
            // What it does not know has no name: it begins with a zero.
            names.forEach((_, at) => at % NAME || (names[at] *= known[at / NAME]));
            body = /** @type {any} */ (batch).lean();
          }
          // The visitor may have said no meanwhile.
          if (saidNo()) throw 0;
        }
        const asked = post(url, body, { keepalive, signal: abort.signal });
        // NOTE: in Firefox 153 what was under way when the page was frozen is never settled, not even when it is aborted.
        const answer = await Promise.race([asked, new Promise((_, stopped) => (abort.signal.onabort = stopped))]);
        const { status } = answer;
        const said = status === 200 && (await answer.json().catch(() => 0));
        return [status, !!said?.snapshot, wait(answer.headers.get("retry-after")), [].concat(said?.stored ?? [])];
      }
    } catch {
    } finally {
      timers.forEach(clearTimeout);
    }
    return [0];
  };
