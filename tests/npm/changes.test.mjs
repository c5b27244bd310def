// www/changes.js: what observers report is told once, as it is when it is asked for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

globalThis.Element = class {
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
};
// Getters that give what these elements, plain objects, have.
globalThis.Node = class {};
for (const name of ["isConnected", "nodeType", "parentNode"])
  Object.defineProperty(Node.prototype, name, { get: function () { return this[name] } });
const source = fileURLToPath(new URL("../../www/changes.js", import.meta.url));
const { outputFiles } = buildSync({ entryPoints: [source], bundle: true, write: false, format: "esm" });
const { changes } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const element = (name, attributes = {}) => ({ name, isConnected: true, attributes });
const set = (target, attributeName, oldValue) => ({ type: "attributes", target, attributeName, oldValue });
const children = (target, addedNodes, removedNodes = []) => ({ type: "childList", target, addedNodes, removedNodes });
const text = (target) => ({ type: "characterData", target });

/** @param {boolean} [quiet] whether the page holds no secret */
const keeping = (quiet = false) => {
  const told = [];
  const names = (nodes) => nodes.map(({ name }) => name).join(" ");
  const kept = changes(
    (nodes, said, _, away) => told.push([names(nodes.slice(away)), said, names(nodes.slice(0, away))]),
    () => {},
    () => quiet,
  );
  return { ...kept, told };
};

test("whatever changed is told once, when it is asked for", () => {
  const { keep, give, told } = keeping();
  const [list, first, second, words] = ["list", "first", "second", "words"].map((name) => element(name, { class: "new", id: "x" }));
  keep([children(list, [first]), text(words), set(list, "class", "old"), text(words)]);
  keep([children(list, [second, first]), children(first, [words]), set(list, "class", "between"), set(list, "id", null)]);
  assert.deepEqual(told, []);
  give();
  give();
  assert.deepEqual(told, [["list first second first words list list words", "2 1 \0class\0id", ""]]);
});

test("an attribute that is what it was is not told", () => {
  const { keep, give, told } = keeping();
  const [menu, item] = [element("menu", { class: "open" }), element("item", {})];
  keep([set(menu, "class", "open"), set(menu, "class", "closed"), set(item, "hidden", null), set(item, "title", "gone")]);
  give();
  assert.deepEqual(told, [["item", "\0title", ""]]);
});

test("what left the page is told at once, with all before it", () => {
  const { keep, give, told } = keeping();
  const [list, gone, words] = [element("list"), { ...element("gone"), isConnected: false }, element("words")];
  keep([text(words)]);
  keep([children(list, [words], [words])]);
  assert.deepEqual(told, [], "what only moved can wait");
  keep([children(list, [], [gone])]);
  assert.deepEqual(told, [["list words gone words", "2 ", "gone"]]);
  give();
  assert.equal(told.length, 1);
});

test("where no secret is, what left the page waits, even if it comes back, but for what was in it and stayed", () => {
  const { keep, give, told } = keeping(true);
  const [list, gone, words, more] = [element("list"), { ...element("gone"), isConnected: false }, element("words"), element("more")];
  keep([children(list, [], [gone])]);
  gone.isConnected = true;
  keep([children(list, [gone]), children(list, [words], [words])]);
  assert.deepEqual(told, []);
  give();
  assert.deepEqual(told, [["list gone words", "2 ", "gone"]]);
  gone.isConnected = false;
  keep([children(gone, [], [more]), children(list, [more], [gone])]);
  assert.deepEqual(told[1], ["gone more list gone more", "1 2 ", "gone"]);
});
