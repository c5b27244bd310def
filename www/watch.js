// What the recorder takes from the page, its frames and its shadow trees, and how each of them gets it back: listeners,
// and layers over the few native functions that change the page without an observer being told. A layer that somebody
// has put one of their own upon stays, and only passes calls on.

import { animations } from "./animations.js";
import { attempt } from "./policy.js";

/** What is heard of nodes: on the page's window and on documents in frames. */
const COMPOSED =
  "pointermove pointerdown pointerup pointercancel click dblclick contextmenu focus blur dragstart drop";
/** What may be done to a protected field: there, and on closed shadow roots, as outside of them nobody is told to which. */
const TYPED = "input beforeinput keydown copy cut paste compositionend";
/** What does not leave a shadow tree: there too. */
const LOCAL = "scroll change submit invalid reset play pause seeked volumechange ratechange toggle";
/** What becomes of the page: on its window, and on its document. */
const PAGE = "pagehide pageshow online offline resize error unhandledrejection popstate hashchange load beforeprint afterprint";
const DOCUMENT = "visibilitychange freeze resume fullscreenchange selectionchange";

/** @param {EventTarget} target @param {string} names @param {(event: any) => void} heard */
const listen = (target, names, heard) => {
  const each = (/** @type {"addEventListener" | "removeEventListener"} */ what) =>
    names.split(" ").forEach((name) => target[what](name, heard, { capture: true, passive: true }));
  each("addEventListener");
  return () => each("removeEventListener");
};

/**
 * Over a function of a class, or what sets a property of it, or gets it.
 * @param {any} kind @param {string} name
 * @param {(self: any, args: any[], result: any) => void} seen
 * @param {"get"} [get]
 */
const layer = (kind, name, seen, get) => {
  const prototype = kind?.prototype;
  const native = Object.getOwnPropertyDescriptor(prototype ?? {}, name);
  const part = get ?? (native?.set ? "set" : "value");
  const call = native?.[part];
  if (!native?.configurable || typeof call != "function") return () => {};
  let on = true;
  const own = {
    /** @this {any} @param {any[]} args */
    [name](...args) {
      const result = call.apply(this, args);
      if (on) seen(this, args, result);
      return result;
    },
  }[name];
  Object.defineProperty(prototype, name, { ...native, [part]: own });
  return () => {
    on = false;
    if (Object.getOwnPropertyDescriptor(prototype, name)?.[part] === own) Object.defineProperty(prototype, name, native);
  };
};

/**
 * Over the class of fonts, whose sources can be had at no other time. What is in memory is not told.
 * @param {any} view @param {Map<any, string>} made
 */
const fonts = (view, made) => {
  const native = view.FontFace;
  if (!native) return () => {};
  const own = (view.FontFace = new Proxy(native, {
    construct(kind, args, target) {
      const face = Reflect.construct(kind, args, target);
      if (typeof args[1] == "string") made.set(face, args[1]);
      return face;
    },
  }));
  return () => {
    if (view.FontFace === own) view.FontFace = native;
  };
};

/** How many declarations, lists of media and of sheets are looked at that pages have asked for, and may change. */
const MOST_HELD = 99;

/** What declarations, or media, say. @param {any} part @returns {string} */
const words = (part) => part.cssText ?? part.mediaText;

/** Where a rule stands in its sheet: positions, innermost last; nowhere for a sheet. @param {any} rule @returns {number[]} */
const path = (rule) => {
  const above = rule.parentRule ?? rule.parentStyleSheet;
  return above?.cssRules ? [...path(above), [...above.cssRules].indexOf(rule)] : [];
};

/**
 * @param {any} view a window; frames have classes of their own
 * @param {(of: any, rule: string | null, index: number) => void} rule of a sheet or a rule; index -1: the whole sheet is
 *   another
 * @param {(rule: any) => void} edited what a rule says is another
 * @param {(of: any, args: any[], part: any) => void} held the page has declarations or media of a rule or sheet in hands
 * @param {(node: any) => void} adopts a document or shadow root was asked for the sheets it adopts, or has others
 * @param {(node: any) => void} layered
 * @param {(animation: any) => void} stirred
 * @param {Map<any, string>} made fonts that nobody has used yet
 * @param {(node: Node, root: ShadowRoot | null) => void} root a shadow root was attached to an element; without one, the
 *   document or shadow root has adopted other sheets
 */
