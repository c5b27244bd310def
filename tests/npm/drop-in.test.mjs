// The drop-in as built, in Chromium: what a page sees of it, and what it does when it may not run, or cannot.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { browser, decode, dist, serve, until } from "./page.mjs";

const SCRIPT = "/static/rec/afterimage.js";
const TAG = `<script async src="${SCRIPT}" data-collector="/collect"></script>`;
const html = (head, body = "") =>
  `<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">${head}</head><body><h1>Lighthouses</h1>${body}</body></html>`;

let chromium;
before(async () => (chromium = await browser()));
after(() => chromium?.close());

/** Serves these pages beside the built files; `visit` opens one and keeps all the page can see of a fault. */
const sites = [];
const host = async (pages, options = {}) => {
  const site = await serve({ folder: dist, mount: "/static/rec/", pages, ...options });
  sites.push(site);
  const context = await chromium.newContext();
  const visit = async (path = "/index.html", prepare) => {
    const page = await context.newPage();
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(error.message));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && page.problems.push(message.text()));
    if (prepare) await page.addInitScript(prepare);
    await page.goto(site.origin + path);
    return page;
  };
  return { site, context, visit, files: () => site.requests.map((url) => url.split("/").pop()) };
};
after(() => Promise.all(sites.map((site) => site.close())));

const state = (page) => page.evaluate(() => window.afterimage?.recorder.state);
const becomes = (page, wanted) => until(async () => (await state(page)) === wanted, `the state ${wanted}`);
const kept = (page) => page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage })]);

test("one tag records", async () => {
  const { site, visit } = await host({ "/index.html": html(TAG) });
  const page = await visit();
  await page.evaluate(async () => (await window.afterimage.ready).flush());
  assert.equal(await state(page), "recording");
  assert.match(decode(site.posts), /Lighthouses/);
  assert.deepEqual(page.problems, []);
  assert.deepEqual(
    await page.evaluate(() => Object.keys(window.afterimage).sort()),
    "disable enable grant ready recorder start status withdraw".split(" "),
  );
});

test("promise_n08 promise_n09 one first-party cookie, and none sent to the collector", async () => {
  const { site, context, visit } = await host({ "/index.html": html(TAG) });
  const page = await visit();
  await page.evaluate(async () => (await window.afterimage.ready).flush());
  const cookies = await context.cookies();
  assert.deepEqual(cookies.map(({ name, sameSite, path, domain }) => [name, sameSite, path, domain]), [["afterimage", "Lax", "/", "127.0.0.1"]]);
  assert.match(cookies[0].value, /^[\da-f]{32}(\.[\da-f]+){3}$/);
  assert.ok(cookies[0].expires * 1000 - Date.now() < 1_801_000);
  const id = await page.evaluate(() => window.afterimage.recorder.sessionId);
  const secret = Buffer.from(cookies[0].value.slice(0, 32), "hex");
  assert.equal(id, createHash("sha256").update(secret).digest("hex").slice(0, 32));
  assert.ok(site.posts.length > 0);
  for (const { headers } of site.posts)
    assert.deepEqual([headers.cookie, headers.referer, headers["content-type"]], [undefined, undefined, undefined]);
});

