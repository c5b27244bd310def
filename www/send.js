// Delivery: bytes from the module to the collector. When to send, and what an answer means, is decided in Rust.

/** The body of a request that outlives its page; browsers allow 64 KiB for all of them together. */
const KEEPALIVE_BYTES = 60_000;

/** Where the header names the compression: 1 is deflate-raw. */
const COMPRESSION = 4;

/** Compresses off the main thread where the browser can. @param {Uint8Array} payload */
const deflated = (payload) =>
  new Response(new Blob([/** @type {BlobPart} */ (payload)]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();

/**
 * @param {string} url the collector
 * @param {(status: number, snapshot: boolean) => void} answered status 0 for no answer
 * @param {AbortSignal} signal ends what is on its way, compressing included
 */
export const sender = (url, answered, signal) =>
  /** @param {Uint8Array} header @param {Uint8Array} payload @param {boolean} last compressed already, and to outlive the page */
  (header, payload, last) => {
    /** Never rejects: what a page has made of fetch() or Blob is no answer. @param {Uint8Array | ArrayBuffer} body */
    const post = async (body) => {
      let status = 0;
      let snapshot = false;
      try {
        const response = await fetch(url, {
          method: "POST",
          body: new Blob([/** @type {BlobPart} */ (header), /** @type {BlobPart} */ (body)]),
          credentials: "omit",
          referrerPolicy: "no-referrer",
          keepalive: last && body.byteLength < KEEPALIVE_BYTES,
          signal,
        });
        status = response.status;
        snapshot = status === 200 && !!(await response.json())?.snapshot;
      } catch {}
      answered(status, snapshot);
    };
    if (last) return post(payload);
    // A browser that cannot compress sends the payload as it is.
    Promise.resolve(payload)
      .then(deflated)
      .then(
        (body) => ((header[COMPRESSION] = 1), post(body)),
        () => post(payload),
      );
  };
