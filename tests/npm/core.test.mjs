// core-entry.js over a recorder of fakes: nothing it does reaches the page as an exception.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const www = (name) => fileURLToPath(new URL(`../../www/${name}`, import.meta.url));

// The smallest module there is.
const WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const OPTIONS = { collector: "https://collector.example/collect" };

class DOMStringMap {}
class DocumentFragment {
  querySelector(selector) {
    if (selector.includes("[[")) throw new SyntaxError("no selector");
  }
}
/** A jar of one cookie. */
const page = {
  referrer: "",
  title: "Page",
  baseURI: "https://shop.example/",
  jar: "",
  get cookie() {
    return this.jar;
  },
  set cookie(text) {
    this.jar = /max-age=0/.test(text) ? "" : text.split(";")[0];
  },
};
// A getter that gives what these nodes, plain objects, have.
globalThis.Node = class {};
Object.defineProperty(Node.prototype, "nodeType", { get: function () { return this.nodeType } });
Object.assign(globalThis, { DOMStringMap, DocumentFragment, document: page, window: globalThis, devicePixelRatio: 1.5 });
Object.assign(globalThis, { location: new URL("https://shop.example/?a#b"), screen: { width: 800, height: 600 } });
Object.assign(globalThis, { matchMedia: (query) => ({ matches: query.includes("dark") }) });
Object.defineProperty(globalThis, "navigator", { value: { maxTouchPoints: 0, userAgent: "", languages: ["en", "de"] }, configurable: true });

/** Those of node would keep it running. */
class MessageChannel {
  port1 = { close() {} };
  port2 = { postMessage() {} };
}
class MutationObserver {
  observe() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}
Object.assign(globalThis, { MessageChannel, MutationObserver });

/** A fresh core over `glue`; every call gets its own module, as every page does. */
let cores = 0;
const core = async (glue) => {
  globalThis.glue = glue;
  const { outputFiles } = buildSync({
    stdin: { contents: `export * from "./core-entry.js"; // ${cores++}`, resolveDir: www("") },
    bundle: true,
    write: false,
    format: "esm",
    alias: { "#glue": fileURLToPath(new URL("./fake-glue.mjs", import.meta.url)) },
    legalComments: "none",
  });
  return import(`data:text/javascript;base64,${Buffer.from(`/*${cores}*/${outputFiles[0].text}`).toString("base64")}`);
};

/** Boots a fake recorder and keeps what `stopped` and the console were told. */
const boot = async (start, options = OPTIONS) => {
  const told = [];
  const warnings = [];
  const { warn } = console;
  console.warn = (text) => warnings.push(text);
  try {
    // What it returns stands for what else the module exports.
    const begin = (...given) => (Object.assign(globalThis.glue, start(...given)), "ab");
    const { boot } = await (await core({ start: begin })).load(WASM);
    // A page of its own.
    delete globalThis[Symbol.for("afterimage")];
    const recorder = boot(options, (reason, error, wrong) => told.push([reason, error?.message, wrong?.message]));
    return { recorder, told, warnings };
  } finally {
    console.warn = warn;
  }
};

