// No fault of the recorder reaches the page. Everything the browser will call is wrapped by `guard`, everything the
// page calls goes through `call`: the first throw ends the recorder for good.

/** @param {(error: unknown) => void} died called once, with what was thrown first */
export const sentry = (died) => {
  let dead = false;
  /** @type {(value?: unknown) => void} */
  let end = () => {};
  const ended = new Promise((resolve) => (end = resolve));

  /** @param {unknown} error */
  const fault = (error) => {
    if (dead) return;
    dead = true;
    end();
    try {
      died(error);
    } catch {}
  };

  return {
    dead: () => dead,
    fault,

    /**
     * Runs what the page asked for; `otherwise` is the answer of a dead recorder. A promise that rejects is a fault too,
     * and one that is pending when the recorder dies settles.
     * @template T @param {() => T} ask @param {T} otherwise @returns {T}
     */
    call(ask, otherwise) {
      if (dead) return otherwise;
      try {
        const answer = /** @type {any} */ (ask());
        if (!answer?.then) return answer;
        const settled = answer.catch((/** @type {unknown} */ error) => (fault(error), otherwise));
        return /** @type {T} */ (Promise.race([settled, ended.then(() => otherwise)]));
      } catch (error) {
        fault(error);
        return otherwise;
      }
    },

    /** @template {(...args: any[]) => any} F @param {F} callback @returns {F} */
    guard(callback) {
      /** @this {any} */
      const guarded = function (/** @type {any[]} */ ...args) {
        if (dead) return release(guarded, args[0], args[1]);
        try {
          return callback.apply(this, args);
        } catch (error) {
          fault(error);
        }
      };
      return /** @type {F} */ (guarded);
    },
  };
};

/**
 * Takes a callback of a dead recorder from whoever still calls it: the target of an event, or an observer, which
 * browsers pass as the second argument.
 * @param {any} guarded @param {any} event @param {any} observer
 */
const release = (guarded, event, observer) => {
  try {
    observer?.disconnect?.();
    for (const capture of [true, false]) event?.currentTarget?.removeEventListener(event.type, guarded, capture);
  } catch {}
};
