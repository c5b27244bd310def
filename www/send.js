// Delivery: bytes from the module to the collector. When to send, and what an answer means, is decided in Rust.

/** The body of a request that outlives its page; browsers allow 64 KiB for all of them together. */
const KEEPALIVE_BYTES = 60_000;

/**
 * @param {string} url the collector
 * @param {(status: number, snapshot: boolean) => void} answered status 0 for no answer
 * @param {AbortSignal} signal ends what is on its way
 */
export const sender = (url, answered, signal) =>
  /** @param {Uint8Array} header @param {Uint8Array} payload @param {boolean} last to outlive the page */
  async (header, payload, last) => {
    // What a page has made of fetch() or Blob is no answer, and no fault.
    let status = 0;
    let snapshot = false;
    try {
      const response = await fetch(url, {
        method: "POST",
        body: new Blob([/** @type {BlobPart} */ (header), /** @type {BlobPart} */ (payload)]),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        keepalive: last && payload.byteLength < KEEPALIVE_BYTES,
        signal,
      });
      status = response.status;
      snapshot = status === 200 && !!(await response.json())?.snapshot;
    } catch {}
    answered(status, snapshot);
  };
