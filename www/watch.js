// What the recorder takes from the page, its frames and its shadow trees, and how each of them gets it back: listeners,
// and layers over the few native functions that change the page without an observer being told. A layer that somebody
// has put one of their own upon stays, and only passes calls on.

/** What is heard of nodes: on the page's window and on documents in frames. */
const COMPOSED =
  "pointermove pointerdown pointerup pointercancel click dblclick contextmenu focus blur dragstart drop";
/** What may be done to a protected field: there, and on closed shadow roots, as outside of them nobody is told to which. */
const TYPED = "input beforeinput keydown copy cut paste";
/** What does not leave a shadow tree: there too. */
const LOCAL = "scroll change submit invalid reset play pause seeked volumechange ratechange";
/** What becomes of the page: on its window, and on its document. */
const PAGE = "pagehide pageshow online offline resize error unhandledrejection popstate hashchange load";
const DOCUMENT = "visibilitychange freeze resume";

/** @param {EventTarget} target @param {string} names @param {(event: any) => void} heard */
const listen = (target, names, heard) => {
  const each = (/** @type {"addEventListener" | "removeEventListener"} */ what) =>
    names.split(" ").forEach((name) => target[what](name, heard, { capture: true, passive: true }));
  each("addEventListener");
  return () => each("removeEventListener");
};

/**
 * @param {any} prototype @param {string} name
 * @param {(self: any, args: any[], result: any) => void} seen
 */
const layer = (prototype, name, seen) => {
  const native = prototype?.[name];
  if (typeof native != "function") return () => {};
  let on = true;
  const own = {
    /** @this {any} @param {any[]} args */
    [name](...args) {
      const result = native.apply(this, args);
      if (on) seen(this, args, result);
      return result;
    },
  }[name];
  prototype[name] = own;
  return () => {
    on = false;
    if (prototype[name] === own) prototype[name] = native;
  };
};

/**
 * The same for what is set.
 * @param {any} prototype @param {string} name
 * @param {(self: any) => void} seen
 */
const setter = (prototype, name, seen) => {
  const native = Object.getOwnPropertyDescriptor(prototype ?? {}, name);
  if (!native?.set || !native.configurable) return () => {};
  let on = true;
  const own = {
    ...native,
    /** @this {any} @param {any} value */
    set(value) {
      native.set?.call(this, value);
      if (on) seen(this);
    },
  };
  Object.defineProperty(prototype, name, own);
  return () => {
    on = false;
    if (Object.getOwnPropertyDescriptor(prototype, name)?.set === own.set) Object.defineProperty(prototype, name, native);
  };
};

/**
 * @param {any} view a window; frames have classes of their own
 * @param {(sheet: CSSStyleSheet, rule: string | null, index: number) => void} rule index -1: the whole sheet is another
 * @param {(node: Node, root: ShadowRoot | null) => void} root a shadow root was attached to an element; without one, the
 *   document or shadow root has adopted other sheets
 */
const layers = ({ CSSStyleSheet, Document, Element, ShadowRoot }, rule, root) => {
  const sheets = CSSStyleSheet?.prototype;
  return [
    layer(sheets, "insertRule", (sheet, [text, index = 0]) => rule(sheet, `${text}`, index)),
    layer(sheets, "deleteRule", (sheet, [index]) => rule(sheet, null, index)),
    layer(sheets, "replaceSync", (sheet) => rule(sheet, null, -1)),
    layer(sheets, "replace", (sheet, _, done) => done.then(() => rule(sheet, null, -1), () => {})),
    layer(Element?.prototype, "attachShadow", (host, _, shadow) => root(host, shadow)),
    setter(Document?.prototype, "adoptedStyleSheets", (self) => root(self, null)),
    setter(ShadowRoot?.prototype, "adoptedStyleSheets", (self) => root(self, null)),
  ];
};

/**
 * What browsers measure by themselves of how a page loads and answers, by the numbers of the wire format's `Vital`.
 * @param {<F extends (...args: any[]) => any>(callback: F) => F} guard
 */
