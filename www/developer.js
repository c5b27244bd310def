// dist/developer.js: what a developer's tools would show, where an option asks for it: what the page writes to its console, and
// which requests it makes. Of objects nothing is read, as getters may act; of requests no body and no header.
import { attempt, on } from "./policy.js";
import { varints } from "./varints.js";

/** In the order of the wire format. */
const LEVELS = ["error", "warn", "info", "log", "debug"];
const INITIATORS = ["fetch", "xmlhttprequest", "beacon", "img", "css", "link", "script", "iframe", "video", "audio"];
/** How many lines, and how many requests, are told of a page view, and how long a line may be: a loop may write for ever. */
const MOST = 1000;
const LONGEST = 500;

/** @param {any} part @returns {string} */
const word = (part) => {
  if (part instanceof Error) return `${part.name}: ${part.message}`;
  return Object(part) === part ? (Array.isArray(part) ? "[…]" : "{…}") : String(part);
};

/** What a line says; styles are for the console. @param {any[]} parts */
const line = ([first, ...rest]) => {
  if (typeof first == "string")
    first = first.replace(/%[sdifoOc]/g, (placeholder) => {
      if (!rest.length) return placeholder;
      const part = rest.shift();
      return placeholder === "%c" ? "" : word(part);
    });
  return [first, ...rest].map(word).join(" ").slice(0, LONGEST);
};

/**
 * @param {Record<string, any>} options
 * @param {<F extends (...args: any[]) => any>(callback: F) => F} guard
 * @param {(request: boolean, text: string, fields: Uint8Array, since: number) => void} tell
 * @returns {() => void} gives everything back
 */
export const developer = (options, guard, tell) => {
  /** @type {(() => void)[]} */
  const taken = [];
  /** So much of a kind, and no more. */
  const few = () => {
    let left = MOST;
    return guard((/** @type {boolean} */ request, /** @type {string} */ text, /** @type {number} */ since, /** @type {number[]} */ ...numbers) => void (left-- > 0 && tell(request, text, Uint8Array.from(varints(...numbers)), since)));
  };
  if (on(options.console ?? false)) {
    const log = few();
    /** @type {any} */
    const console = window.console;
    LEVELS.forEach((name, level) => {
      const native = console[name];
      if (typeof native != "function") return;
      let listening = true;
      const own = {
        /** @this {any} @param {any[]} parts */
        [name](...parts) {
          if (listening) attempt(() => log(false, line(parts), performance.now(), level));
          return native.apply(this, parts);
        },
      }[name];
      console[name] = own;
      taken.push(() => {
        listening = false;
        if (console[name] === own) console[name] = native;
      });
    });
  }
  if (on(options.network ?? false)) {
    const request = few();
    const collector = new URL(options.collector, document.baseURI).href;
    const observer = new PerformanceObserver(
      guard((entries) => {
        for (const { name, initiatorType, startTime, duration, responseStatus, transferSize } of /** @type {PerformanceResourceTiming[]} */ (entries.getEntries()))
          if (!name.startsWith(collector))
            // A request that a key of a secret made may end long after it.
            request(true, name, startTime, INITIATORS.indexOf(initiatorType) + 1, startTime, duration, responseStatus, transferSize);
      }),
    );
    observer.observe({ type: "resource", buffered: true });
    taken.push(() => observer.disconnect());
  }
  return () => taken.forEach((give) => give());
};
