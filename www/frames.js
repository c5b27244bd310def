// dist/frames.js: pages of other origins in frames, where the option `frames` asks for it on both sides. A page tells the one
// around it that it is there; that one answers with a port, and the ids of its session and of a page view in it. What the
// page in the frame shows goes to the collector by itself: none of it passes through the page around it, which could read it.
//
// Nothing is said to origins that are not listed, and nothing is taken from them; nor, in either direction, from a window
// that is not the page's parent, or in a frame of a document that is recorded.
import { attempt, origins } from "./policy.js";

/** How long a page in a frame waits for the one around it before it records by itself, milliseconds. */
const WAIT_MS = 2000;
/** What a port says: the recording goes on, or is over; to the page in the frame also that nothing of it is wanted. */
const ALIVE = 2;
const END = 0;
const DISCARD = 1;

/** Random bytes, a character each. */
const random = () => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(8)));
/** @param {string} bytes */
const fields = (bytes) => Uint8Array.from("\b" + bytes, (byte) => byte.charCodeAt(0));
const NONE = new Uint8Array(0);

/**
 * @param {Record<string, any>} options
 * @param {<F extends (...args: any[]) => any>(callback: F) => F} guard
 * @param {object} page
 * @param {(joined?: any) => void} page.join begins a page view: of the session of the page around it, if it has joined that
 * @param {() => void} page.touch something happens in a frame
 * @param {() => string | undefined} page.state of the recording, if there is one
 * @param {(discard: number) => void} page.end ends the recording
 */
