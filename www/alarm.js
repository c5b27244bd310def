// Calls back at a moment, or as soon as the page had its turn.

/** @param {<F extends (...args: any[]) => any>(callback: F) => F} guard @param {() => void} rings */
export const alarm = (guard, rings) => {
  const { port1, port2 } = new MessageChannel();
  /** @type {any} */
  let timer;
  let at = Infinity;
  let posted = false;
  const go = guard(() => {
    clearTimeout(timer);
    at = Infinity;
    posted = false;
    rings();
  });
  port1.onmessage = go;
  return {
    /** Sets it, if it is not set to an earlier moment. @param {number} delay milliseconds; infinite for not at all */
    set(delay) {
      const moment = performance.now() + delay;
      if (posted || moment >= at) return;
      if (delay > 0) {
        clearTimeout(timer);
        at = moment;
        timer = setTimeout(go, delay);
      } else {
        posted = true;
        port2.postMessage(0);
      }
    },
    /** The page comes back from the cache, where Firefox 153 loses messages that were on their way. */
    back: go,
    end() {
      clearTimeout(timer);
      port1.onmessage = null;
      port1.close();
      posted = true;
    },
  };
};
