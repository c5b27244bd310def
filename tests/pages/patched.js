"use strict";
// What old frameworks, polyfills and zones do to a page, all at once. `window.calls` counts what passes through, so that
// a test sees whether the recorder leaned on a patched function; the page's own use goes through as well.
window.calls = {};
const wrap = (owner, name, label = name) => {
  const original = owner[name];
  if (typeof original !== "function") return;
  owner[name] = function (...args) {
    window.calls[label] = (window.calls[label] ?? 0) + 1;
    return new.target ? Reflect.construct(original, args) : original.apply(this, args);
  };
  owner[name].prototype = original.prototype;
};

for (const name of ["fetch", "setTimeout", "setInterval", "requestAnimationFrame", "queueMicrotask", "MutationObserver", "IntersectionObserver", "ResizeObserver", "MessageChannel"]) wrap(window, name);
wrap(EventTarget.prototype, "addEventListener");
wrap(EventTarget.prototype, "removeEventListener");
for (const name of ["appendChild", "insertBefore", "removeChild", "contains", "cloneNode"]) wrap(Node.prototype, name);
for (const name of ["setAttribute", "getAttribute", "attachShadow", "matches", "closest", "querySelectorAll"]) wrap(Element.prototype, name);
for (const name of ["pushState", "replaceState"]) wrap(history, name);
for (const name of ["insertRule", "deleteRule"]) wrap(CSSStyleSheet.prototype, name);
wrap(navigator, "sendBeacon");
wrap(JSON, "stringify");
wrap(Date, "now");
wrap(performance, "now", "performance.now");

// An old library's habits: enumerable additions, a toJSON on arrays, getters that throw.
Array.prototype.toJSON = function () { return `array of ${this.length}`; };
Object.prototype.extend = function () { return this; };
Array.prototype.each = function (fn) { this.forEach(fn); };
String.prototype.trim = function () { return "trimmed"; };
wrap(Function.prototype, "bind");
const text = Object.getOwnPropertyDescriptor(Node.prototype, "textContent");
Object.defineProperty(Node.prototype, "textContent", { ...text, get() { window.calls.textContent = (window.calls.textContent ?? 0) + 1; return text.get.call(this); } });
Object.defineProperty(Event.prototype, "timeStamp", { get() { throw new Error("no time"); }, configurable: true });
console.log = console.error = () => { throw new Error("no console"); };
