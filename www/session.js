// Sessions: a visitor's run of activity on one site. In JavaScript as the loader keeps cookies too.
//
// The cookie holds a random secret and counters (PROMISES N07, N09): SECRET.STARTED.SEEN.PAGEVIEWS, hexadecimal, times in
// seconds since 1970. The session's id is a hash of the secret, so a recording does not hold the means to erase itself.
import { SESSION, attempt, setCookie } from "./policy.js";

/** Seconds without activity after which a session ends, and seconds after which it ends in any case. */
const IDLE_S = 30 * 60;
const LONGEST_S = 12 * 60 * 60;
/** Seconds between two writes of the cookie. */
const TOUCH_S = 60;
const VISITS = "afterimage_visits";

const now = () => Math.floor(Date.now() / 1000);

/** What a page's cookies say of its session. @param {string} [cookies] @returns {[secret: string, started: number, seen: number, pageViews: number] | undefined} */
export const read = (cookies = attempt(() => document.cookie)) => {
  const [, secret, ...numbers] =
    /(?:^|; )afterimage=([\da-f]{32})\.([\da-f]{1,12})\.([\da-f]{1,12})\.([\da-f]{1,8})(?:;|$)/.exec(cookies ?? "") ?? [];
  // @ts-ignore: there are three
  return secret && [secret, ...numbers.map((digits) => parseInt(digits, 16))];
};

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Random bytes, hexadecimal. */
export const random = () => hex(crypto.getRandomValues(new Uint8Array(16)));

/**
 * Counts visits in the browser itself (PROMISES R11), as COUNT.DAY: never a time, nothing that identifies.
 * @param {boolean} first whether this page view opens its session
 * @returns how many sessions there were before
 */
const visits = (first) => {
  const before = parseInt(localStorage[VISITS], 16) || 0;
  if (!first) return Math.max(before - 1, 0);
  localStorage[VISITS] = [before + 1, Math.floor(Date.now() / 864e5)].map((n) => n.toString(16)).join(".");
  return before;
};

/** The count of the sessions goes with the session of who said no. */
export const forgetVisits = () => attempt(() => delete localStorage[VISITS]);

/** The session this page view belongs to: that of the cookie if it is still alive, else a new one. */
export const resume = () => {
  let [secret = "", started = 0, seen = 0, pageViews = 0] = read() ?? [];
  const write = () => setCookie(SESSION + [secret, ...[started, seen, pageViews].map((n) => n.toString(16))].join("."), IDLE_S);
  const time = now();
  const alive = started <= seen && seen <= time + 60 && time - seen < IDLE_S && time - started < LONGEST_S;
  if (!alive) [secret, started, pageViews] = [random(), time, 0];
  seen = alive ? Math.max(seen, time) : time;
  pageViews++;
  write();
  const kept = read()?.[0] === secret;
  return {
    secret,
    pageViews,
    /** Whether there is a cookie. */
    kept,
    visits: (kept && attempt(() => visits(pageViews === 1))) || 0,

    /** Keeps the cookie alive while something happens. Returns 0 when the session is over, 1 when it was idle for too long. */
    touch() {
      const time = now();
      const current = kept && read();
      // Other tabs keep the same cookie alive, and count their page views in it.
      if (current && current[0] === secret) [, , seen, pageViews] = current;
      if (time - started > LONGEST_S) return 0;
      if (time - seen >= IDLE_S) return 1;
      if (!kept) seen = time;
      // Somebody said no where nobody hears of it here, or cleared all cookies: what went on, nobody could erase.
      else if (!current) return 0;
      // A clock may be set back.
      else if (Math.abs(time - seen) >= TOUCH_S) {
        seen = time;
        write();
      }
      return 2;
    },
  };
};
