// send.js over a fetch of the test's: how a request is made, and what its answer says.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const www = (name) => fileURLToPath(new URL(`../../www/${name}`, import.meta.url));
const { outputFiles } = buildSync({ entryPoints: [www("send.js")], bundle: true, write: false, format: "esm" });
const { sender } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const OWN = "https://shop.example/collect";
Object.assign(globalThis, { document: { baseURI: "https://shop.example/" }, location: new URL("https://shop.example/") });
const natives = { fetch, setTimeout, Request };
afterEach(() => Object.assign(globalThis, natives));

const batch = () => ({ body: Uint8Array.of(1, 2, 3), at: 0 });
const answering = (status, headers = {}, json) => {
  const asked = [];
  globalThis.fetch = async (url, request) => {
    asked.push([url, request]);
    return { status, headers: new Headers(headers), json: async () => JSON.parse(json) };
  };
  return asked;
};

test("promise_n08 a request carries the batch and nothing else", async () => {
  const asked = answering(204);
  assert.deepEqual(await sender(OWN, () => {})(batch(), true, false), [204, false, 0, []]);
  const [[url, { body, signal, ...request }]] = asked;
  assert.deepEqual([url, [...body], signal.aborted], [OWN, [1, 2, 3], false]);
  assert.deepEqual(request, { method: "POST", credentials: "omit", referrerPolicy: "no-referrer", keepalive: true });
});

test("what an answer asks for is read, and what is no answer is none", async () => {
  const ask = () => sender(OWN, () => {})(batch(), false, false);
  answering(200, {}, '{"snapshot":true}');
  assert.deepEqual(await ask(), [200, true, 0, []]);
  answering(200, {}, '{"stored":["ab","cd"]}');
  assert.deepEqual(await ask(), [200, false, 0, ["ab", "cd"]]);
  answering(200, {}, '{"stored":7}');
  assert.deepEqual(await ask(), [200, false, 0, [7]], "no digest");
  for (const broken of ['{"snapsh', "null", "7", ""]) {
    answering(200, {}, broken);
    assert.deepEqual(await ask(), [200, false, 0, []], broken);
  }
  answering(429, { "retry-after": "7" });
  assert.deepEqual(await ask(), [429, false, 7000, []]);
  answering(503, { "retry-after": "999999" });
  assert.deepEqual(await ask(), [503, false, 36e5, []], "an hour at most");
  answering(503, { "retry-after": new Date(Date.now() + 20_000).toUTCString() });
  const [, , wait] = await ask();
  assert.ok(wait > 15_000 && wait <= 20_000, `${wait}`);
  answering(503, { "retry-after": "soon" });
  assert.deepEqual(await ask(), [503, false, 0, []]);
  globalThis.fetch = () => {
    throw new Error("broken by the page");
  };
  assert.deepEqual(await ask(), [0]);
  globalThis.fetch = async () => undefined;
  assert.deepEqual(await ask(), [0]);
});

test("an answer that is long in coming is told, and one that never comes is given up", async () => {
  globalThis.fetch = (_, { signal }) => new Promise((_, failed) => signal.addEventListener("abort", () => failed(signal.reason)));
  const timers = [];
  globalThis.setTimeout = (...timer) => timers.push(timer);
  const slow = [];
  const one = batch();
  const asking = sender(OWN, (batch) => slow.push(batch))(one, false, false);
  const [[told, after, what], [giveUp, finally_]] = timers;
  assert.deepEqual([after, finally_], [3000, 30_000]);
  told(what);
  assert.deepEqual(slow, [one]);
  giveUp();
  assert.deepEqual(await asking, [0]);
});

test("promise_r14 where no fetch outlives its page a beacon does, to the page's own origin only", async () => {
  const sent = [];
  Object.defineProperty(globalThis, "navigator", { value: { sendBeacon: (...what) => sent.push(what) }, configurable: true });
  globalThis.Request = class {};
  const asked = answering(204);
  const other = "https://collector.example/collect";
  assert.deepEqual(await sender("/collect", () => {})(batch(), true, true), [0], "nobody hears the answer");
  assert.deepEqual([sent.length, sent[0][0], [...sent[0][1]], asked.length], [1, "/collect", [1, 2, 3], 0]);
  await sender(other, () => {})(batch(), true, true);
  await sender("/collect", () => {})(batch(), true, false);
  assert.deepEqual([sent.length, asked.map(([url]) => url)], [1, [other, "/collect"]]);
  globalThis.Request = natives.Request;
  await sender("/collect", () => {})(batch(), true, true);
  assert.deepEqual([sent.length, asked.length], [1, 3]);
});

test("of a large batch the collector is asked which blocks it knows, once, and the rest is sent", async () => {
  const told = ["101", "000", "", "1", "1011", "1o1", '{"n":1}', undefined, new Error("blocked")];
  for (const known of told) {
    const asked = [];
    globalThis.fetch = async (url, request) => {
      asked.push([url, [...request.body]]);
      if (!url.endsWith("/known")) return { status: 204, headers: new Headers() };
      if (known instanceof Error) throw known;
      return { ok: known !== undefined, text: async () => known };
    };
    const names = new Uint8Array(24).fill(7);
    const one = { ...batch(), names, lean: () => Uint8Array.of(9, names[0], names[8], names[16]) };
    const send = sender(OWN, () => {});
    assert.deepEqual(await send(one, true, false), [204, false, 0, []]);
    const [[question, said], [answer, body], ...more] = asked;
    assert.deepEqual([question, said.length, answer, more], [`${OWN}/known`, 24, OWN, []]);
    assert.deepEqual(body, known === "101" ? [9, 7, 0, 7] : [1, 2, 3], `${known}`);
    await send(one, true, false);
    assert.deepEqual(asked[2], [OWN, [1, 2, 3]], "what is sent again is whole");
  }
});

test("a page that is left, and a visitor who says no, wait for no answer", async () => {
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url);
    return url.endsWith("/known") ? new Promise(() => {}) : { status: 204, headers: new Headers() };
  };
  const large = () => ({ ...batch(), names: new Uint8Array(8) });
  await sender(OWN, () => {})(large(), true, true);
  assert.deepEqual(asked, [OWN], "there is no time to ask");
  const one = large();
  const sending = sender(OWN, () => {})(one, true, false);
  one.wake();
  assert.deepEqual([await sending, asked.slice(1)], [[204, false, 0, []], [`${OWN}/known`, OWN]]);
  const no = large();
  const never = sender(OWN, () => {})(no, true, false);
  document.cookie = "afterimage_disabled=1";
  no.wake();
  assert.deepEqual([await never, asked.slice(3)], [[0], [`${OWN}/known`]]);
  delete document.cookie;
});
