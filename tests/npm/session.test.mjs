// Sessions in a jar of fakes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const www = fileURLToPath(new URL("../../www/", import.meta.url));
const { outputFiles } = buildSync({ entryPoints: [www + "session.js"], bundle: true, write: false, format: "esm" });
const { read, resume } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const NOW = 1_795_000_000;
const IDLE_S = 1800;
const LONGEST_S = 12 * 3600;
let time = NOW;
const jar = new Map();
Date.now = () => time * 1000;
Object.assign(globalThis, { location: { protocol: "https:" }, localStorage: {} });
globalThis.document = {
  get cookie() {
    return [...jar].map((pair) => pair.join("=")).join("; ");
  },
  set cookie(text) {
    const [name, value] = text.split(";")[0].split("=");
    /max-age=0/.test(text) ? jar.delete(name) : jar.set(name, value);
  },
};

/** A page view with this in the jar, at this moment. */
const at = (seconds, cookie) => {
  time = seconds;
  jar.clear();
  if (cookie) jar.set("afterimage", cookie);
  return resume();
};
const cookie = () => jar.get("afterimage");

test("a cookie reads back", () => {
  const { secret, pageViews, kept } = at(NOW);
  assert.deepEqual(read(), [secret, NOW, NOW, 1]);
  assert.deepEqual([pageViews, kept], [1, true]);
});

test("promise_n07 sessions end", () => {
  const first = at(NOW).secret;
  const kept = cookie();
  const again = at(NOW + IDLE_S - 1, kept);
  assert.deepEqual([again.secret, again.pageViews], [first, 2]);
  assert.notEqual(at(NOW + IDLE_S, kept).secret, first);
  const [secret, started] = kept.split(".");
  const seen = (seconds) => [secret, started, (NOW + seconds).toString(16), 1].join(".");
  assert.notEqual(at(NOW + LONGEST_S, seen(LONGEST_S)).secret, first);
  assert.notEqual(at(NOW, seen(9999)).secret, first, "from the future");
  assert.equal(at(NOW, seen(30)).secret, first, "clocks differ a little");
});

test("promise_n07 an active session goes on, and ends for good after twelve hours", () => {
  const session = at(NOW);
  const { secret } = session;
  time = NOW + 59;
  assert.equal(session.touch(), 2);
  assert.equal(read()[2], NOW, "not written all the time");
  jar.set("afterimage", cookie().replace(/1$/, "5"));
  time = NOW + 60;
  assert.equal(session.touch(), 2);
  assert.deepEqual(read(), [secret, NOW, NOW + 60, 5], "other tabs count too");
  for (time = NOW; time <= NOW + LONGEST_S; time += IDLE_S - 1) assert.equal(session.touch(), 2);
  time = NOW + LONGEST_S + 1;
  assert.equal(session.touch(), 0);
});

test("promise_n07 a session that was idle for long is over, unless another tab kept it, and clocks that jump back do not end it", () => {
  const session = at(NOW);
  time = NOW + IDLE_S;
  assert.equal(session.touch(), 1);
  assert.equal(session.touch(), 1, "nothing keeps it alive by asking");
  const [secret, started, , views] = cookie().split(".");
  jar.set("afterimage", [secret, started, (NOW + IDLE_S - 60).toString(16), views].join("."));
  assert.equal(session.touch(), 2, "another tab was used meanwhile");
  assert.equal(read()[2], time);
  time -= 7200;
  assert.equal(session.touch(), 2);
  assert.equal(read()[2], time, "the cookie is kept alive by the clock there is");
});

test("promise_v05 a session whose cookie is gone is over: somebody said no, and nobody could erase it any more", () => {
  const session = at(NOW);
  assert.equal(session.touch(), 2);
  jar.clear();
  assert.equal(session.touch(), 0);
  assert.equal(cookie(), undefined, "and it does not come back");
});

test("promise_n09 the cookie is random bytes and counters", () => {
  const secrets = new Set(Array.from({ length: 50 }, () => at(NOW).secret));
  assert.equal(secrets.size, 50);
  assert.match(cookie(), /^[0-9a-f]{32}(\.[0-9a-f]+){3}$/);
});

test("foreign cookies are ignored", () => {
  const zeros = "0".repeat(32);
  for (const bad of ["", "x", "..", "out", "zz.1.1.1", zeros, `${zeros}.1.1.1.1`, `${zeros}.1.1.`, `${zeros}.1.1.1234567890123`])
    assert.equal(read(`a=b; afterimage=${bad}; c=d`), undefined, bad);
  assert.equal(read(`xafterimage=${zeros}.1.1.1; afterimage_disabled=1`), undefined);
  assert.deepEqual(read(`xafterimage=2; afterimage=${zeros}.1.a.f; afterimage_disabled=1`), [zeros, 1, 10, 15]);
});

test("without a cookie jar a session lasts as long as its page", () => {
  const { set, get } = Map.prototype;
  jar.set = () => jar;
  const session = at(NOW);
  jar.set = set;
  assert.deepEqual([session.kept, session.visits, cookie()], [false, 0, undefined]);
  for (const end = time + 2 * IDLE_S; time < end; time += 100) assert.equal(session.touch(), 2);
  assert.equal(cookie(), undefined);
  time += IDLE_S;
  assert.equal(session.touch(), 1);
});

test("promise_r11 visits are counted without an identifier", () => {
  globalThis.localStorage = {};
  const first = at(NOW);
  assert.equal(first.visits, 0);
  assert.equal(localStorage.afterimage_visits, `1.${Math.floor(NOW / 86400).toString(16)}`);
  assert.equal(at(NOW + 1, cookie()).visits, 0, "the same session");
  assert.equal(at(NOW + 2).visits, 1);
  assert.equal(at(NOW + 3).visits, 2);
  localStorage.afterimage_visits = "garbage";
  assert.equal(at(NOW).visits, 0);
  Object.defineProperty(globalThis, "localStorage", { get: () => assert.fail("blocked"), configurable: true });
  assert.equal(at(NOW).visits, 0);
});
