// What tests in a real browser share: Chromium, and a server on loopback that answers from a table or a folder.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".json": "application/json" };

const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");

/** A headless Chromium that reaches nothing but this machine. */
export const browser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });

/**
 * Serves `folder` below `mount` and, before it, `pages` (path to text); keeps every request and what was posted.
 */
export const serve = async ({ folder = "/nowhere", mount = "/", pages = {}, headers = {} }) => {
  const requests = [];
  const posts = [];
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname).replace(/\/$/, "/index.html");
    requests.push(request.url);
    if (request.method === "POST") {
      const chunks = await request.toArray().catch(() => undefined);
      // A page that is closed cuts off what it is sending.
      if (!chunks) return;
      // What is only asked brings nothing.
      if (!path.endsWith("/known")) posts.push({ path, headers: request.headers, body: Buffer.concat(chunks) });
      return response.writeHead(204).end();
    }
    // A batch that scripts could not send.
    if (path.endsWith("/pixel")) {
      posts.push({ path, headers: request.headers, body: Buffer.from(request.url.split("?")[1], "base64url") });
      return response.writeHead(200, { "content-type": "image/gif" }).end(PIXEL);
    }
    try {
      const page = pages[path];
      if (page === undefined && !path.startsWith(mount)) throw new Error("not served");
      const body = page ?? (await readFile(join(folder, path.slice(mount.length))));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/html", ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests,
    posts,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  };
};

/** Waits until `holds` returns something true. */
export const until = async (holds, what, limit_ms = 30_000) => {
  for (const end = Date.now() + limit_ms; Date.now() < end; await new Promise((passed) => setTimeout(passed, 25))) {
    const value = await holds();
    if (value) return value;
  }
  throw new Error(`did not happen in ${limit_ms} ms: ${what}`);
};

/** The checkout. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** What was built. */
export const dist = process.env.AFTERIMAGE_DIST ?? join(repository, "dist");

/** What the collector would read in these requests: one JSON record a line. */
export const decode = (posts) =>
  posts
    .map(({ body }) =>
      execFileSync(resolve(repository, process.env.CARGO_TARGET_DIR ?? "target", "release/afterimage"), ["decode", "-"], { input: body, encoding: "utf8", maxBuffer: 1 << 28 }),
    )
    .join("\n");