export const frames = (options, guard, { join, touch, state, end }) => {
  const listed = origins(options.frames);
  /** Both have the same collector, site and policy, or do not join. */
  const key = ["afterimage", new URL(options.collector, document.baseURI).href, options.site, options.policy ?? "default"].join(" ");
  const around = window.parent;
  /** Says which document says so. */
  const nonce = random();
  /**
   * Frames whose pages join.
   * @typedef {{ origin: string, nonce: string, view: string, told?: boolean, given?: boolean, port?: MessagePort }} Inner
   * @type {Map<HTMLIFrameElement, Inner>}
   */
  const inner = new Map();
  /** To the page around it. @type {MessagePort | undefined} */
  let outer;
  /** What is recorded now. @type {any[] | undefined} */
  let hosting;

  /** As text that is JSON: whatever a page does with messages that are not its own, it may expect. @param {Window | null} to @param {string} origin @param {string[]} words */
  const send = (to, origin, ...words) => to?.postMessage(JSON.stringify([key, ...words]), origin);

  /** @param {MessagePort | undefined} port @param {number} last */
  const close = (port, last) => {
    port?.postMessage(last);
    port?.close();
  };

  // ---- in a frame ------------------------------------------------------------------------------------------

  /** @param {string} origin */
  const hello = (origin) => send(around, origin, nonce);

  /** @param {any[]} offer */
  const joined = ([session, by, view]) => {
    if (state() && state() !== "recording") return;
    clearTimeout(timer);
    join({
      // No cookie: the session is that of the page around it, and ends with it. Of its secret only the hash is known.
      session: { secret: session, pageViews: 0, visits: 0, touch: () => (outer?.postMessage(ALIVE), 2) },
      around: by,
      pageView: view,
    });
  };

  /** @param {MessagePort} port */
  const listen = (port) => {
    close(outer, END);
    outer = port;
    port.onmessage = guard(({ data }) => {
      if (outer !== port) return;
      if (isOffer(data)) joined(data);
      else {
        outer = undefined;
        port.close();
        end(data);
      }
    });
  };

  /** @param {any} data */
  const isOffer = (data) => data?.length === 3 && /^[\da-f]{32}$/.test(data[0]) && /^[\0-\xff]{16}$/.test(data[1] + data[2]);

  // ---- around a frame --------------------------------------------------------------------------------------

  /** @param {HTMLIFrameElement} frame @param {number} last */
  const leave = (frame, last) => {
    close(inner.get(frame)?.port, last);
    inner.delete(frame);
  };

  /** Tells which frames show what, and their pages in what they take part. */
  const tell = guard(() => {
    if (!hosting || state() !== "recording") return;
    const [session, known, , soon, recorder] = hosting;
    for (const [frame, one] of inner) {
      const may = recorder.drawn(frame, one.told ? NONE : fields(one.view), true);
      // It is gone, or a mark above it says no by now.
      if (!may && (one.told || !frame.isConnected)) leave(frame, END);
      if (may && !one.told) soon();
      if (may && !one.given) {
        one.given = true;
        const offer = [session, known.pageView, one.view];
        if (one.port) one.port.postMessage(offer);
        else {
          const { port1, port2 } = new MessageChannel();
          one.port = port1;
          port1.onmessage = guard(({ data }) => (data === ALIVE ? touch() : inner.get(frame) === one && leave(frame, END)));
          frame.contentWindow?.postMessage(JSON.stringify([key, ...offer]), one.origin, [port2]);
        }
      }
      one.told = may;
    }
  });

  /** All frames of documents and shadow trees that are recorded. @returns {HTMLIFrameElement[]} */
  const shown = () => [...(hosting?.[2].keys() ?? [])].flatMap((root) => [...root.querySelectorAll("iframe")]);

  const heard = guard((/** @type {MessageEvent} */ event) => {
    const { data, source, origin, ports } = event;
    if (!listed.includes(origin) || `${data}`.indexOf(key) !== 2) return;
    const [name, ...words] = attempt(() => JSON.parse(data)) ?? [];
    if (name !== key) return;
    if (source === around && source !== window) {
      if (!words[0]) outer || hello(origin);
      else if (isOffer(words) && ports[0]) {
        listen(ports[0]);
        joined(words);
      }
    } else {
      const frame = shown().find(({ contentWindow }) => contentWindow === source);
      if (frame && words[0] && inner.get(frame)?.nonce !== words[0]) {
        leave(frame, END);
        inner.set(frame, { origin, nonce: words[0], view: random() });
        tell();
      }
    }
    // It is nothing to the page.
    event.stopImmediatePropagation();
  });

  addEventListener("message", heard, true);
  /** @type {any} */
  let timer;
  if (around !== window) {
    // Where the browser says whose page is around it, nobody else is asked.
    const [by] = location.ancestorOrigins ?? [];
    const asked = listed.filter((origin) => !by || origin === by);
    asked.forEach(hello);
    if (!state()) timer = setTimeout(guard(() => state() || join()), asked.length && WAIT_MS);
  }

  return {
    /**
     * A page view is recorded from now on.
     * @param {string} session @param {any} known see facts.js @param {Map<any, any>} taken what is recorded of the page
     * @param {() => void} soon @param {any} recorder
     */
    host(session, known, taken, soon, recorder) {
      hosting = [session, known, taken, soon, recorder];
      if (known.around) recorder.drawn(document, fields(known.around), true);
      const { came } = known;
      known.walked = tell;
      known.came = (/** @type {any} */ root) => {
        came(root);
        // All of it is told anew.
        if (root === document) inner.forEach((one) => (one.told = false));
      };
      for (const one of inner.values()) Object.assign(one, { view: random(), told: false, given: false });
      // Those that came first said so to nobody.
      for (const { src, contentDocument, contentWindow } of shown()) {
        const origin = attempt(() => new URL(src).origin) ?? "";
        if (!contentDocument && listed.includes(origin)) send(contentWindow, origin);
      }
      soon();
    },
    /** It is over. @param {number} [discard] */
    end(discard = END) {
      clearTimeout(timer);
      removeEventListener("message", heard, true);
      for (const frame of inner.keys()) leave(frame, discard);
      close(outer, END);
      outer = hosting = undefined;
    },
  };
};