test("works deferred, injected, from another origin, with a version, and before there is a body", async () => {
  const away = await host({}, { headers: { "access-control-allow-origin": "*" } });
  const inject = `const s = document.createElement("script"); s.src = "${SCRIPT}"; s.dataset.collector = "/collect"; document.head.append(s);`;
  const pages = {
    "/defer.html": html(TAG.replace("async", "defer")),
    "/inject.html": html(`<script>${inject}</script>`),
    "/away.html": html(TAG.replace('src="', `src="${away.site.origin}`)),
    "/version.html": html(TAG.replace(".js", ".js?v=7")),
    "/head.html": html(`<script src="${SCRIPT}"></script><script>
      window.body = document.body;
      afterimage.start({ collector: location.origin + "/collect" });</script>`),
    "/base.html": html(`<base href="/elsewhere/">${TAG}`),
  };
  const { site, visit, files } = await host(pages);
  for (const path of Object.keys(pages)) {
    const page = await visit(path);
    await becomes(page, "recording");
    assert.deepEqual(page.problems, [], path);
  }
  assert.deepEqual(files().filter((file) => file.includes("?")), ["afterimage.js?v=7", "core.js?v=7", "afterimage.wasm?v=7"]);
  assert.deepEqual(away.files(), ["afterimage.js", "core.js", "afterimage.wasm"]);
  const page = await visit("/head.html");
  assert.equal(await page.evaluate(() => window.body), null);
  await page.evaluate(async () => (await window.afterimage.ready).flush());
  assert.match(decode(site.posts), /Lighthouses/);
});

test("what options have fetched is of the version that the tag's address names", async () => {
  const all = 'data-canvas="true" data-console="true" data-frames="https://pay.example"';
  const { visit, files } = await host({ "/index.html": html(TAG.replace(".js", ".js?v=7").replace("async", `async ${all}`)) });
  const page = await visit();
  const fetched = () => files().filter((file) => /canvas|developer|frames/.test(file)).sort();
  await until(() => fetched().length > 3, "four files");
  assert.deepEqual(fetched(), ["canvas-worker.js?v=7", "canvas.js?v=7", "developer.js?v=7", "frames.js?v=7"]);
  await becomes(page, "recording");
  assert.deepEqual(page.problems, []);
});

test("promise_v01 whoever said no fetches the loader alone, and nothing is written", async () => {
  const ways = {
    cookie: () => (document.cookie = "afterimage_disabled=1;path=/"),
    localStorage: () => (localStorage.afterimage_disabled = "1"),
    global: () => (window.afterimageDisabled = true),
    gpc: () => Object.defineProperty(navigator, "globalPrivacyControl", { get: () => true }),
    dnt: () => Object.defineProperty(navigator, "doNotTrack", { get: () => "1" }),
  };
  for (const [way, prepare] of Object.entries(ways)) {
    const { visit, files } = await host({ "/index.html": html(TAG) });
    const page = await visit("/index.html", prepare);
    const { reason } = await page.evaluate(async () => (await window.afterimage.ready, window.afterimage.status()));
    assert.equal(reason, { gpc: "gpc", dnt: "dnt", global: "page" }[way] ?? "visitor");
    await page.evaluate(() => window.afterimage.recorder.flush());
    assert.deepEqual(files(), ["index.html", "afterimage.js"], way);
    const flag = [way === "cookie" ? "afterimage_disabled=1" : "", way === "localStorage" ? '{"afterimage_disabled":"1"}' : "{}"];
    assert.deepEqual(await kept(page), flag, way);
  }
  for (const attribute of ["data-disabled", 'data-minor="true"', 'data-consent="required"']) {
    const { visit, files } = await host({ "/index.html": html(TAG.replace("data-", `${attribute} data-`)) });
    const page = await visit();
    await page.evaluate(() => window.afterimage.ready);
    assert.deepEqual([files(), await kept(page)], [["index.html", "afterimage.js"], ["", "{}"]], attribute);
  }
});

