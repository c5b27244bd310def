// Counts what the recorder's scripts take from a window and do not give back, and knows every native as it was. Stands before
// everything else in a page; a frame of the same origin has itself watched: `parent.left.watch(window)`.
window.left = (() => {
  /** Everything that is held, in words. @type {Set<{ text: string }>} */
  const held = new Set();
  /** How much was ever taken of a kind: what never was is not shown to be given back. */
  const ever = {};
  /** Each window with its natives. @type {Map<Window, ReturnType<typeof natives>>} */
  const watched = new Map();

  const take = (kind, what = "") => {
    // The page and who drives the browser have some, too.
    if (!/\/(afterimage|core|canvas|developer|frames)\.js/.test(new Error().stack)) return;
    ever[kind] = (ever[kind] ?? 0) + 1;
    const one = { text: `${kind} ${what}`.trim() };
    held.add(one);
    return one;
  };
  const give = (one) => held.delete(one);

  const replace = (owner, name, make, part = "value") => {
    const native = Object.getOwnPropertyDescriptor(owner, name);
    if (native) Object.defineProperty(owner, name, { ...native, [part]: make(native[part]) });
  };

  const listeners = (view) => {
    const all = new WeakMap();
    const of = (target, type, options) => {
      const key = `${type} ${!!(options?.capture ?? options)}`;
      const types = all.get(target) ?? all.set(target, new Map()).get(target);
      return types.get(key) ?? types.set(key, new Map()).get(key);
    };
    const { prototype } = view.EventTarget;
    const { addEventListener } = prototype;
    replace(prototype, "addEventListener", (native) => function (type, callback, options) {
      const callbacks = of(this ?? view, type, options);
      if (callback && !callbacks.has(callback)) {
        callbacks.set(callback, take("listener", type));
        const drop = () => give(callbacks.get(callback)) && callbacks.delete(callback);
        if (options?.once) addEventListener.call(this ?? view, type, drop, options);
        if (options?.signal) addEventListener.call(options.signal, "abort", drop);
      }
      return native.call(this, type, callback, options);
    });
    replace(prototype, "removeEventListener", (native) => function (type, callback, options) {
      const callbacks = of(this ?? view, type, options);
      give(callbacks.get(callback));
      callbacks.delete(callback);
      return native.call(this, type, callback, options);
    });
  };

  const timers = (view) => {
    const names = [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"], ["requestAnimationFrame", "cancelAnimationFrame"], ["requestIdleCallback", "cancelIdleCallback"]];
    for (const [begin, end] of names) {
      const all = new Map();
      const done = (id) => {
        give(all.get(id));
        all.delete(id);
      };
      replace(view, begin, (native) => (callback, ...rest) => {
        const one = take("timer", begin);
        const id = native.call(view, (...args) => {
          if (begin !== "setInterval") done(id);
          return callback(...args);
        }, ...rest);
        if (one) all.set(id, one);
        return id;
      });
      replace(view, end, (native) => (id) => {
        done(id);
        native.call(view, id);
      });
    }
  };

  const observers = (view) => {
    for (const name of ["MutationObserver", "ResizeObserver", "IntersectionObserver", "PerformanceObserver", "ReportingObserver"]) {
      if (!view[name]) continue;
      const all = new WeakMap();
      const of = (observer) => all.get(observer) ?? all.set(observer, { targets: new Set() }).get(observer);
      const over = (known) => {
        known.targets.clear();
        give(known.one);
        known.one = undefined;
      };
      const { prototype } = view[name];
      replace(prototype, "observe", (native) => function (target, ...rest) {
        const known = of(this);
        known.targets.add(target);
        known.one ??= take("observer", name);
        return native.call(this, target, ...rest);
      });
      replace(prototype, "unobserve", (native) => function (target) {
        const known = of(this);
        if (known.targets.delete(target) && !known.targets.size) over(known);
        return native.call(this, target);
      });
      replace(prototype, "disconnect", (native) => function () {
        over(of(this));
        return native.call(this);
      });
    }
  };

  /** What has an end that its maker has to call. */
  const ended = (view, name) => {
    const all = new WeakMap();
    replace(view, name, (native) => class extends native {
      constructor(...args) {
        super(...args);
        const one = take(name);
        for (const part of [this, this.port1, this.port2]) if (one && part) all.set(part, one);
      }
    });
    return (part) => give(all.get(part));
  };

  const channels = (view) => {
    const channel = ended(view, "MessageChannel");
    const { prototype } = view.MessagePort;
    // Of a port that came from elsewhere, too.
    const heard = new WeakMap();
    replace(prototype, "onmessage", (native) => function (callback) {
      give(heard.get(this));
      if (callback) heard.set(this, take("port"));
      return native.call(this, callback);
    }, "set");
    replace(prototype, "close", (native) => function () {
      channel(this);
      give(heard.get(this));
      return native.call(this);
    });
    for (const [name, end] of [["BroadcastChannel", "close"], ["Worker", "terminate"]]) {
      const { prototype } = view[name];
      const over = ended(view, name);
      replace(prototype, end, (native) => function () {
        over(this);
        return native.call(this);
      });
    }
  };

  /** Every function, and every object that is one of a kind, with its properties as they are. */
  const natives = (view) => {
    const owners = new Set([view, ...["navigator", "document", "history", "location", "performance", "screen", "crypto", "customElements", "visualViewport", "navigation"].map((name) => view[name])]);
    for (const key of Object.getOwnPropertyNames(view)) {
      const { value } = Object.getOwnPropertyDescriptor(view, key);
      if (typeof value == "function") owners.add(value).add(value.prototype);
      // console, JSON, Reflect …
      else if (value?.[Symbol.toStringTag] === key || key === "console") owners.add(value);
    }
    const all = new Map();
    for (const owner of owners) if (owner) all.set(owner, Object.getOwnPropertyDescriptors(owner));
    return all;
  };

  /** What a window has more after it was looked at: the page's, frames by number, and the drivers'. */
  const THEIRS = /^(\d+|left|afterimage|use|tidy|inner|ret_nodes|se_\w+|cdc_\w+|Symbol\(automationSessionProxy\))$/;

  /** How natives differ from what they were. */
  const changed = (view) => {
    const found = [];
    for (const [owner, before] of watched.get(view)) {
      const now = Object.getOwnPropertyDescriptors(owner);
      const name = owner === view ? "window" : typeof owner == "function" ? owner.name : owner[Symbol.toStringTag];
      for (const key of new Set([...Reflect.ownKeys(before), ...Reflect.ownKeys(now)])) {
        if (owner === view && !(key in before) && THEIRS.test(String(key))) continue;
        const [a, b] = [before[key] ?? {}, now[key] ?? {}];
        const same = ["get", "set", "configurable", "enumerable", "writable"].every((part) => a[part] === b[part]);
        // What else a window has is the page's to change.
        if (!same || (typeof a.value == "function" && a.value !== b.value)) found.push(`${name} ${String(key)}`);
      }
    }
    for (const target of [view, view.document]) for (const key in target) if (/^on/.test(key) && target[key]) found.push(`a handler ${key}`);
    return found;
  };

  let memory;
  const watch = (view) => {
    for (const part of [listeners, timers, observers, channels]) part(view);
    for (const name of ["instantiate", "instantiateStreaming"])
      replace(view.WebAssembly, name, (native) => async (...args) => {
        const made = await native.apply(view.WebAssembly, args);
        memory = Object.values((made.instance ?? made).exports).find((value) => value instanceof WebAssembly.Memory);
        return made;
      });
    watched.set(view, natives(view));
  };
  watch(window);

  return {
    watch,
    ever,
    held: () => [...held].map(({ text }) => text).sort(),
    changed: () => [...watched.keys()].flatMap(changed),
    /** Pages of WebAssembly. */
    pages: () => memory.buffer.byteLength / 65536,
    /** What nodes show of anybody. */
    traces: () => [document, ...document.querySelectorAll("*")].map((node) => [node.nodeName, ...Reflect.ownKeys(node).map(String), ...[...(node.attributes ?? [])].map(({ name, value }) => `${name}=${value}`)].join(" ")),
  };
})();
