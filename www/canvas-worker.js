// dist/canvas-worker.js: makes images of canvases where the page is not kept waiting. Says once that it can.
import { picture } from "./picture.js";

const scope = /** @type {any} */ (self);

scope.onmessage = async (/** @type {MessageEvent} */ { data: { id, shown, edge, before } }) => {
  const surface = (/** @type {number} */ width, /** @type {number} */ height) => new OffscreenCanvas(width, height);
  const blob = (/** @type {any} */ of, /** @type {string} */ type, /** @type {number} */ quality) => of.convertToBlob({ type, quality });
  const made = await picture(shown, edge, before, surface, blob).catch((error) => ({ name: `${error?.name}`, image: undefined }));
  shown.close();
  scope.postMessage({ id, made }, made.image ? [made.image] : []);
};

// Not before Safari 16.4; there without the method of a canvas for 2D before 17.
if (new OffscreenCanvas(1, 1).getContext("2d") && "convertToBlob" in OffscreenCanvas.prototype) scope.postMessage({});