test("promise_v01 promise_v06 disabling ends every tab at once, enabling starts a new session", async () => {
  const { site, context, visit } = await host({ "/index.html": html(TAG) });
  const [one, two] = [await visit(), await visit()];
  for (const page of [one, two]) await becomes(page, "recording");
  const id = await one.evaluate(() => window.afterimage.recorder.sessionId);
  for (const page of [one, two]) await page.evaluate(() => window.afterimage.recorder.flush());
  site.posts.length = 0;
  const after = await one.evaluate(() => {
    document.body.append("said before no");
    window.afterimage.recorder.event("unsent");
    window.afterimage.disable();
    return [window.afterimage.recorder.state, document.cookie];
  });
  assert.deepEqual(after, ["disabled", "afterimage_disabled=1"]);
  await becomes(two, "disabled");
  for (const page of [one, two]) {
    await page.mouse.click(20, 20);
    await page.evaluate(() => window.afterimage.recorder.flush());
  }
  await two.reload();
  await two.evaluate(() => window.afterimage.ready);
  assert.deepEqual(site.posts, [], "nothing left after the no");
  assert.deepEqual((await context.cookies()).map(({ name }) => name), ["afterimage_disabled"]);

  await two.evaluate(() => window.afterimage.enable());
  for (const page of [one, two]) await becomes(page, "recording");
  assert.notEqual(await one.evaluate(() => window.afterimage.recorder.sessionId), id);
  for (const page of [one, two]) assert.deepEqual(page.problems, []);
});

test("promise_v05 erasing asks the collector with the secret, and ends", async () => {
  const { site, context, visit } = await host({ "/index.html": html(TAG) });
  const page = await visit();
  await page.evaluate(async () => (await window.afterimage.ready).flush());
  const [{ value }] = await context.cookies();
  site.posts.length = 0;
  const { erased, state: now } = await page.evaluate(() => window.afterimage.disable({ erase: true }));
  assert.deepEqual([erased, now], [true, "disabled"]);
  const asked = site.posts.map(({ path, body }) => [path, body.toString("hex")]);
  assert.deepEqual(asked, [["/collect/erase", value.slice(0, 32)]]);
});

test("promise_v03 consent starts it, withdrawing ends it and drops what was not sent", async () => {
  const { site, visit } = await host({ "/index.html": html(TAG.replace("data-", 'data-consent="required" data-')) });
  const page = await visit();
  await page.evaluate(() => window.afterimage.ready);
  assert.equal(await state(page), "waiting");
  assert.equal((await page.evaluate(() => window.afterimage.grant())).state, "recording");
  await page.evaluate(() => window.afterimage.recorder.flush());
  assert.match(decode(site.posts), /Lighthouses/);
  site.posts.length = 0;
  await page.evaluate(() => (document.body.append("unsent"), window.afterimage.withdraw()));
  await page.mouse.click(20, 20);
  await page.goto("about:blank");
  assert.deepEqual(site.posts, []);
  const again = await visit();
  assert.equal((await again.evaluate(async () => (await window.afterimage.ready, window.afterimage.status()))).reason, "consent");
});

test("wrong attributes cost one warning that names them, and nothing else", async () => {
  const wrong = {
    'data-policy="loose"': "policy",
    'data-polcy="strict"': "polcy",
    'data-sample="half"': "sample",
    'data-consent="maybe"': "consent",
    'data-interval="5s"': "interval",
    'data-minor="perhaps"': "minor",
    [`data-site="${"s".repeat(65)}"`]: "site",
  };
  for (const [attribute, name] of Object.entries(wrong)) {
    const sane = name === "minor" ? 'data-gpc="perhaps"' : attribute;
    const { visit, site } = await host({ "/index.html": html(TAG.replace("data-", `${sane} data-`)) });
    const page = await visit();
    await becomes(page, "stopped");
    assert.equal(page.problems.length, 1, page.problems.join("\n"));
    assert.match(page.problems[0], new RegExp(`^afterimage: option "${name === "minor" ? "gpc" : name}" `));
    assert.deepEqual(site.posts, []);
  }
  const { visit } = await host({ "/index.html": html(TAG.replace('"/collect"', '"http://collector.example/collect"')) });
  const page = await visit();
  await becomes(page, "stopped");
  assert.match(page.problems.join(), /^afterimage: option "collector" must be an https URL/);
});

