// May this page be recorded at all? Decided here, before the WebAssembly is fetched, and again whenever the
// visitor's answer may have changed. Nothing kept here identifies anybody: a flag, an answer, the word "out".
//
// Every access to storage may throw (blocked cookies, sandboxed frames) or be silently without effect.

export const DISABLED = "afterimage_disabled";
export const CONSENT = "afterimage_consent";
/** Only passes by, to tell other tabs. */
export const MINOR = "afterimage_minor";
/** Where batches are kept that could not be delivered: a database, and how keys of local storage begin. */
export const OUTBOX = "afterimage_outbox";
/** The session's cookie. The recorder keeps its secret in it; of a session that was sampled out it says only "out". */
export const SESSION = "afterimage=";

/** The origins of an option. @param {any} value @returns {string[]} */
export const origins = (value) => `${value ?? ""}`.split(",").map((origin) => origin.trim()).filter(Boolean);

/** What could be kept nowhere else: lives as long as the page. @type {Record<string, unknown>} */
const memory = {};

/** @template T @param {() => T} risky */
export const attempt = (risky) => {
  try {
    return risky();
  } catch {}
};

/** A switch; attributes arrive as strings. @param {unknown} value */
export const on = (value) => `${value}` != "false";

/** All cookies that script may see; undefined where it may see none. */
export const jar = () => attempt(() => document.cookie);

/** @param {string} start */
const inCookie = (start) => `; ${jar()};`.includes("; " + start);

/** An attribute that nobody knows ("false") is ignored. @param {string} pair @param {number} seconds */
export const setCookie = (pair, seconds) =>
  attempt(
    () =>
      (document.cookie = `${pair};path=/;samesite=lax;max-age=${seconds};${location.protocol[4] == "s" && "secure"}`),
  );

/** @param {string} name @param {string} value */
const has = (name, value) =>
  inCookie(`${name}=${value};`) || attempt(() => localStorage[name] == value) || memory[name] === value;

/** What the visitor answered. */
export const consent = () => (has(CONSENT, "withdrawn") ? "withdrawn" : has(CONSENT, "granted") ? "granted" : "unknown");

/** Whether the visitor said no, in this tab or another: the quick half of {@link refusal}. */
export const saidNo = () => inCookie(DISABLED + "=1;") || inCookie(CONSENT + "=withdrawn;");

/** Ends the session in this browser, and forgets what could not be delivered. */
export const forget = () => {
  setCookie(SESSION, 0);
  attempt(() => {
    indexedDB.deleteDatabase(OUTBOX);
    for (const key in localStorage) if (key.startsWith(OUTBOX)) delete localStorage[key];
  });
};

/**
 * Something true where cookies can be kept. Asked when nothing speaks against keeping one: where there is none to tell,
 * one is set and taken back, as `navigator.cookieEnabled` is true in Chromium 156 and WebKitGTK 2.50 where they are blocked.
 */
export const cookies = (kept = jar()) => kept || (setCookie(SESSION, 9), (kept = jar()), setCookie(SESSION, 0), kept);

/** Keeps an answer in cookie and localStorage, or at least for the life of the page. @param {string} name @param {string} value */
export const keep = (name, value) => {
  // Browsers cap cookies at 400 days.
  setCookie(`${name}=${value}`, value ? 34e6 : 0);
  attempt(() => (value ? (localStorage[name] = value) : delete localStorage[name]));
  memory[name] = 0;
  memory[name] = has(name, value) || value;
};

/** Why nothing may be recorded, as "state reason", or something falsy. @param {any} options */
export const refusal = (options = {}, answer = consent()) =>
  /** @type {any} */ (window).afterimageDisabled == true || on(options.disabled ?? false)
    ? "disabled page"
    : has(DISABLED, "1")
      ? "disabled visitor"
      : on(options.gpc) && /** @type {any} */ (navigator).globalPrivacyControl
        ? "refused gpc"
        : on(options.dnt) && navigator.doNotTrack == "1"
          ? "refused dnt"
          : on(options.minor ?? false)
            ? "refused minor"
            : answer == "withdrawn"
              ? "refused consent"
              : answer != "granted" && options.consent == "required"
                ? "waiting consent"
                : options.withoutCookies == "nothing" && !cookies() && "refused cookies";

/**
 * Whether the session is one of those left out. One that is recorded stays in, one that is left out stays out for as
 * long as it would have lasted without activity (half an hour); a rate of 0 leaves out all.
 * @param {any} options
 */
export const sampledOut = ({ sample: rate }) => {
  const out = rate >= 0 && rate < 1 && (inCookie(SESSION + "out;") || rate == 0 || (!inCookie(SESSION) && Math.random() >= rate));
  if (out) setCookie(SESSION + "out", 1800);
  return out;
};
