// Serves the pages of the bench and takes what recorders send.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a page loads before its own script, by recorder. */
export const RECORDERS = {
  none: [],
  afterimage: ["dist/afterimage.js", "built/afterimage.js"],
  rrweb: ["built/rrweb.js"],
  datadog: ["modules/@datadog/browser-rum/bundle/datadog-rum.js", "built/datadog.js"],
  sentry: ["built/sentry.js"],
  openreplay: ["built/openreplay.js"],
  posthog: ["modules/posthog-js/dist/array.js", "modules/posthog-js/dist/lazy-recorder.js", "built/posthog.js"],
  clarity: ["modules/clarity-js/build/clarity.min.js", "built/clarity.js"],
};

const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

/** What OpenReplay's tracker asks its server for before it records. */
const SESSION = {
  token: "t", userUUID: "u", sessionID: "1", projectID: "1", delay: 0, startTimestamp: Date.now(), beaconSizeLimit: 1e6, compressionThreshold: 20_000,
  userBrowser: "Chrome", userCity: "", userCountry: "", userDevice: "", userOS: "Linux", userState: "", canvasEnabled: false, canvasQuality: "low", canvasFPS: 1,
  assistOnly: false, features: {}, tags: [],
};

const page = (recorder, name) =>
  `<!doctype html><html><head><title>${name}</title><link rel="icon" href="data:,">${RECORDERS[recorder].map((src) => `<script src="/${src}"></script>`).join("")}</head><body>${name && `<script src="/built/${name}.js"></script>`}</body></html>`;

/** Listens on loopback. `/page/RECORDER/APP` is a page, without APP an empty one, what is below `/sink` is counted and thrown away.
 * @param {string} dist @param {string} built */
export const serve = async (dist, built) => {
  const folders = { built, dist, modules: fileURLToPath(new URL("node_modules", import.meta.url)) };
  let arrived = 0;
  /** What afterimage sent. @type {Buffer[]} */
  const bodies = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const [, kind, ...path] = pathname.split("/");
    if (kind === "sink") {
      const body = [];
      request.on("data", (bytes) => (arrived += body[body.push(bytes) - 1].length));
      request.on("end", () => {
        if (path[0] !== "collect") return response.end(JSON.stringify(SESSION));
        bodies.push(Buffer.concat(body));
        response.writeHead(204).end();
      });
    } else if (kind === "page") response.setHeader("content-type", "text/html").end(page(path[0], path[1]));
    else
      try {
        const bytes = readFileSync(join(folders[kind], ...path));
        response.setHeader("content-type", TYPES[pathname.split(".").at(-1)] ?? "text/plain").end(bytes);
      } catch {
        response.writeHead(404).end();
      }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { origin: `http://127.0.0.1:${server.address().port}`, arrived: () => arrived, bodies, close: () => server.close() };
};