test("start() rejects with an error that names the option", async () => {
  const { visit } = await host({ "/index.html": html(`<script src="${SCRIPT}"></script>`) });
  const page = await visit();
  const refusals = await page.evaluate(async (given) => {
    const all = [];
    for (const options of given) all.push(await window.afterimage.start(options).catch((error) => [error instanceof Error, error.code, error.message]));
    return all;
  }, [{ colector: "/c" }, {}, null, { collector: "ftp://c.example/" }, { collector: "/c", sample: 2 }]);
  assert.deepEqual(refusals.map(([isError, code]) => [isError, code]), [
    [true, "unknown-option"],
    [true, "missing-collector"],
    [true, "missing-collector"],
    [true, "insecure-collector"],
    [true, "bad-option"],
  ]);
  assert.match(refusals[0][2], /"colector"/);
  const fine = await page.evaluate(async () => (await window.afterimage.start({ collector: "/collect" })).state);
  assert.equal(fine, "recording");
});

test("foreign attributes, a second tag and an element called afterimage do no harm", async () => {
  const foreign = TAG.replace("data-", 'data-nscript="x" data-cfasync="false" data-turbo-track="reload" data-');
  const { visit, files } = await host({
    "/index.html": html(foreign + foreign, `<form id="afterimage"><input name="start"></form>`),
  });
  const page = await visit();
  await becomes(page, "recording");
  assert.deepEqual(page.problems, []);
  assert.equal(files().filter((file) => file === "core.js").length, 1);
});

test("where it cannot run, the page does not notice", async () => {
  const by_hand = html(`<script src="${SCRIPT}"></script><script>
    window.errors = [];
    addEventListener("error", () => errors.push("page"));
    addEventListener("unhandledrejection", () => errors.push("rejection"));
    window.started = afterimage.start({ collector: "/collect", onError: (error) => errors.push(error instanceof Error) });</script>`);
  const csp = "script-src 'self' 'unsafe-inline'";
  const hosts = {
    "a policy that forbids wasm": await host({ "/index.html": by_hand }, { headers: { "content-security-policy": csp } }),
    "no core": await host({ "/index.html": by_hand, "/static/rec/core.js": "throw new Error('broken')" }),
    "no module": await host({ "/index.html": by_hand, "/static/rec/afterimage.wasm": "not wasm" }),
  };
  for (const [what, { site, visit }] of Object.entries(hosts)) {
    const page = await visit();
    const seen = await page.evaluate(async () => [(await window.started).state, window.errors, window.afterimage.status().reason]);
    assert.deepEqual(seen, ["stopped", [true], "load"], what);
    await page.evaluate(() => window.afterimage.recorder.flush());
    assert.deepEqual(site.posts, [], what);
  }
  const strict = await host({ "/index.html": html(TAG) }, { headers: { "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'" } });
  await becomes(await strict.visit(), "recording");
});

test("a fault ends the recorder and never reaches the page", async () => {
  const { site, visit } = await host({
    "/index.html": html(`<script src="${SCRIPT}"></script><script>
      window.errors = [];
      window.seen = 0;
      addEventListener("error", () => seen++);
      addEventListener("unhandledrejection", () => seen++);
      window.started = afterimage.start({ collector: "/collect", onError: (error) => errors.push(error.message) });</script>`),
  });
  const page = await visit();
  assert.equal(await page.evaluate(async () => (await window.started).state), "recording");
  await page.evaluate(() => {
    performance.now = () => {
      throw new Error("patched");
    };
    Performance.prototype.now = performance.now;
  });
  await page.mouse.click(30, 30);
  await becomes(page, "stopped");
  await page.mouse.click(40, 40);
  await page.evaluate(() => document.body.append("still alive"));
  await page.evaluate(async () => {
    new CSSStyleSheet().insertRule("a { color: red }");
    document.createElement("div").attachShadow({ mode: "open" });
    window.afterimage.recorder.event("late");
    await window.afterimage.recorder.flush();
  });
  const result = await page.evaluate(() => [window.errors, window.seen, window.afterimage.status().reason]);
  assert.deepEqual(result, [["patched"], 0, "fault"]);
  await until(() => /"stop"/i.test(decode(site.posts)), "the collector is told");
  assert.match(await page.evaluate(() => CSSStyleSheet.prototype.insertRule.toString()), /native code/);
  assert.deepEqual(page.problems, []);
});

