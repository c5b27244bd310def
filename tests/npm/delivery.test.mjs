// delivery.js with a clock that is set: which batch goes when, and what an answer means.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const www = (name) => fileURLToPath(new URL(`../../www/${name}`, import.meta.url));
const { outputFiles } = buildSync({ entryPoints: [www("delivery.js")], bundle: true, write: false, format: "esm" });
const { delivery } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

/** Lets everything happen that waits for no clock. */
const soon = () => new Promise(setImmediate);

/** A delivery whose requests are answered when the test says so. */
const rig = () => {
  const self = {
    time: 0,
    allowed: true,
    /** Under way, oldest first. */
    posts: [],
    kept: new Set(),
    copied: [],
    told: [],
    wake: undefined,
    async answer(...what) {
      const { resolve, name } = self.posts.shift();
      resolve(what);
      await soon();
      return name;
    },
    names: () => self.posts.map(({ name }) => name),
    /** A batch that can be told by its first byte. */
    push: (name, bytes = 100, rest) => self.out.push(new Uint8Array(bytes).fill(name, 0, 1), 0, rest),
    /** Waits as long as it wants to. */
    async sleep() {
      self.time += self.wake;
      self.out.pump();
      await soon();
    },
  };
  self.out = delivery({
    post: (batch, keepalive, away) =>
      new Promise((resolve) => {
        batch.stop = () => (self.stopped = true);
        self.posts.push({ name: batch.body[0], keepalive, away, resolve });
      }),
    pixel: (batch) => new Promise((resolve) => self.posts.push({ name: batch.body[0], image: true, resolve })),
    keep: (batch) => self.kept.add(batch.body[0]),
    drop: (batch) => self.kept.delete(batch.body[0]),
    copy: (batches) => (self.copied = batches.map(({ body }) => body[0])),
    may: () => self.allowed,
    told: (status, snapshot) => self.told.push([status, snapshot]),
    wake: (delay) => (self.wake = delay),
    fault: (error) => {
      throw error;
    },
    now: () => self.time,
    random: () => 0.5,
  });
  return self;
};

test("one at a time, in order, and nothing is kept of what arrives", async () => {
  const r = rig();
  r.push(1), r.push(2);
  r.out.pump(), r.out.pump();
  assert.deepEqual(r.names(), [1]);
  await r.answer(204);
  assert.deepEqual(r.names(), [2]);
  let idle = false;
  r.out.idle().then(() => (idle = true));
  await soon();
  assert.equal(idle, false);
  await r.answer(200, true);
  assert.deepEqual([idle, r.names(), r.told, r.kept.size], [true, [], [[204, false], [200, true]], 0]);
});

test("failures keep what waits, and are tried again ever later, a dead collector once a minute at most", async () => {
  const r = rig();
  r.push(1), r.push(2);
  r.out.pump();
  const waits = [];
  for (const status of [0, 503, 429, 408, 500, 0, 0, 0, 0, 0]) {
    await r.answer(status);
    assert.deepEqual([...r.kept], [1, 2], "the one behind it, too");
    assert.deepEqual(r.names(), [], "not at once");
    r.out.pump();
    waits.push(r.wake);
    await r.sleep();
  }
  assert.deepEqual(waits.slice(0, 4), [1250, 2500, 5000, 10000]);
  assert.ok(waits.slice(-3).every((wait) => wait >= 60_000 && wait <= 90_000), `${waits}`);
  r.push(3);
  assert.deepEqual([...r.kept], [1, 2, 3], "while it fails, what is new is kept at once");
  await r.answer(204);
  await r.answer(204);
  assert.deepEqual([[...r.kept], r.names()], [[3], [3]]);
  await r.answer(204);
  assert.equal(r.kept.size, 0);
});

test("what fails together, as a page is hidden, fails once", async () => {
  const r = rig();
  for (let name = 1; name <= 5; name++) r.push(name);
  r.out.pump();
  r.out.leave(false);
  assert.deepEqual(r.names(), [1, 2, 3, 4, 5]);
  for (let name = 1; name <= 5; name++) await r.answer(503, false, name === 3 ? 3000 : 0);
  r.out.pump();
  assert.equal(r.wake, 3000, "as long as one of them was asked to wait");
  r.out.leave(true);
  assert.deepEqual(r.names(), [1, 2, 3, 4, 5], "nor is the collector taken for dead");
  for (let name = 1; name <= 5; name++) await r.answer(0);
  await r.sleep();
  await r.answer(503);
  r.out.pump();
  assert.equal(r.wake, 2500, "what fails meanwhile does not count");
});

test("where requests are blocked, what is small goes by images, and the rest is tried ever later", async () => {
  const r = rig();
  const images = () => r.posts.map(({ image }) => image);
  r.push(1, 9000), r.push(2), r.push(3);
  r.out.pump();
  await r.answer(0);
  r.out.pump();
  await r.sleep();
  assert.deepEqual([r.names(), images()], [[1], [undefined]], "once is no reason");
  await r.answer(0);
  r.out.pump();
  await r.sleep();
  assert.deepEqual([r.names(), images()], [[2], [true]], "one image to see");
  await r.answer(200);
  assert.deepEqual([r.names(), images()], [[3], [true]], "the next at once");
  await r.answer(200);
  assert.deepEqual([r.names(), images()], [[1], [undefined]], "what is large is tried when it is time");
  await r.answer(0);
  r.out.pump();
  assert.equal(r.wake, 5000, "an image is no reason to ask more often");
  r.push(4);
  r.out.pump();
  assert.deepEqual([r.names(), images()], [[4], [true]]);
  await r.answer(0);
  r.out.pump();
  await r.sleep();
  assert.deepEqual([r.names(), images()], [[1], [undefined]], "nor do images go on when they are blocked, too");
});

