// dist/canvas.js: what canvases show, as images now and then. Fetched only where the option `canvas` asks for it. Takes
// nothing of the page over: no context is asked for that the page has not made, no function of the page's is another.
import { picture } from "./picture.js";
import { varints } from "./varints.js";

/** A canvas that stays as it is, is looked at ever more seldom, down to this. */
const SLOWEST_MS = 8000;
/** What all images of a page may bring together, bytes a millisecond. */
const PACE = 20;
/** How long a worker may take to say that it works. */
const PATIENCE_MS = 3000;
/** What canvases often answer. */
const DONE = "pointerdown pointerup keydown wheel";

/** As the wire format has it: the page may not read it either. */
const UNREADABLE = 0;

/** @param {any} of @param {string} type @param {number} quality @returns {Promise<Blob>} */
const blob = (of, type, quality) =>
  new Promise((resolve, reject) => of.toBlob((/** @type {Blob | null} */ made) => (made ? resolve(made) : reject()), type, quality));
/** @param {number} width @param {number} height */
const surface = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

/** Makes images in a worker, or here where there is none. */
const maker = () => {
  /** @type {Map<number, (made: any) => void>} */
  const asked = new Map();
  let last = 0;
  /** @type {Worker | undefined} */
  let worker;
  /** @type {(works: boolean) => void} */
  let answer;
  const ready = new Promise((/** @type {any} */ resolve) => (answer = resolve));
  const fail = (/** @type {Event} */ event) => {
    event?.preventDefault?.();
    worker?.terminate();
    worker = undefined;
    asked.forEach((resolve) => resolve(null));
    asked.clear();
    answer(false);
  };
  const timer = setTimeout(fail, PATIENCE_MS);
  try {
    worker = new Worker(new URL("./canvas-worker.js", import.meta.url));
    worker.onerror = fail;
    worker.onmessage = ({ data: { id, made } }) => {
      clearTimeout(timer);
      answer(true);
      asked.get(id)?.(made);
      asked.delete(id);
    };
  } catch (/** @type {any} */ error) {
    clearTimeout(timer);
    fail(error);
  }
  return {
    ready,
    /** Throws what `picture` throws, and where a worker may not have it. @param {ImageBitmap} shown @param {number} edge @param {number | undefined} before */
    async make(shown, edge, before) {
      if (!worker) return picture(shown, edge, before, surface, blob).finally(() => shown.close());
      const id = ++last;
      try {
        worker.postMessage({ id, shown, edge, before }, [shown]);
      } catch (error) {
        shown.close();
        throw error;
      }
      const made = await new Promise((resolve) => asked.set(id, resolve));
      if (made?.name) throw made;
      return made;
    },
    stop() {
      clearTimeout(timer);
      worker?.terminate();
      asked.clear();
    },
  };
};

/** Whether a canvas keeps what was drawn: one for WebGL is empty once it was shown. Only asked of one that has a context. @param {any} canvas */
const keeps = (canvas) => {
  try {
    return !!canvas.getContext("2d");
  } catch {
    return true; // a worker's
  }
};

/** @param {unknown} value @param {number} least @param {number} most @param {number} otherwise */
const within = (value, least, most, otherwise) => Math.min(Math.max(Number(value) || otherwise, least), most);

/**
 * @param {{ canvas: unknown, canvasEdge?: unknown }} options
 * @param {<F extends (...args: any[]) => any>(callback: F) => F} guard
 * @param {{ came(root: any): void }} known is told of what is new in the page
 * @param {Map<any, (() => void)[]>} taken documents and shadow roots that are recorded, and how they get back what was taken
 * @param {() => void} take has the recorder know what the page has changed
 * @param {() => void} soon has it look at that
 * @param {any} recorder its `drawn` records what a canvas shows, unless rules or the moment forbid it: the fields of the wire
 *   format's `Canvas` behind its node. Without any, it only says whether they do
 */
