// An image of what a canvas shows, made where it is least in the way: in canvas-worker.js, or on the page's thread where the
// page's policy allows no worker.

/** Most bytes of an image: several fit into a batch, and into what outlives a page. */
const MOST_BYTES = 30_000;
/** An image below this many pixels tells nothing any more. */
const LEAST_EDGE = 64;
const QUALITY = 0.7;

/**
 * What an image is of: a `digest` of its pixels; nothing else if that is the one `before`. Otherwise whether it is `blank`, and
 * its format, as the wire format has it, with its bytes.
 * @typedef {{ digest: number, blank?: boolean, format?: number, image?: ArrayBuffer }} Picture
 */

/**
 * @param {ImageBitmap} shown
 * @param {number} edge how long the image's longer edge may be
 * @param {number | undefined} before
 * @param {(width: number, height: number) => any} surface makes a canvas
 * @param {(surface: any, type: string, quality: number) => Promise<Blob>} blob
 * @returns {Promise<Picture>}
 */
export const picture = async (shown, edge, before, surface, blob) => {
  let digest = 0;
  let [some, opaque] = [0, true];
  for (let size = edge; size >= LEAST_EDGE || size === edge; size /= 2) {
    const scale = Math.min(1, size / Math.max(shown.width, shown.height));
    const [width, height] = [shown.width, shown.height].map((length) => Math.max(1, Math.round(length * scale)));
    const drawn = surface(width, height);
    const context = drawn.getContext("2d", { willReadFrequently: true });
    context.drawImage(shown, 0, 0, width, height);
    if (size === edge) {
      digest = width * 65599 + height;
      const { data } = context.getImageData(0, 0, width, height);
      for (const pixel of new Uint32Array(data.buffer)) {
        digest = Math.imul(digest ^ pixel, 16777619);
        some |= pixel;
        opaque &&= pixel >>> 24 === 255;
      }
      if (digest === before) return { digest };
    }
    let format = 2;
    let made = await blob(drawn, "image/webp", QUALITY);
    // WebKit makes a PNG of it.
    if (made.type !== "image/webp") {
      format = opaque ? 3 : 4;
      if (opaque) made = await blob(drawn, "image/jpeg", QUALITY);
    }
    if (made.size <= MOST_BYTES) return { digest, blank: !some, format, image: await made.arrayBuffer() };
  }
  return { digest, format: 1 };
};