test("whatever a page has broken, before or after the start, it never hears of the recorder", async () => {
  const broken = [
    "Performance.prototype.now", "Date.now", "JSON.stringify", "fetch", "Blob", "Response", "CompressionStream", "setTimeout",
    "MutationObserver.prototype.observe", "MutationObserver.prototype.takeRecords", "EventTarget.prototype.addEventListener",
    "Element.prototype.getAttribute", "Element.prototype.matches", "Element.prototype.closest", "Element.prototype.getBoundingClientRect",
    "Node.prototype.contains", "Node.prototype.getRootNode", "Document.prototype.querySelectorAll", "MessagePort.prototype.postMessage",
    "get Node.prototype.firstChild", "get Node.prototype.nextSibling", "get Node.prototype.parentNode", "get Node.prototype.nodeType",
    "get Element.prototype.localName", "get Element.prototype.attributes", "get Element.prototype.shadowRoot",
    "get Document.prototype.cookie", "get Document.prototype.title", "get Navigator.prototype.userAgent", "get CharacterData.prototype.data",
    "get MouseEvent.prototype.clientX", "get Event.prototype.target", "get HTMLInputElement.prototype.value", "Crypto.prototype.getRandomValues",
  ];
  const { visit } = await host({
    "/index.html": html(`<script>
      window.seen = [];
      addEventListener("error", (event) => seen.push(event.message));
      addEventListener("unhandledrejection", (event) => seen.push(String(event.reason?.stack)));
      window.told = 0;
      window.breakIt = (path) => {
        const getter = path.startsWith("get ");
        const names = path.replace("get ", "").split(".");
        const name = names.pop();
        const owner = names.reduce((object, key) => object[key], window);
        const refuse = function () { throw new Error("broken by the page"); };
        const old = Object.getOwnPropertyDescriptor(owner, name);
        Object.defineProperty(owner, name, getter ? { ...old, get: refuse } : { ...old, value: refuse });
        return () => Object.defineProperty(owner, name, old);
      };</script><script src="${SCRIPT}"></script>`, `<input id="field"><div id="list"></div>`),
  });
  const page = await visit();
  for (const path of broken)
    for (const early of [true, false]) {
      await page.goto(page.url());
      await page.evaluate(async ([path, early]) => {
        const options = { collector: "/collect", interval: 1000, onError: () => told++ };
        const start = async () => (await (await afterimage.start(options)).flush(), 0);
        window.starting = early ? 0 : await start();
        window.mend = breakIt(path);
        if (early) window.starting = start().catch((error) => error.code ?? seen.push(error.message));
      }, [path, early]);
      // Not through the driver, which needs what is broken.
      await page.evaluate(() => {
        const list = document.getElementById("list");
        const field = document.getElementById("field");
        try { list.innerHTML = "<p class=a>row</p>"; } catch {}
        for (const type of ["pointerdown", "pointermove", "pointerup", "click"])
          field.dispatchEvent(new MouseEvent(type, { bubbles: true, clientX: 5, clientY: 5 }));
        for (const type of ["focusin", "input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
        document.dispatchEvent(new Event("visibilitychange"));
        dispatchEvent(new Event("pagehide"));
      });
      await page.waitForTimeout(60);
      const [seen, told] = await page.evaluate(() => (window.mend(), [window.seen, window.told]));
      assert.deepEqual(seen, [], `${path}, ${early ? "before" : "after"} the start`);
      assert.ok(told <= 1);
      assert.deepEqual(page.problems, [], path);
    }
});