test("what was under way when the page was frozen is asked anew when it comes back", async () => {
  const r = rig();
  r.push(1);
  r.out.pump();
  r.out.leave(true);
  r.out.back();
  assert.equal(r.stopped, true);
  await r.answer(0);
  r.out.pump();
  await r.sleep();
  assert.deepEqual(r.names(), [1]);
});

test("a collector that asks for time gets it, and a network that is back is tried at once", async () => {
  const r = rig();
  r.push(1);
  r.out.pump();
  await r.answer(429, false, 30_000);
  r.out.pump();
  assert.equal(r.wake, 30_000);
  r.out.online();
  assert.deepEqual(r.names(), [1]);
});

test("what is refused is not sent again, what may have been broken on the way three times, and too large a batch is told", async () => {
  const r = rig();
  for (const [status, times] of [[404, 1], [413, 3], [400, 3], [422, 3], [409, 3]]) {
    r.push(1);
    r.out.pump();
    for (let n = 1; n < times; n++) {
      await r.answer(status);
      r.out.pump();
      await r.sleep();
    }
    await r.answer(status);
    assert.deepEqual([r.names(), r.kept.size], [[], 0]);
  }
  assert.deepEqual(r.told.map(([status]) => status), [404, 413, 400, 422, 409]);
});

test("a collector can stop the session, and what is left of others still goes", async () => {
  for (const status of [403, 410]) {
    const r = rig();
    r.push(1), r.push(2), r.push(3, 10, { old: true });
    r.out.pump();
    await r.answer(status);
    assert.deepEqual([r.told, r.names()], [[[status, false]], [3]]);
    await r.answer(status);
    r.push(4);
    r.out.pump();
    assert.deepEqual([r.told.length, r.names()], [1, []], "of another's end nobody is told");
  }
});

test("what others left goes after what happens now, and nobody waits for it", async () => {
  const r = rig();
  r.push(1, 10, { old: true, key: "k" });
  r.push(2);
  r.out.pump();
  assert.deepEqual(r.names(), [2]);
  let idle = false;
  r.out.idle().then(() => (idle = true));
  await r.answer(204);
  assert.deepEqual([idle, r.names()], [true, [1]]);
});

test("at the end small ones leave first, within one budget for all that is on its way, and all is copied", async () => {
  const r = rig();
  r.push(1, 50_000);
  r.out.pump();
  assert.equal(r.posts[0].keepalive, true);
  r.push(2, 40_000), r.push(3, 2000), r.push(4, 7000);
  r.out.leave(false);
  assert.deepEqual([r.names(), r.copied], [[1, 3, 4], []], "hidden is not the end");
  assert.ok(r.posts.every(({ keepalive, away }) => keepalive && !away));
  r.out.leave(true);
  assert.deepEqual(r.copied, [3, 4, 2, 1]);
  // It came back from the cache: what was cut off is tried again.
  await r.answer(0), await r.answer(204), await r.answer(0);
  r.time += 1e6;
  r.out.pump();
  assert.deepEqual(r.names(), [1]);
  await r.answer(204), await r.answer(204), await r.answer(204);
  assert.deepEqual(r.names(), []);
});

test("a batch larger than the budget goes without it while the page lives", async () => {
  const r = rig();
  r.push(1, 70_000), r.push(2);
  r.out.pump();
  assert.deepEqual([r.names(), r.posts[0].keepalive], [[1], false]);
  r.out.leave(true);
  assert.deepEqual([r.names(), r.posts[1].keepalive, r.copied], [[1, 2], true, [2, 1]]);
});

test("memory is bounded, and what is on its way stays", async () => {
  const r = rig();
  const half = 2 << 20;
  r.push(0, half);
  r.out.pump();
  for (let n = 1; n < 5; n++) r.push(n, half);
  const left = [await r.answer(204), await r.answer(204), await r.answer(204)];
  assert.deepEqual([left, r.names()], [[0, 3, 4], []]);
});

test("promise_v06 discarding leaves nothing to send, and nothing may be sent after a no", async () => {
  const r = rig();
  r.push(1), r.push(2);
  r.out.pump();
  r.out.discard();
  assert.equal(r.stopped, true, "what is on its way is called back");
  await r.answer(503);
  r.push(3);
  r.out.pump(), r.out.leave(true), r.out.online();
  await r.out.idle();
  assert.deepEqual([r.names(), r.copied, r.kept.size], [[], [], 0]);

  const other = rig();
  other.push(1);
  other.allowed = false;
  other.out.pump(), other.out.leave(true);
  assert.deepEqual([other.names(), other.copied], [[], []]);
});