const layers = (view, rule, edited, held, adopts, layered, stirred, made, root) => {
  const { CSSStyleSheet, CSSStyleDeclaration, Document, ShadowRoot } = view;
  /** @param {any} self */
  const declared = (self) => self.parentRule && edited(self.parentRule);
  /** @param {any} self */
  const whole = (self) => rule(self, null, -1);
  return [
    // In some engines a style rule is a grouping rule.
    ...[CSSStyleSheet, view.CSSGroupingRule, view.CSSStyleRule].flatMap((kind) => [
      layer(kind, "insertRule", (self, [text, index = 0]) => rule(self, `${text}`, index)),
      layer(kind, "deleteRule", (self, [index]) => rule(self, null, index)),
    ]),
    layer(CSSStyleSheet, "replaceSync", whole),
    layer(CSSStyleSheet, "replace", (sheet, _, done) => done.then(() => whole(sheet), () => {})),
    layer(view.StyleSheet, "disabled", whole),
    layer(view.HTMLStyleElement, "disabled", ({ sheet }) => sheet && whole(sheet)),
    ...[view.StyleSheet, view.CSSMediaRule].map((kind) => layer(kind, "media", held, "get")),
    ...[view.CSSStyleRule, view.CSSKeyframeRule].map((kind) => layer(kind, "style", held, "get")),
    ...["appendRule", "deleteRule"].map((name) => layer(view.CSSKeyframesRule, name, edited)),
    fonts(view, made),
    layer(view.CSSStyleRule, "selectorText", edited),
    ...["setProperty", "removeProperty", "cssText"].map((name) => layer(CSSStyleDeclaration, name, declared)),
    ...[Document, ShadowRoot].flatMap((kind) => [
      layer(kind, "adoptedStyleSheets", adopts),
      layer(kind, "adoptedStyleSheets", adopts, "get"),
    ]),
    layer(view.HTMLDialogElement, "showModal", layered),
    layer(view.Element, "animate", (_, __, animation) => stirred(animation)),
    // Whatever is done to one, or set.
    ...Object.keys(view.Animation?.prototype ?? {}).map((name) => layer(view.Animation, name, stirred)),
    layer(view.KeyframeEffect, "setKeyframes", stirred),
    layer(view.Element, "attachShadow", (host, _, shadow) => root(host, shadow)),
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
 * @param {() => void} soon there will be something to look at
 * @param {(sheet: any, owner: any, rule: string | null, ...path: number[]) => void} rule
 * @param {(element: any) => void} layered
 * @param {(element: Element, json: string, since: number) => void} animated
 * @param {Parameters<typeof layers>[8]} root
 */
export const watch = (guard, happened, soon, rule, layered, animated, root) => {
  /** Rules that say something else. @type {Set<any>} */
  const edits = new Set();
  const edited = guard((rule) => {
    // Into keyframes nothing is put at a place.
    edits.add(rule.parentRule?.appendRule ? rule.parentRule : rule);
    soon();
  });
  /** What pages have asked for of sheets and rules, and what it said. @type {Map<any, [any, string]>} */
  const parts = new Map();
  const held = guard((of, _, part) => {
    if (!parts.has(part)) parts.set(part, [of, words(part)]);
    if (parts.size > MOST_HELD) parts.delete(parts.keys().next().value);
    soon();
  });
  /** Fonts that scripts have made and not put to use yet, with their sources. @type {Map<any, string>} */
  const made = new Map();
  /** @param {any} of @param {string | null} text @param {number} index */
  const ruled = (of, text, index) => {
    const way = [...path(of), index];
    // So deep nobody nests, and imported sheets are rules': then it is read as a whole.
    if (way.length > 3 || way.indexOf(-1) >= 0) way.length = 0;
    const sheet = of.parentStyleSheet ?? of;
    rule(sheet, sheet.ownerNode, text, ...way, -1, -1, -1);
  };
  /** Elements that are animated otherwise than was told, since when. @type {Map<Element, number>} */
  const stirs = new Map();
  const ends = new AbortController();
  /** Something is done to an animation, its effect, or told of it. @type {(of: any) => void} */
  const stirred = guard((of) => {
    const { target } = of.effect ?? of.target?.effect ?? of;
    if (!target) return;
    stirs.set(target, performance.now());
    // Style sheets cancel, too. How one ends is known by how it began.
    of.addEventListener?.("cancel", stirred, ends);
    soon();
  });

  /** Style sheets as roots had adopted them. @type {WeakMap<any, any[]>} */
  const adopted = new WeakMap();
  /** Roots whose list of them was set, or asked for, of late. */
  const asked = new Set();
  let asking = false;
  const adopts = guard((node) => {
    if (asking) return;
    asked.add(node);
    soon();
  });
  /** @param {any} node @returns {any[]} */
  const sheets = (node) => {
    asking = true;
    const all = [...(node.adoptedStyleSheets ?? [])];
    asking = false;
    return all;
  };

  /** How documents and shadow roots get back what was taken from them. @type {Map<any, (() => void)[]>} */
  const taken = new Map();

  const heard = guard(happened);
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
        listen(top ? view : node, `${COMPOSED} ${LOCAL}`, heard),
        listen(top ? view : node, TYPED, typed),
        listen(node, "load", heard),
        ...(top ? [listen(view, PAGE, heard), listen(node, DOCUMENT, heard)] : []),
        ...(top && view.visualViewport ? [listen(view.visualViewport, "resize scroll", heard)] : []),
        ...(top && view.navigation ? [listen(view.navigation, "currententrychange", heard)] : []),
        ...layers(view, guard(ruled), edited, held, adopts, guard(layered), stirred, made, root),
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

    /** Looks at what nobody tells of, and says whether there may be more. */
    look() {
      for (const [part, [of, before]] of parts)
        if (words(part) !== before) {
          parts.set(part, [of, words(part)]);
          of.cssText ? edited(of) : ruled(of, null, -1);
        }
      for (const rule of edits)
        if (rule.parentStyleSheet) {
          const index = path(rule).pop();
          for (const text of [null, rule.cssText]) ruled(rule.parentRule ?? rule.parentStyleSheet, text, index ?? -1);
        }
      edits.clear();
      for (const [face, source] of made)
        if (document.fonts.has(face)) {
          const { family, weight } = face;
          made.delete(face);
          rule(null, null, `@font-face{font-family:${family};src:${source};font-weight:${weight}}`, -1, -1, -1);
        }
      // Where there are hundreds of roots, asking all of them was most of what a page of components cost.
      for (const node of taken.size > MOST_HELD ? asked : taken.keys()) {
        const now = sheets(node);
        // Of one that was not entered nothing is known.
        const before = adopted.get(node) ?? now;
        if (now.length === before.length && before.every((sheet, i) => sheet === now[i])) continue;
        adopted.set(node, now);
        root(node, null);
      }
      // The page may still have the list of one in hands, but not of that many.
      if (asked.size > MOST_HELD) asked.clear();
      return parts.size + made.size;
    },

    /** Tells what animates elements by now. */
    animate() {
      for (const [element, since] of stirs) animated(element, animations(element), since);
      stirs.clear();
    },

    taken,

    /** A document or shadow root is recorded from now on. @param {Node} node */
    enter(node) {
      if (!taken.has(node)) taken.set(node, take(node));
      // What style sheets let run begins in a replay when it comes.
      attempt(() => {
        for (const one of /** @type {any} */ (node).getAnimations())
          if (!one.animationName || one.playState !== "running") stirred(one);
      });
      adopted.set(node, sheets(node));
    },

    /** Lets go of what is no longer in the page, or of everything. @param {boolean} all */
    leave(all) {
      if (all) {
        off();
        ends.abort();
      }
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