export const canvases = (options, guard, known, taken, take, soon, recorder) => {
  const end = taken.get(document);
  // It was over before this was fetched.
  if (!end) return;
  const least = 1000 / within(options.canvas === true ? 1 : options.canvas, 0.05, 4, 1);
  const edge = within(options.canvasEdge, 64, 2000, 640);
  const { ready, make, stop } = maker();
  const drawn = guard((/** @type {Element} */ canvas, /** @type {number[]} */ numbers = [], /** @type {ArrayBuffer} */ image = new ArrayBuffer(0)) => {
    const head = varints(...numbers, ...(numbers[0] ? [image.byteLength] : []));
    const fields = new Uint8Array(head.length + image.byteLength);
    fields.set(head);
    fields.set(new Uint8Array(image), head.length);
    take();
    soon();
    return recorder.drawn(canvas, fields);
  });
  /**
   * What is known of a canvas: when it is looked at again, what was told of it in which epoch.
   * @typedef {{ wait: number, timer?: any, digest?: number, epoch: number, told: boolean }} Known
   */
  /** @type {WeakMap<Element, Known>} */
  const looked = new WeakMap();
  /** Those in sight. @type {Set<any>} */
  const seen = new Set();
  let epoch = 0;
  /** No image before this moment. */
  let free = 0;
  let over = false;

  /** @param {any} canvas */
  const of = (canvas) => {
    let one = looked.get(canvas);
    if (one?.epoch !== epoch) looked.set(canvas, (one = { ...one, wait: least, digest: undefined, epoch, told: false }));
    return one;
  };

  /** The frame's own callbacks have all run by the time that sizes are told: what is drawn for WebGL is there until then. */
  const sizes = new ResizeObserver(
    guard((entries) => {
      for (const { target } of entries) {
        sizes.unobserve(target);
        look(target);
      }
    }),
  );

  /** @param {any} canvas @param {number} delay */
  const later = (canvas, delay) => {
    const one = of(canvas);
    clearTimeout(one.timer);
    if (over || !seen.has(canvas)) return;
    const wait = Math.max(delay, free - performance.now());
    one.timer = setTimeout(
      // Where nothing is painted, no frame comes: a page that is hidden costs nothing.
      guard(() => (canvas.ownerDocument.defaultView ?? window).requestAnimationFrame(guard(() => seen.has(canvas) && sizes.observe(canvas)))),
      wait,
    );
  };

  /** @param {any} canvas */
  const look = async (canvas) => {
    const one = of(canvas);
    const { width, height } = canvas;
    let wait = (one.wait = Math.min(one.wait * 2, SLOWEST_MS));
    try {
      if (!width || !height || !drawn(canvas)) return;
      const made = await make(await createImageBitmap(canvas), edge, one.digest);
      // Of another epoch nothing is known of what was told.
      if (over || !made || of(canvas) !== one || made.digest === one.digest) return;
      if (made.blank && (one.digest === undefined || !keeps(canvas))) return;
      if (!drawn(canvas, [width, height, made.format], made.image)) return;
      one.digest = made.digest;
      one.told = true;
      wait = one.wait = least;
      free = Math.max(free, performance.now()) + (made.image?.byteLength ?? 0) / PACE;
    } catch (/** @type {any} */ error) {
      // What is not the page's own to read: its size is all there is of it.
      if (!over && /Security|DataClone/.test(error?.name) && of(canvas) === one && !one.told)
        one.told = drawn(canvas, [width, height, UNREADABLE]);
    } finally {
      later(canvas, wait);
    }
  };

  const sight = new IntersectionObserver(
    guard((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) seen.delete(target);
        else if (!seen.has(target)) {
          seen.add(target);
          later(target, 0);
        }
      }
    }),
  );
  const hurry = guard(() => {
    for (const canvas of seen) {
      const one = of(canvas);
      if (one.wait > least) later(canvas, (one.wait = least) / 4);
    }
  });
  const each = (/** @type {"addEventListener" | "removeEventListener"} */ what) =>
    DONE.split(" ").forEach((name) => globalThis[what](name, hurry, { capture: true, passive: true }));
  each("addEventListener");

  /** Something is new in the page; a document or shadow root is recorded from now on. @param {any} root */
  const came = (root) => {
    // All of it is told anew.
    if (root === document) {
      epoch++;
      seen.forEach((canvas) => later(canvas, 0));
    }
    const found = [...(root.querySelectorAll?.("canvas") ?? [])];
    if (root.localName === "canvas") found.push(root);
    ready.then(() => {
      if (over) return;
      for (const canvas of found) {
        // What came again is another node.
        const one = looked.get(canvas);
        if (one) Object.assign(one, { digest: undefined, told: false });
        sight.observe(canvas);
        later(canvas, 0);
      }
    });
  };
  const before = known.came;
  known.came = (root) => {
    before(root);
    came(root);
  };
  [...taken.keys()].forEach(came);
  end.push(() => {
    over = true;
    known.came = before;
    sight.disconnect();
    sizes.disconnect();
    for (const canvas of seen) clearTimeout(of(canvas).timer);
    seen.clear();
    each("removeEventListener");
    stop();
  });
};
