// Calls back at a moment, or as soon as the page had its turn.

/** How long what is due waits for the page to be idle, milliseconds: a busy page is left alone, and what comes and goes
 * meanwhile costs nothing. */
const PATIENCE_MS = 200;

/** @param {<F extends (...args: any[]) => any>(callback: F) => F} guard @param {() => void} rings */
export const alarm = (guard, rings) => {
  const { port1, port2 } = new MessageChannel();
  // Not in WebKit.
  const { requestIdleCallback, cancelIdleCallback } = window;
  /** @type {any} */
  let timer;
  /** @type {any} */
  let idle;
  let at = Infinity;
  let posted = false;
  const clear = () => {
    clearTimeout(timer);
    if (idle) cancelIdleCallback(idle);
    idle = 0;
  };
  const go = guard(() => {
    clear();
    at = Infinity;
    posted = false;
    rings();
  });
  const due = guard(() => {
    if (requestIdleCallback) idle = requestIdleCallback(go, { timeout: PATIENCE_MS });
    else go();
  });
  port1.onmessage = go;
  return {
    /** Sets it, if it is not set to an earlier moment. @param {number} delay milliseconds; infinite for not at all */
    set(delay) {
      const moment = performance.now() + delay;
      if (posted || moment >= at) return;
      if (delay > 0) {
        clear();
        at = moment;
        timer = setTimeout(due, delay);
      } else {
        posted = true;
        port2.postMessage(0);
      }
    },
    /** The page comes back from the cache, where Firefox 153 loses messages that were on their way. */
    back: go,
    end() {
      clear();
      port1.onmessage = null;
      port1.close();
      posted = true;
    },
  };
};
