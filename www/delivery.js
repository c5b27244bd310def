// What is on its way to the collector: which batch goes when, what an answer means, what is kept for later. No I/O and
// no clock of its own: `send.js` and `outbox.js` have those, and node can run it.

/** Requests that outlive their page have 64 KiB together, all of a page's; a little is left to the page itself. */
const KEEPALIVE_BYTES = 60_000;
/** Most bytes that wait; beyond it the oldest are given up, and the gap shows. */
const MOST_BYTES = 4 << 20;
/** First delay after a failure, milliseconds; it doubles with each, up to a probe a minute. */
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** Failures in a row after which the page's end is no reason to try once more. */
const DEAD = 4;
/** Most bytes of a batch that fit into the address of an image. */
const PIXEL_BYTES = 4000;

/**
 * A batch. A large one has a `lean` body, too, as soon as those of its blocks have no `names` that the collector does not know,
 * and `wake` ends the wait for what it says. It is `old` when a page view before this one, or another tab, could not deliver it. `flies` while it is asked about.
 * @typedef {{ body: Uint8Array, at: number, old?: boolean, flies?: boolean, tries?: number, key?: string, safe?: boolean, names?: Uint8Array | 0, lean?: () => Uint8Array, wake?: (value?: any) => void, free?: () => void, stop?: () => void }} Batch
 */

/**
 * @param {object} io
 * @param {(batch: Batch, keepalive: boolean, away: boolean) => Promise<[status: number, snapshot?: boolean, retryMs?: number, stored?: string[]]>} io.post status 0 for no answer
 * @param {(batch: Batch) => Promise<[status: number]>} io.pixel the same by an image, where scripts may ask for nothing
 * @param {(batch: Batch) => void} io.keep remembers a batch beyond this page
 * @param {(batch: Batch) => void} io.drop forgets it
 * @param {(batches: Batch[]) => void} io.copy remembers batches at once, as the page goes away
 * @param {() => boolean} io.may may anything be sent? Asked before each request
 * @param {(status: number, snapshot: boolean, stored?: string[]) => void} io.told the collector wants a snapshot, or no more at all, or has some of what page views before this one may have left
 * @param {(delayMs: number) => void} io.wake calls `pump` then
 * @param {(error: unknown) => void} io.fault something broke that should not
 * @param {() => number} io.now
 * @param {() => number} io.random
 */
export const delivery = ({ post, pixel, keep, drop, copy, may, told, wake, fault, now, random }) => {
  /** Not answered, oldest first. @type {Batch[]} */
  let queue = [];
  let failures = 0;
  let notBefore = 0;
  /** Requests under way, and bytes of those that outlive the page. */
  let flying = 0;
  let outliving = 0;
  /** The collector wants no more of this session. */
  let closed = false;
  /** Whether images reach the collector and nothing else does: 0 who knows, 1 worth a try, 2 so it is. */
  let images = 0;
  /** Who waits until this page view's are answered. @type {(() => void)[]} */
  let waiting = [];

  const settle = () => {
    if (queue.every(({ old }) => old)) waiting.splice(0).forEach((resolve) => resolve());
  };

  /** @param {(batch: Batch) => unknown} which */
  const forget = (which) => {
    queue.filter(which).forEach(drop);
    queue = queue.filter((batch) => !which(batch));
    settle();
  };

  /** @param {Batch} batch @param {boolean} away the page may be gone before the answer comes */
  const send = (batch, away) => ask(batch, away).catch(fault);

  /** @type {typeof send} */
  const ask = async (batch, away) => {
    const size = batch.body.length;
    const image = images && size <= PIXEL_BYTES;
    const keepalive = outliving + size <= KEEPALIVE_BYTES;
    const counted = keepalive ? size : 0;
    batch.flies = true;
    flying++;
    outliving += counted;
    const [status, snapshot = false, retryMs = 0, stored] = await (image ? pixel(batch) : post(batch, keepalive, away));
    flying--;
    outliving -= counted;
    batch.flies = false;
    // What was thrown away hears nothing.
    if (!queue.includes(batch)) return;
    if (image) images = status === 200 ? 2 : 0;
    // Now and then only: browsers ask for an image several times by themselves.
    else if (!status && !images) images = +(failures % 4 === 1);
    // What the wire has changed is refused as broken: worth another try, but not for ever. So is a lean body that names what
    // the collector does not know any more: it is lean but once.
    const broken = /400|409|413|422/.test(`${status}`) && (batch.tries = (batch.tries ?? 0) + 1) < 3;
    if (!status || broken || status === 408 || status === 429 || status >= 500) {
      // What fails while it waits already, as all does that left with the page being hidden, is no failure more.
      if (notBefore <= now()) notBefore = now() + Math.min(FIRST_MS * 2 ** failures++, LONGEST_MS) * (1 + random() / 2);
      notBefore = Math.max(notBefore, now() + retryMs);
      queue.forEach(keep);
    } else {
      // What an image brought says nothing of requests.
      if (!image) failures = notBefore = images = 0;
      // Of a session that is over nothing is wanted; what is left of others still is.
      if (!batch.old && (status === 403 || status === 410)) closed = true;
      forget((other) => other === batch || (closed && !other.old));
      if (!batch.old) told(status, snapshot, stored);
    }
    pump();
  };

  const pump = () => {
    if (flying || !queue.length) return;
    const small = images && queue.find(({ body }) => body.length <= PIXEL_BYTES);
    const wait = notBefore - now();
    if (wait > 0 && !(small && images > 1)) wake(wait);
    // What happens now goes before what was left.
    else if (may()) send(small || (queue.find(({ old }) => !old) ?? queue[0]), false);
  };

  return {
    pump,

    /** Takes a batch; {@link pump} sends it. @param {Uint8Array} body @param {number} at @param {Partial<Batch>} [rest] */
    push(body, at, rest) {
      if (closed && !rest?.old) return;
      const batch = { body, at, ...rest };
      queue.push(batch);
      let bytes = 0;
      const over = new Set([...queue].reverse().filter((other) => (bytes += other.body.length) > MOST_BYTES && !other.flies));
      if (over.size) forget((other) => over.has(other));
      if (failures) keep(batch);
    },

    /** The page is hidden, or goes `away`: all that fits leaves now. @param {boolean} away */
    leave(away) {
      if (!queue.length || !may()) return;
      // Small ones first: what the visitor did is small, what the page looked like is large.
      const small = [...queue].sort((a, b) => a.body.length - b.body.length);
      for (const batch of small)
        if (!batch.flies && failures < DEAD && outliving + batch.body.length <= KEEPALIVE_BYTES) send(batch, away);
      if (away) copy(small);
    },

    /** The page comes back: what was under way when it was frozen may never be answered (seen in Firefox 153). */
    back() {
      queue.forEach(({ stop }) => stop?.());
    },

    /** There is a network again. */
    online() {
      notBefore = 0;
      pump();
    },

    /** A promise that all of this page view is answered. */
    idle: () => new Promise((/** @type {any} */ resolve) => (waiting.push(resolve), settle())),

    /** Throws everything away: the visitor said no. */
    discard() {
      closed = true;
      queue.forEach(({ stop }) => stop?.());
      queue = [];
      settle();
    },
  };
};
