// The package as npm packs it, installed and built as its users would, and a page recorded with each.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browser, decode, dist, repository, serve } from "./page.mjs";

const require = createRequire(import.meta.url);
const FILES = `
  LICENSE-APACHE LICENSE-MIT README.md afterimage.js afterimage.wasm canvas-worker.js canvas.js core.js developer.js disable.html frames.js index.d.ts index.js
  package.json pages/rrweb-player.LICENSE pages/rrweb-player.css pages/rrweb-player.js policy.css policy.d.ts policy.html
  policy.js recorded.css recorded.html recorded.js slim.d.ts slim.js viewer.js viewer.wasm`;
const HEADING = "Forty lighthouses of the north coast";

const npm = (cwd, ...args) =>
  execFileSync("npm", [...args, "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"], { cwd, encoding: "utf8" });

let folder, tarball, packed, chromium;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "afterimage-npm-"));
  [packed] = JSON.parse(npm(folder, "pack", join(dist, "npm"), "--json"));
  tarball = join(folder, packed.filename);
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A project with the package installed and these files. */
const project = (name, files) => {
  const root = join(folder, name);
  mkdirSync(root);
  writeFileSync(join(root, "package.json"), JSON.stringify({ name, version: "1.0.0", private: true, type: "module" }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  npm(root, "install", tarball, "--offline", "--ignore-scripts");
  return root;
};

const html = (script) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Coast</title><link rel="icon" href="data:,"></head>
<body><h1>${HEADING}</h1><form><input type="password" name="p"></form><canvas></canvas>${script}</body></html>`;
const MAIN = `
import { start, status } from "@afterimage/recorder";
window.running = start({ collector: "/collect", site: "npm", canvas: location.search == "?canvas" });
window.status = status;
`;

/** Opens a built project, and wants its heading, and not its password, in what the collector gets. */
const records = async (root, path = "/") => {
  const site = await serve({ folder: root });
  const page = await chromium.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()));
  try {
    await page.goto(site.origin + path);
    assert.equal(await page.evaluate(async () => (await window.running).state), "recording", errors.join("\n"));
    await page.fill("input", "correct horse battery");
    await page.evaluate(async () => (await window.running).flush());
    const records = decode(site.posts);
    assert.ok(records.includes(HEADING), "the heading was recorded");
    assert.ok(!records.includes("horse"), "the password was not");
    for (const { headers } of site.posts) assert.deepEqual([headers.cookie, headers.referer], [undefined, undefined]);
    await page.goto(`${site.origin}${path}?canvas`);
    await page.evaluate(() => Object.assign(document.querySelector("canvas").getContext("2d"), { fillStyle: "red" }).fillRect(0, 0, 99, 99));
    for (const end = Date.now() + 20_000; !/"kind":"canvas".*"webp"/.test(decode(site.posts)); ) {
      assert.ok(Date.now() < end, "the image of a canvas arrives");
      await page.evaluate(async () => (await window.running).flush());
    }
    assert.deepEqual(errors, []);
  } finally {
    await page.close();
    await site.close();
  }
};

test("the tarball holds what is listed, and nothing else", () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), FILES.trim().split(/\s+/).sort());
  const { version, scripts, dependencies, exports } = JSON.parse(readFileSync(join(dist, "npm/package.json")));
  const [, workspace] = /^version = "(.*)"$/m.exec(readFileSync(join(repository, "Cargo.toml"), "utf8"));
  assert.deepEqual([version, scripts, dependencies], [workspace, undefined, undefined]);
  const paths = Object.values(exports).flatMap((target) => (typeof target == "string" ? target : Object.values(target)));
  for (const path of paths) assert.ok(FILES.includes(path.slice(2)), path);
});

test("Vite builds it", async () => {
  const root = project("vite", { "index.html": html(`<script type="module" src="/main.js"></script>`), "main.js": MAIN });
  const { build } = await import("vite");
  await build({ root, logLevel: "error", configFile: false, build: { assetsInlineLimit: 0 } });
  await records(join(root, "dist"));
});

test("Vite serves it while developing", async () => {
  const root = project("vite-dev", { "index.html": html(`<script type="module" src="/main.js"></script>`), "main.js": MAIN });
  const { createServer } = await import("vite");
  const posts = [];
  const collector = {
    name: "collector",
    configureServer({ middlewares }) {
      middlewares.use("/collect", async (request, response) => {
        const chunks = await request.toArray().catch(() => undefined);
        // A page that is closed cuts off what it is sending.
        if (!chunks) return;
        posts.push({ body: Buffer.concat(chunks) });
        response.writeHead(204).end();
      });
    },
  };
  const vite = await createServer({
    root,
    logLevel: "error",
    configFile: false,
    plugins: [collector],
    server: { host: "127.0.0.1", port: 0 },
  });
  await vite.listen();
  const page = await chromium.newPage();
  try {
    await page.goto(vite.resolvedUrls.local[0]);
    await page.evaluate(async () => (await window.running).flush());
    assert.ok(decode(posts).includes(HEADING));
  } finally {
    await page.close();
    await vite.close();
  }
});

test("webpack 5 builds it", async () => {
  const root = project("webpack", { "dist/index.html": html(`<script src="main.js"></script>`), "main.js": MAIN });
  const webpack = require("webpack");
  const stats = await new Promise((resolve, reject) =>
    webpack({ mode: "production", context: root, entry: "./main.js", output: { path: join(root, "dist") } }, (error, stats) =>
      error ? reject(error) : resolve(stats),
    ),
  );
  assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }).errors, []);
  await records(join(root, "dist"), "/index.html");
});

test("esbuild builds it, with the module as a file of its own or inside the script", async () => {
  const { build } = await import("esbuild");
  for (const loader of ["file", "binary"]) {
    const root = project(`esbuild-${loader}`, {
      "dist/index.html": html(`<script type="module" src="main.js"></script>`),
      "main.js": MAIN.replace("/recorder", "/recorder/slim")
        .replace("{ collector", "{ wasm, collector")
        .concat('\nimport wasm from "@afterimage/recorder/afterimage.wasm";'),
    });
    await build({
      absWorkingDir: root,
      entryPoints: ["main.js"],
      outdir: "dist",
      bundle: true,
      format: "esm",
      loader: { ".wasm": loader },
      publicPath: "/",
      logLevel: "error",
    });
    await records(join(root, "dist"), "/index.html");
  }
});

test("a browser takes it as it is, by import map", async () => {
  const map = { imports: { "@afterimage/recorder": "/node_modules/@afterimage/recorder/index.js" } };
  const root = project("plain", {
    "index.html": html(`<script type="importmap">${JSON.stringify(map)}</script><script type="module" src="main.js"></script>`),
    "main.js": MAIN,
  });
  await records(root, "/index.html");
});

test("the drop-in of the package runs from its folder", async () => {
  const root = project("drop-in", {
    "index.html": html(
      `<script src="/node_modules/@afterimage/recorder/afterimage.js" data-collector="/collect" data-canvas></script>
       <script>window.running = afterimage.ready;</script>`,
    ),
  });
  await records(root, "/index.html");
});

test("importing has no effect, also on a server", () => {
  const root = project("server", {
    "main.js": `
      import * as afterimage from "@afterimage/recorder";
      const recorder = await afterimage.start({ collector: "/collect" });
      recorder.event("ignored");
      await recorder.flush();
      console.log(JSON.stringify([Object.keys(afterimage).sort(), recorder.state, await afterimage.disable()]));`,
  });
  const [names, state, answer] = JSON.parse(execFileSync("node", ["main.js"], { cwd: root, encoding: "utf8" }));
  assert.deepEqual(names, ["disable", "enable", "grant", "ready", "recorder", "start", "status", "withdraw"]);
  assert.deepEqual([state, answer.reason], ["refused", "no-page"]);
});

test("the types hold for what users write, and refuse what start() would", () => {
  const main = `
    import { disable, start, status, type Afterimage, type Recorder } from "@afterimage/recorder";
    import { start as slim } from "@afterimage/recorder/slim";
    declare const afterimage: Afterimage;
    const recorder: Recorder = await start({ collector: "/collect", site: "shop", sample: 0.5, mask: [".a"], onError: console.error });
    recorder.event("checkout", { plan: "pro" });
    const { erased } = await disable({ erase: true });
    if (status().state === "waiting" && erased) await afterimage.grant();
    await slim({ collector: "/collect", wasm: new Uint8Array() });
    // @ts-expect-error: misspelt
    await start({ colector: "/collect" });
    // @ts-expect-error: no such policy
    await start({ collector: "/collect", policy: "loose" });
    // @ts-expect-error: slim needs the module
    await slim({ collector: "/collect" });
    // @ts-expect-error: no such state
    if (recorder.state === "running") throw 0;
  `;
  const root = project("types", { "main.ts": main });
  for (const [module, resolution] of [["esnext", "bundler"], ["nodenext", "nodenext"]])
    execFileSync(
      join(dirname(fileURLToPath(import.meta.url)), "node_modules/.bin/tsc"),
      ["--noEmit", "--strict", "--target", "es2022", "--module", module, "--moduleResolution", resolution, "main.ts"],
      { cwd: root, encoding: "utf8", stdio: ["ignore", "inherit", "inherit"] },
    );
});
