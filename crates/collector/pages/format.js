/** Numbers, times and addresses as people read them, and elements made of them. */

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const number = new Intl.NumberFormat();

/** The last moment a Date can hold. */
const LAST_MS = 8.64e15;
const MINUTE = 60_000;
const date = (/** @type {number} */ ms) => new Date(Math.min(ms, LAST_MS));

/** How long ago, or the time of day when that was today, or the day. @param {number} ms */
export function ago(ms, now = Date.now()) {
  const passed = now - ms;
  if (passed >= -MINUTE && passed < MINUTE) return "just now";
  if (passed >= 0 && passed < 60 * MINUTE) return relative.format(-Math.floor(passed / MINUTE), "minute");
  const today = date(ms).toDateString() === new Date(now).toDateString();
  return today ? clock.format(date(ms)) : `${day.format(date(ms))}, ${clock.format(date(ms))}`;
}

/** Day and time in full. @param {number} ms */
export const moment = (ms) => whole.format(date(ms));

/** `m:ss`, or `h:mm:ss`. @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${number.format(n)} ${n === 1 ? one : many}`;

/** @param {number} n */
export function bytes(n) {
  if (n < 1000) return count(n, "byte");
  return n < 1e6 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

/** The part of an address that tells pages of one site apart. @param {string} url */
export function path(url) {
  try {
    const { protocol, pathname, search, hash } = new URL(url);
    return protocol === "file:" ? (pathname.split("/").pop() ?? url) : `${pathname}${search}${hash}`;
  } catch {
    return url || "unknown page";
  }
}

/** @param {string} url */
export function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}

/**
 * An element. Text is set as text: nothing recorded is ever parsed as HTML.
 * @param {string} name @param {Record<string, string | number | null | undefined>} attributes @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children);
  return made;
}

/** The element of this id. @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