let server, origin;
before(async () => {
  server = createServer((request, response) => {
    const type = { "/right": "application/wasm", "/wrong": "text/plain" }[request.url];
    response.writeHead(type ? 200 : 404, type ? { "content-type": type } : {}).end(WASM);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test("takes the module as URL, bytes, response, module, or a promise of one", async () => {
  const sources = [
    origin + "/right",
    origin + "/wrong",
    new URL(origin + "/right"),
    WASM,
    WASM.buffer,
    new WebAssembly.Module(WASM),
    fetch(origin + "/wrong"),
    Promise.resolve(WASM),
  ];
  for (const source of sources) {
    let given;
    const { load } = await core({ finish: (instance) => (given = instance) });
    await load(source);
    await load(origin + "/never asked for");
    assert.ok(given instanceof WebAssembly.Instance);
  }
});

test("a failed load can be tried again", async () => {
  const { load } = await core({});
  await assert.rejects(load(origin + "/missing"), /could not be fetched \(404\)/);
  await load(WASM);
});

test("wrong options are named, by the loader's half and the recorder's", async () => {
  const cases = [
    [{ sample: "half" }, "sample"],
    [{ sample: -1 }, "sample"],
    [{ sample: 1.5 }, "sample"],
    [{ sample: "" }, "sample"],
    [{ consent: "yes" }, "consent"],
    [{ minor: "maybe" }, "minor"],
    [{ gpc: 0 }, "gpc"],
    [{ dnt: "no" }, "dnt"],
    [{ onError: "alert" }, "onError"],
  ];
  for (const [options, name] of cases) {
    const { recorder, told, warnings } = await boot(() => assert.fail("started"), { ...OPTIONS, ...options });
    assert.equal(recorder, undefined);
    assert.deepEqual([told.length, told[0][0], warnings.length], [1, "bad-option", 1]);
    assert.match(warnings[0], new RegExp(`^afterimage: option "${name}" must be `));
  }
});

test("every wrong option is named", async () => {
  const cases = [
    [{ colector: "/c" }, "unknown-option", "colector", "is not known"],
    [{ collector: undefined }, "missing-collector", "collector", "is missing"],
    [{ collector: "" }, "missing-collector", "collector", "is missing"],
    [{ collector: 7 }, "bad-option", "collector", "must be a string"],
    [{ policy: "loose" }, "bad-option", "policy", 'must be "strict", "default" or "open"'],
    [{ policy: 1 }, "bad-option", "policy", "must be a string"],
    [{ policy: ["strict"] }, "bad-option", "policy", "must be a string"],
    [{ site: "x".repeat(65) }, "bad-option", "site", "must not be longer than 64 bytes"],
    [{ site: "é".repeat(33) }, "bad-option", "site", "must not be longer than 64 bytes"],
    [{ interval: "5s" }, "bad-option", "interval", "must be a whole number"],
    [{ interval: 10 }, "bad-option", "interval", "must be a whole number"],
    [{ interval: 1500.5 }, "bad-option", "interval", "must be a whole number"],
    [{ budget: "some" }, "bad-option", "budget", "must be a number above 0"],
    [{ budget: 0 }, "bad-option", "budget", "must be a number above 0"],
    [{ known: "perhaps" }, "bad-option", "known", "must be true or false"],
    [{ mask: true }, "bad-option", "mask", "must be a string or an array of strings"],
    [{ query: [1] }, "bad-option", "query", "must be a string or an array of strings"],
    [{ block: "[[" }, "bad-option", "block", "must be a CSS selector"],
    ...["*", "null", "shop.example", "https://*.example", "https://shop.example/", "data:text/plain,x", "https://a.example, b"].map(
      (frames) => [{ frames }, "bad-option", "frames", "must be origins, such as https://shop.example"],
    ),
    [{ frames: [1] }, "bad-option", "frames", "must be a string or an array of strings"],
    [{ withoutCookies: "maybe" }, "bad-option", "withoutCookies", 'must be "page" or "nothing"'],
  ];
  for (const [options, code, name, problem] of cases) {
    const { told, warnings } = await boot(() => assert.fail("started"), { ...OPTIONS, ...options });
    assert.equal(told[0][0], code);
    assert.ok(warnings[0].startsWith(`afterimage: option "${name}" ${problem}`), warnings[0]);
  }
});

test("promise_k01 only https, loopback and relative collectors", async () => {
  const outcome = async (collector) => (await boot(() => ({}), { collector })).told[0]?.[0];
  const near = ["http://127.0.0.1:9/c", "http://localhost/c", "http://[::1]:1/c", "http://a.localhost/"];
  for (const good of ["/collect", "collect", "https://c.example/collect", "HTTPS://C.example", "//c.example/x", ...near])
    assert.equal(await outcome(good), undefined, good);
  for (const bad of [
    "http://c.example/collect",
    "HTTP://c.example",
    "ftp://c.example",
    "ws://127.0.0.1/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://127.0.0.1.example/",
    "http://localhost.example/",
    "http://127.0.0.1@c.example/",
    "http://user@c.example/",
    "http://[::2]/",
    "http://",
  ])
    assert.equal(await outcome(bad), "insecure-collector", bad);
  page.baseURI = "http://shop.example/";
  globalThis.location = new URL(page.baseURI);
  for (const good of ["/collect", "//shop.example/x", "https://c.example/"]) assert.equal(await outcome(good), undefined, good);
  for (const bad of ["//c.example/x", "http://c.example/"]) assert.equal(await outcome(bad), "insecure-collector", bad);
  // A page's <base> may lead elsewhere, and a relative address with it.
  page.baseURI = "http://elsewhere.example/";
  assert.equal(await outcome("/collect"), "insecure-collector");
  page.baseURI = "https://shop.example/";
  globalThis.location = new URL("https://shop.example/?a#b");
});

test("attributes read like options, and the page's facts are beside them", async () => {
  let facts;
  const options = { ...OPTIONS, interval: "2000", query: ["page", "sort"], mask: ".a, #b", unmask: [".c", "[d='e']"] };
  await boot((given) => ((facts = given), {}), options);
  const [policy, query, mask, unmask, block, ignore, site, ...texts] = facts.texts.split("\0");
  const [interval, budget, width, height, pixelRatio, flags] = facts.numbers;
  assert.deepEqual([query, mask, unmask, block, ignore, site], ["page,sort", ".a, #b", ".c,[d='e']", "", "", ""]);
  assert.deepEqual([policy, interval, budget, width, height, pixelRatio, flags & 11], ["", 2000, 1000, 800, 600, 150, 1]);
  assert.match(texts.pop(), /^[+-]\d\d:\d\d$/);
  assert.deepEqual([facts.secret.length, facts.pageView.length], [16, 8]);
  assert.ok([...facts.secret + facts.pageView].every((c) => c < "\u0100"));
  assert.notEqual(facts.secret.slice(0, 8), facts.pageView);
});

test("right options pass", async () => {
  for (const sample of [0, 1, 0.25, ".5", "0.001", 1e-7]) {
    const options = { ...OPTIONS, sample, consent: "required", minor: "false", gpc: false, dnt: true, onError() {} };
    let started = 0;
    const { told } = await boot(() => (started++, {}), options);
    assert.deepEqual([started, told], [1, []]);
  }
});

test("a tag's foreign attributes are left alone, a near miss of ours is not", async () => {
  const foreign = { nscript: "x", cfasync: "false", turboTrack: "reload", cookieconsent: "statistics", id: "7" };
  const tag = (own) => Object.assign(new DOMStringMap(), { collector: "/collect", withoutCookies: "nothing", ...foreign, ...own });
  assert.deepEqual((await boot(() => ({}), tag())).told, []);
  for (const [name, value] of Object.entries({ polcy: "strict", smaple: "1" })) {
    const { told } = await boot(() => assert.fail("started"), tag({ [name]: value }));
    assert.deepEqual(told, [["unknown-option", undefined, `afterimage: option "${name}" is not known`]]);
  }
});

test("a fault in any callback ends the recorder once, and releases what still calls it", async () => {
  const { outputFiles } = buildSync({ entryPoints: [www("guard.js")], bundle: true, write: false, format: "esm" });
  const { sentry } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const told = [];
  const { call, guard } = sentry((error) => told.push(error.message));
  let runs = 0;
  const callbacks = Array.from({ length: 3 }, () =>
    guard(function (argument) {
      runs++;
      if (argument === "throw") throw new WebAssembly.RuntimeError("unreachable");
      if (argument === "nest") return callbacks[1]("throw"), "returned";
      return [this, argument];
    }),
  );
  const target = {};
  assert.deepEqual(callbacks[0].call(target, 1), [target, 1]);
  assert.equal(callbacks[0]("nest"), "returned", "a fault in a nested callback stays there");
  assert.deepEqual(told, ["unreachable"]);
  callbacks[1]("throw");
  assert.deepEqual([runs, told.length], [3, 1]);

  const removed = [];
  const removing = { removeEventListener: (...args) => removed.push(args) };
  callbacks[2]({ type: "click", currentTarget: removing });
  assert.deepEqual(removed, [["click", callbacks[2], true], ["click", callbacks[2], false]]);
  let disconnected = 0;
  callbacks[2]([], { disconnect: () => disconnected++ });
  callbacks[2](null, null);
  assert.equal(disconnected, 1);
  assert.equal(call(() => assert.fail("called after a fault"), "otherwise"), "otherwise");
});

test("a fault in any call of the page is kept from the page", async () => {
  const throwing = () => {
    throw new Error("trap");
  };
  // What the page calls, and what that calls in the module.
  const calls = { event: "event", pause: "pause", flush: "flush", stop: "flush", discard: "discard", why: "why" };
  for (const [name, inside] of Object.entries(calls)) {
    const { recorder, told } = await boot(() => ({ lastWords: () => new Uint8Array(), mutated() {}, [inside]: throwing }));
    await recorder[name]("x");
    await new Promise(setImmediate);
    assert.deepEqual(told, [["fault", "trap", undefined]], name);
    assert.deepEqual([recorder.state, recorder.sessionId, recorder.why({})], ["stopped", "", ""]);
    await Promise.all([recorder.flush(), recorder.stop()]);
    recorder.event("late");
  }
  const { told } = await boot(throwing);
  assert.deepEqual(told, [["fault", "trap", undefined]], "also in start itself");
});

test("nothing leaves after a visitor said no, and what is on its way is called back", async () => {
  const asked = [];
  const { fetch } = globalThis;
  /** Leaves, unless it was called back, and is answered a little later. */
  globalThis.fetch = async (url, { signal }) => {
    signal.throwIfAborted();
    asked.push(url);
    await new Promise((resolve) => setTimeout(resolve, 20));
    signal.throwIfAborted();
    return { status: 204, headers: new Headers() };
  };
  try {
    for (const [no, before, after] of [["discard", 1, 1], ["discard", 0, 0], [undefined, 1, 2]]) {
      asked.length = 0;
      let send;
      const { recorder } = await boot((_, hooks) => (({ send } = hooks), { discard() {}, event() {} }));
      const post = () => (send(new Uint8Array(100)), recorder.event("name"));
      if (before) post();
      recorder[no]?.();
      if (!before || !no) post();
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(asked.length, after);
    }
  } finally {
    globalThis.fetch = fetch;
  }
});

test("a fault is told to the collector once, and the natives are given back", async () => {
  const { fetch } = globalThis;
  const sent = [];
  let given = 0;
  class Element {
    attachShadow() {}
  }
  const { attachShadow } = Element.prototype;
  const { document } = globalThis;
  const view = Object.assign(new EventTarget(), { Element, CSSStyleSheet: class {} });
  globalThis.document = Object.assign(new EventTarget(), { cookie: "", defaultView: view, querySelectorAll: () => [] });
  globalThis.fetch = async (url, request) => (sent.push([url, request]), { status: 204 });
  try {
    const { recorder } = await boot((_, { enter }) => {
      enter(globalThis.document);
      assert.notEqual(Element.prototype.attachShadow, attachShadow);
      return {
        happened: () => (given++, assert.ok(given < 3, "fault")),
        lastWords: () => Uint8Array.of(1, 2, 3),
        snapshot: () => assert.fail("a dead recorder is told nothing"),
        mutated() {},
        flush() {},
      };
    });
    globalThis.document.dispatchEvent(new Event("freeze"));
    globalThis.document.dispatchEvent(new Event("freeze"));
    setImmediate(() => globalThis.document.dispatchEvent(new Event("freeze")));
    await recorder.flush();
    await new Promise(setImmediate);
    assert.equal(Element.prototype.attachShadow, attachShadow);
    globalThis.document.dispatchEvent(new Event("freeze"));
    assert.equal(given, 3, "a dead recorder hears nothing");
    const [[url, { body, keepalive, credentials }]] = sent;
    assert.deepEqual([url, keepalive, credentials, sent.length], [OPTIONS.collector, true, "omit", 1]);
    assert.deepEqual([...body], [1, 2, 3]);
  } finally {
    Object.assign(globalThis, { fetch, document });
  }
});

test("the recorder's own end has a name", async () => {
  for (const [reason, name] of Object.entries(["asked", "collector", "session", "limit", "fault"])) {
    const { told } = await boot((_, { stopped }) => (stopped(+reason, 7), {}));
    assert.deepEqual(told, [[name, undefined, undefined]]);
  }
});

test("what another page left waits for an answer, and goes if the collector does not say that it has it", async () => {
  const { fetch } = globalThis;
  const header = (name) => Uint8Array.of(0x41, 0x46, 0x49, 1, 0, ...(name > 99 ? [0xac, 2] : [20]), ...Array(name > 99 ? 300 : 20).fill(name), 77);
  const left = [header(1), header(2), header(200)];
  const digest = (name) => name.toString(16).padStart(2, "0").repeat(16);
  for (const [others, stored, again] of [
    [0, [], [1, 2, 200]],
    [0, [digest(1), digest(200)], [2]],
    [0, undefined, [1, 2, 200]],
    [1, [digest(1)], [1, 2, 200]],
  ]) {
    const rows = left.map((body) => ["https://collector.example/collect", Date.now(), String.fromCharCode(...body)]);
    globalThis.localStorage = { afterimage_outbox1: JSON.stringify(rows) };
    if (others) localStorage.afterimage_outbox2 = "[]";
    const sent = [];
    let answered = false;
    globalThis.fetch = async (_, { body }) => {
      sent.push(body);
      if (sent.length === 1) for (let n = 0; n < 9; n++) await new Promise(setImmediate);
      answered = true;
      return { status: stored ? 200 : 204, headers: new Headers(), json: async () => ({ stored }) };
    };
    try {
      let send;
      const { recorder } = await boot((_, hooks) => (({ send } = hooks), { event() {}, discard() {} }));
      if (!others) {
        send(Uint8Array.of(1));
        recorder.event("name");
        assert.deepEqual([sent.length, answered, Object.keys(localStorage).length], [1, false, 1], "nothing before the answer");
      }
      for (let n = 0; n < 50; n++) await new Promise(setImmediate);
      assert.deepEqual([sent.slice(1 - others).map((body) => body[8]), Object.keys(localStorage)], [again, []]);
    } finally {
      globalThis.fetch = fetch;
      delete globalThis.localStorage;
    }
  }
});

test("what may be sent: nothing after a visitor said no, and what is left when the session is over", async () => {
  const asked = [];
  const { fetch } = globalThis;
  const { now } = Date;
  globalThis.fetch = async (url) => (asked.push(url), { status: 204, headers: new Headers() });
  try {
    page.jar = "";
    let send;
    const ended = [];
    const begin = (_, hooks) => {
      ({ send } = hooks);
      return { event() {}, discard() {}, end: (reason) => (ended.push(reason), send(Uint8Array.of(2)), hooks.stopped(reason)) };
    };
    const { recorder, told } = await boot(begin);
    const post = async () => {
      send(Uint8Array.of(1));
      recorder.event("name");
      for (let n = 0; n < 9; n++) await new Promise(setImmediate);
    };
    await post();
    assert.deepEqual([asked.length, ended], [1, []]);
    Date.now = () => now() + 12 * 36e5 + 2000;
    await post();
    assert.deepEqual([asked.length, ended, told.map(([reason]) => reason)], [3, [2], ["session"]]);
    Date.now = now;

    // Another tab has not been heard yet, but its cookie is there.
    for (const no of ["afterimage_disabled=1", "afterimage_consent=withdrawn"]) {
      page.jar = "";
      const other = await boot(begin);
      page.jar = no;
      send(Uint8Array.of(1));
      other.recorder.event("name");
      assert.deepEqual([asked.length, page.jar, other.told.length], [3, "", 1], no);
    }
  } finally {
    Object.assign(globalThis, { fetch });
    Date.now = now;
  }
});

test("the second recorder on a page stands down, until the first has ended", async () => {
  const first = await boot(() => ({ discard() {} }));
  const { boot: again } = await (await core({ start: () => "cd" })).load(WASM);
  const told = [];
  assert.equal(again(OPTIONS, (reason) => void told.push(reason)), undefined);
  assert.deepEqual(told, ["second"]);
  first.recorder.discard();
  const second = again(OPTIONS, (reason) => told.push(reason));
  assert.deepEqual([second.sessionId, told], ["cd", ["second"]]);
});

test("after a long pause the next session begins, before what comes is recorded", async () => {
  const { now } = Date;
  const { document } = globalThis;
  const view = Object.assign(new EventTarget(), { Element: class {}, CSSStyleSheet: class {} });
  try {
    const heard = [];
    let count = 0;
    const begun = [];
    const begin = (facts, hooks) => {
      begun.push(facts.secret);
      hooks.enter(globalThis.document);
      return { happened: (kind) => heard.push([begun.length, kind]), mutated() {}, end: (reason) => (heard.push(["end", reason]), hooks.stopped(reason)) };
    };
    globalThis.document = Object.assign(new EventTarget(), { cookie: "", defaultView: view, baseURI: page.baseURI, querySelectorAll: () => [] });
    const { recorder, told } = await boot(begin);
    globalThis.glue.start = (...given) => (Object.assign(globalThis.glue, begin(...given)), `session ${++count}`);
    const happen = () => globalThis.document.dispatchEvent(new Event("freeze"));
    happen();
    Date.now = () => now() + 1799e3;
    happen();
    assert.deepEqual([heard.length, begun.length], [2, 1], "half an hour is none");
    Date.now = () => now() + 2 * 1800e3;
    happen();
    assert.deepEqual([heard[2], begun.length, told, recorder.state], [["end", 2], 2, [], "recording"]);
    assert.notEqual(begun[0], begun[1]);
    happen();
    assert.deepEqual([heard.length, heard[3][0], recorder.sessionId], [4, 2, "session 1"]);
  } finally {
    Date.now = now;
    globalThis.document = document;
  }
});

test("without cookies nothing starts where that was asked for, and a session is the page's otherwise", async () => {
  const refused = { set: () => {}, get: () => "", configurable: true };
  const cookie = Object.getOwnPropertyDescriptor(page, "cookie");
  Object.defineProperty(page, "cookie", refused);
  try {
    const { told } = await boot(() => assert.fail("started"), { ...OPTIONS, withoutCookies: "nothing" });
    assert.deepEqual(told, [["no-cookies", undefined, undefined]]);
    let flags;
    await boot(({ numbers }) => ((flags = numbers.at(-1)), {}));
    assert.equal(flags & 8, 8);
  } finally {
    Object.defineProperty(page, "cookie", cookie);
  }
});

test("promise_v05 a dead recorder's session can still be erased, with the secret in the body alone", async () => {
  const asked = [];
  const now = Math.floor(Date.now() / 1000).toString(16);
  page.jar = `a=b; afterimage=000102030405060708090a0b0c0d0eff.${now}.${now}.3; c=d`;
  const { fetch } = globalThis;
  globalThis.fetch = async (url, request) => (asked.push({ url, ...request }), { ok: true });
  try {
    const { recorder } = await boot(() => ({
      discard() {
        throw new Error("trap");
      },
    }));
    assert.equal(await recorder.erase(), true);
    assert.equal(page.jar, "", "the session is forgotten");
    const { erase } = await (await core({})).load(WASM);
    assert.equal(await erase(OPTIONS, "afterimage=out"), false, "nothing to erase");
  } finally {
    globalThis.fetch = fetch;
  }
  const [{ url, body, ...request }] = asked;
  assert.equal(url, "https://collector.example/collect/erase");
  assert.deepEqual([...body], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
  assert.deepEqual(request, { method: "POST", credentials: "omit", referrerPolicy: "no-referrer", keepalive: true });
  assert.equal(asked.length, 1);
});