const vitals = (guard) => {
  /** @type {number[]} */
  const now = [];
  /** @type {number[]} */
  const told = [];
  /** Longest time to an answer, by interaction. @type {Map<number, number>} */
  const slow = new Map();
  let [shift, since, last] = [0, 0, 0];
  /** @type {PerformanceObserver[]} */
  const observers = [];
  /** @type {Record<string, (entry: any) => void>} */
  const kinds = {
    navigation: (entry) => {
      now[0] = entry.responseStart;
      now[5] = entry.domContentLoadedEventEnd;
      now[6] = entry.loadEventEnd;
    },
    paint: ({ name, startTime }) => {
      if (name == "first-contentful-paint") now[1] = startTime;
    },
    "largest-contentful-paint": ({ startTime }) => (now[2] = startTime),
    // The worst run of shifts, as https://web.dev/articles/cls has them.
    "layout-shift": ({ hadRecentInput, startTime, value }) => {
      if (hadRecentInput) return;
      if (startTime - last > 1000 || startTime - since > 5000) [shift, since] = [0, startTime];
      last = startTime;
      shift += value * 1000;
      now[3] = Math.max(now[3] ?? 0, shift);
    },
    // The slowest answer, but for one in fifty: https://web.dev/articles/inp
    event: ({ interactionId: id, duration }) => {
      if (!id || (slow.size > 500 && !slow.has(id))) return;
      slow.set(id, Math.max(duration, slow.get(id) ?? 0));
      now[4] = [...slow.values()].sort((a, b) => b - a)[Math.floor(slow.size / 50)];
    },
  };
  for (const type in kinds)
    try {
      const observer = new PerformanceObserver(guard((list) => list.getEntries().forEach(kinds[type])));
      observer.observe(/** @type {any} */ ({ type, buffered: true, durationThreshold: 40 }));
      observers.push(observer);
    } catch {}
  return {
    /** Number and value of each that is new. */
    measured: () =>
      now.flatMap((value, metric) => {
        const whole = Math.round(value);
        return told[metric] === whole || whole < 0 ? [] : [[metric, (told[metric] = whole)]];
      }),
    off: () => observers.forEach((observer) => observer.disconnect()),
  };
};

/** Whether a document is still its window's; that of another origin may not be asked. @param {Document} of */
const isShown = (of) => {
  try {
    return of.defaultView?.document === of;
  } catch {}
};

/**
 * @param {<F extends (...args: any[]) => any>(callback: F) => F} guard
 * @param {(event: Event) => void} happened
 * @param {Parameters<typeof layers>[1]} rule
 * @param {Parameters<typeof layers>[2]} root
 */
export const watch = (guard, happened, rule, root) => {
  /** How documents and shadow roots get back what was taken from them. @type {Map<any, (() => void)[]>} */
  const taken = new Map();

  /** Hosts of closed shadow roots that are listened to themselves. */
  const shut = new WeakSet();
  const typed = guard((event) => shut.has(event.target) || happened(event));

  /** @param {any} node */
  const take = (node) => {
    const view = node.defaultView;
    if (view) {
      // Of a frame the document is asked, since its window's name leads to the next one's once there is one. `load`
      // goes no further: <https://dom.spec.whatwg.org/#interface-document> (get the parent).
      const top = node === document;
      return [
        listen(top ? view : node, `${COMPOSED} ${LOCAL}`, happened),
        listen(top ? view : node, TYPED, typed),
        listen(node, "load", happened),
        ...(top ? [listen(view, PAGE, happened), listen(node, DOCUMENT, happened)] : []),
        ...(top && view.navigation ? [listen(view.navigation, "currententrychange", happened)] : []),
        ...layers(view, rule, root),
      ];
    }
    if (!node.host) return [];
    // What is slotted here is heard where it stands, what is composed, on the window.
    const own = guard((event) => event.composed || event.target.getRootNode() !== node || happened(event));
    const all = [listen(node, `${LOCAL} load`, own)];
    if (node.mode == "closed") {
      shut.add(node.host);
      all.push(listen(node, TYPED, typed), () => shut.delete(node.host));
    }
    return all;
  };

  const { measured, off } = vitals(guard);

  return {
    measured,

    /** A document or shadow root is recorded from now on. @param {Node} node */
    enter(node) {
      if (!taken.has(node)) taken.set(node, take(node));
    },

    /** Lets go of what is no longer in the page, or of everything. @param {boolean} all */
    leave(all) {
      if (all) off();
      for (const [node, undo] of taken)
        if (all || !node.isConnected || !isShown(node.ownerDocument ?? node)) {
          taken.delete(node);
          for (const off of undo)
            try {
              off();
            } catch {}
        }
    },
  };
};
