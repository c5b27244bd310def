// www/clicks.js: where clicks hit, and what they come to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const source = fileURLToPath(new URL("../../www/clicks.js", import.meta.url));
const { outputFiles } = buildSync({ entryPoints: [source], bundle: true, write: false, format: "esm" });
const { clicks } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

let now = 0;
performance.now = () => now;
let isCollapsed = true;
globalThis.getSelection = () => ({ isCollapsed });

const element = (of = "") => ({
  matches: (selector) => selector.split(",").includes(of),
  closest: (selector) => selector.split(",").includes(of),
  getBoundingClientRect: () => ({ left: 100, top: 200, width: 80, height: 40 }),
});

const page = () => {
  now = 10_000;
  isCollapsed = true;
  const told = [];
  const soon = [];
  const hits = clicks((what, node, time, ...place) => told.push([what, time, ...place]), (ms) => soon.push(ms));
  return {
    ...hits,
    told,
    soon,
    /** What was told but the clicks themselves, and when those were. */
    signs: () => told.filter(([what]) => what).map(([what, time]) => [what, time]),
    click(node = element(), x = 120, y = 210) {
      hits.press();
      now += 50;
      hits.clicked({ clientX: x, clientY: y }, node, now);
    },
    wait(ms) {
      now += ms;
      hits.look();
    },
  };
};

test("a click is told where in its element's box it was", () => {
  const { click, told } = page();
  click();
  click(element(), 180, 240);
  assert.deepEqual(told, [[0, 10_050, 250, 250], [0, 10_100, 1000, 1000]]);
});

test("what a key or a script did, or a label handed on, is nowhere", () => {
  const { click, told, soon } = page();
  for (const [x, y] of [[0, 0], [99, 210], [181, 210], [120, 199], [120, 241]]) click(element(), x, y);
  const flat = { ...element(), getBoundingClientRect: () => ({ left: 120, top: 210, width: 0, height: 0 }) };
  click(flat);
  click({ getBoundingClientRect: () => assert.fail("the page is laid out for it") }, 0, 0);
  assert.deepEqual([told, soon], [[], []]);
});

test("of an element that does not answer nothing is told", () => {
  const { click, told, soon } = page();
  for (const name of ["getBoundingClientRect", "matches", "closest"]) click({ ...element(), [name]: element() });
  assert.deepEqual([told, soon], [[], []]);
});

test("three at one place within a second each are made in rage, and told once", () => {
  const { click, signs, stir } = page();
  for (let i = 0; i < 6; i++) click(), stir();
  assert.deepEqual(signs(), [[1, 10_150]]);
  now += 1000;
  for (let i = 0; i < 3; i++) click(), (now += 900);
  assert.equal(signs().length, 2, "the next row");
});

test("neither slow ones nor ones at other places, and not what chooses text", () => {
  const { click, signs, stir } = page();
  for (let i = 0; i < 4; i++) click(), stir(), (now += 1000);
  for (let i = 0; i < 4; i++) click(element(), 110 + (i % 2) * 40), stir();
  isCollapsed = false;
  for (let i = 0; i < 3; i++) click(), stir();
  assert.deepEqual(signs(), []);
});

test("one after which nothing happens is dead, and that is told with its time", () => {
  const { click, wait, signs, soon } = page();
  click();
  assert.deepEqual(soon, [2500]);
  wait(2000);
  assert.deepEqual([signs(), soon], [[], [2500, 500]]);
  wait(500);
  wait(500);
  assert.deepEqual(signs(), [[2, 10_050]]);
});

test("nor is one dead that something came of, be it as the pointer went down", () => {
  const { click, wait, signs, stir, press, clicked } = page();
  click();
  now += 2000;
  stir();
  wait(3000);
  press();
  now += 10;
  stir();
  clicked({ clientX: 120, clientY: 210 }, element(), now);
  wait(3000);
  assert.deepEqual(signs(), []);
  stir();
  now += 1;
  click();
  wait(3000);
  assert.equal(signs().length, 1, "what was before is no answer");
});

test("nor one on what does its own, or on the page", () => {
  const { click, wait, signs } = page();
  for (const of of ["html", "body", "a[href]", "textarea", "select", "label", "[contenteditable]"]) {
    click(element(of));
    wait(3000);
  }
  assert.deepEqual(signs(), []);
});

test("an error soon after one is its doing, once", () => {
  const { click, stir, failed, signs } = page();
  failed();
  click();
  stir();
  now += 900;
  failed();
  failed();
  click();
  stir();
  now += 1001;
  failed();
  assert.deepEqual(signs(), [[3, 10_050]]);
});

test("what was before a pause comes to nothing after it", () => {
  const { click, wait, failed, forget, signs } = page();
  click();
  click();
  forget();
  click();
  forget();
  failed();
  wait(3000);
  assert.deepEqual(signs(), []);
});
