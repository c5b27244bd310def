// Every fixture calls `define(first, second, …)`; a test then calls `step(1)` to `step(steps)`, in order. A step is
// synchronous unless it returns a promise. Nothing here depends on time or chance.
"use strict";
window.define = (...actions) => {
  window.steps = actions.length;
  window.step = (n) => {
    if (!(n in [undefined, ...actions]) || n < 1) throw new RangeError(`no step ${n} of ${actions.length}`);
    return actions[n - 1]();
  };
};
window.$ = (id) => document.getElementById(id);
// Deterministic numbers below `below`.
window.dice = (seed) => (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 4294967296) * below);
};
window.make = (name, text = "", attributes = {}) => {
  const node = document.createElement(name);
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
