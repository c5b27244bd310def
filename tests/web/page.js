// The page of the browser tests.

/** What the module exports, as core-entry.js has it: this is how the test runner calls its glue. @type {any} */
let glue;
import(/** @type {any} */ ("/wasm-bindgen-test")).then((all) => (glue = all));

/** @param {string} html */
export const fixture = (html) => {
  document.getElementById("fixture")?.remove();
  const root = document.createElement("main");
  root.id = "fixture";
  document.body.append(root);
  // Unlike innerHTML, also makes declarative shadow roots.
  root.setHTMLUnsafe(html);
  return root;
};

const SPACES = { "http://www.w3.org/2000/svg": "svg:", "http://www.w3.org/1998/Math/MathML": "math:" };
/** Not recorded at all, or without what is below. */
const DROPPED = new Set(["script", "noscript", "template"]);
const VOID = new Set(["input", "textarea"]);
/** Attributes that never leave. */
const WITHHELD = /^on|^(?:value|srcdoc|nonce|data-user)$/;

/** @param {any} node */
const line = (node) => {
  switch (node.nodeType) {
    case Node.TEXT_NODE:
    case Node.CDATA_SECTION_NODE:
      return `"${node.data}"`;
    case Node.DOCUMENT_NODE:
      return "#document";
    case Node.DOCUMENT_TYPE_NODE:
      return `#doctype ${node.name}`;
    case Node.DOCUMENT_FRAGMENT_NODE:
      return `#shadow ${node.mode}`;
    case Node.ELEMENT_NODE: {
      if (DROPPED.has(node.localName)) return;
      const kept = [...node.attributes].filter(({ name }) => !WITHHELD.test(name));
      return `${SPACES[node.namespaceURI] ?? ""}${node.localName}${kept
        .map(({ name, value }) => ` ${name}=${value}`)
        .sort()
        .join("")}`;
    }
  }
};

/** @param {any} root */
export const live = (root) => {
  const lines = [];
  const stack = [[root, 0]];
  while (stack.length) {
    const [node, depth] = stack.pop();
    const said = line(node);
    if (said === undefined) continue;
    lines.push(`${depth} ${said}`);
    if (VOID.has(node.localName)) continue;
    for (let child = node.lastChild; child; child = child.previousSibling) stack.push([child, depth + 1]);
    for (const inner of [node.contentDocument, node.shadowRoot]) if (inner) stack.push([inner, depth + 1]);
  }
  return lines;
};

/** Random numbers that can be had again. @param {number} seed */
const random = (seed) => (below) => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};

// Taken before a test lays hands on them.
const { setTimeout, clearTimeout, MessageChannel } = globalThis;
const { postMessage } = MessagePort.prototype;
const later = (ms) => new Promise((done) => setTimeout(done, ms));
const soon = () => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => (port1.close(), done());
  postMessage.call(port2, 0);
});

/** One event of each name, as a visitor would cause them. @param {any} node @param {string[]} names */
const happen = (node, ...names) => {
  for (const name of names) node.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
};



/** @param {string} body */
export const run = async (body) =>
  new Function("root", "tools", `return (async () => { ${body} })()`)(document.getElementById("fixture"), {
    random,
    later,
    soon,
    happen,
    storm,
    tally,
    natives,
    traces,
    sabotage,
    visit,
    secret,
    echo,
    scene,
  });

/**
 * What stands in for www/core-entry.js and for the collector.
 * @param {any} drive www/live.js @param {any} sentry @param {any} delivery
 */
export const collector = (drive, sentry, delivery) => {
  const faults = [];
  let failed;
  const failure = new Promise((done) => (failed = done));
  const { call, fault, guard } = sentry((error) => {
    faults.push(`${error?.message ?? error}\n${error?.stack ?? ""}`);
    self.recorder?.release();
    failed();
  });
  // A page may have sabotaged its own.
  const { setTimeout } = window;
  const now = performance.now.bind(performance);
  const self = {
    /** Settles when the recorder has died, if it does not before. */
    orFault: (promise) => Promise.race([promise, failure]),
    sent: [],
    stopped: [],
    faults,
    status: 204,
    recorder: undefined,
    call: (what) => call(what, undefined),
    start: (facts) => {
      const out = delivery({
        post: ({ body }) => {
          // The header's length is behind five bytes, in one or two.
          const header = body[5] < 128 ? 6 + body[5] : 7 + (body[5] & 127) + body[6] * 128;
          self.sent.push([body.slice(0, header), body.slice(header)]);
          // There is an answer before the next task, which may be before the test has told.
          return self.status === 1 ? new Promise(() => {}) : Promise.resolve([self.status]);
        },
        pixel: () => Promise.resolve([0]),
        keep() {},
        drop() {},
        copy() {},
        may: () => true,
        told() {},
        wake: (delay) => setTimeout(guard(() => out.pump()), delay),
        fault,
        now,
        random: () => 0.5,
      });
      const hooks = { guard, out, heard() {}, released() {}, stopped: (/** @type {number} */ reason) => self.stopped.push(reason) };
      return (self.recorder = drive(glue, facts(), hooks));
    },
  };
  return self;
};

/** @param {Uint8Array} bytes */
export const inflate = async (bytes) =>
  new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer(),
  );

const WORDS = ["Harbour", "lantern", "quiet", "meadow", "River", "stone", "copper", "winter", "Garden", "letter"];
const NAMES = ["div", "p", "span", "ul", "li", "section", "b", "article", "svg", "math", "x-card", "table"];
const ATTRIBUTES = ["class", "title", "lang", "dir", "role", "aria-label"];

/** A page that changes at random, in every way a page can. */
export const storm = (seed) => {
  const below = random(seed);
  const root = document.getElementById("fixture");
  const roots = [root];
  const inner = root.querySelector("iframe")?.contentDocument;
  if (inner) roots.push(inner.body);
  /** Nodes that were taken out and may come back. @type {Node[]} */
  const held = [];
  const pick = (list) => list[below(list.length)];
  // No word ends a text, so that none grows into one that looks like a token.
  const words = () => Array.from({ length: 1 + below(3) }, () => `${pick(WORDS)} `).join("");

  const nodes = () => {
    const all = [];
    const stack = [pick(roots)];
    while (stack.length && all.length < 400) {
      const node = stack.pop();
      all.push(node);
      stack.push(...node.childNodes);
      if (node.shadowRoot) stack.push(node.shadowRoot);
    }
    return all;
  };
  const any = (wanted) => pick(nodes().filter(wanted));
  const holds = (node) => node.nodeType !== Node.TEXT_NODE && node.nodeType !== Node.COMMENT_NODE && node.localName !== "iframe";
  const parent = () => any(holds) ?? root;
  const inside = (node) => !roots.includes(node) && node.nodeType !== Node.DOCUMENT_FRAGMENT_NODE && node.localName !== "iframe";

  const element = (depth = 0) => {
    const name = pick(NAMES);
    // The two that may stand in HTML.
    const space = Object.keys(SPACES).find((space) => SPACES[space] === `${name}:`) ?? "http://www.w3.org/1999/xhtml";
    const made = document.createElementNS(space, name);
    if (below(2)) made.setAttribute(pick(ATTRIBUTES), pick(WORDS));
    for (let i = below(3 - depth); i > 0; i--) made.append(below(2) ? words() : element(depth + 1));
    return made;
  };
  const anything = () => {
    if (held.length && below(4) === 0) return held.splice(below(held.length), 1)[0];
    const kind = below(8);
    return kind === 0 ? document.createComment("never") : kind < 4 ? document.createTextNode(words()) : element();
  };
  const put = (into, node) => {
    if (!node.contains(into) && !into.getRootNode().host?.contains?.(node)) into.insertBefore(node, pick([...into.childNodes, null]));
  };
  const outside = (into, node) => {
    for (let at = into; at; at = at.parentNode ?? at.host) if (at === node) return false;
    return true;
  };

  const steps = [
    () => parent().append(anything()),
    () => put(parent(), anything()),
    () => put(parent(), anything()),
    () => {
      const node = any(inside);
      const into = parent();
      if (node && outside(into, node)) put(into, node);
    },
    () => {
      const node = any(inside);
      if (!node) return;
      const around = element(2);
      node.replaceWith(around);
      around.append(node);
    },
    () => {
      const node = any(inside);
      if (node) node.remove(), held.push(node);
    },
    () => {
      const node = any((n) => inside(n) && n.firstChild);
      // Unwraps it.
      node?.replaceWith(...node.childNodes);
    },
    () => {
      const into = parent();
      if (!roots.includes(into) && below(3) === 0) into.innerHTML = `<p>${words()}<b title="${pick(WORDS)}">${words()}</b></p>${words()}<!-- -->`;
    },
    () => any((n) => n.nodeType === Node.ELEMENT_NODE && n !== root)?.setAttribute(pick(ATTRIBUTES), pick(WORDS)),
    () => any((n) => n.nodeType === Node.ELEMENT_NODE && n !== root)?.removeAttribute(pick(ATTRIBUTES)),
    () => {
      const text = any((n) => n.nodeType === Node.TEXT_NODE);
      if (text) text.data = words();
    },
    () => {
      const text = any((n) => n.nodeType === Node.TEXT_NODE && n.data.indexOf(" ") + 1 < n.data.length);
      text?.splitText(text.data.indexOf(" ") + 1);
    },
    () => parent().normalize(),
    () => {
      const host = any((n) => /^(div|p|span|section|article)$/.test(n.localName) && !n.shadowRoot && n !== root);
      if (host) host.attachShadow({ mode: "open" }).append(element(), words());
    },
    () => {
      const into = parent();
      if (!roots.includes(into)) into.replaceChildren(...Array.from({ length: below(4) }, () => element(1)));
    },
    () => {
      const into = parent();
      into.append(...[...into.childNodes].reverse().filter(inside));
    },
    () => {
      // In and out between two looks.
      const into = parent();
      const node = anything();
      if (outside(into, node)) into.append(node), node.remove(), held.push(node);
    },
  ];

  return {
    /** @param {number} count */
    burst: (count) => {
      for (let i = 0; i < count; i++) {
        try {
          pick(steps)();
        } catch (error) {
          // What the DOM refuses, it refuses.
          if (!(error instanceof DOMException)) throw error;
        }
      }
      if (root.querySelectorAll("*").length > 3000) root.lastElementChild.remove();
    },
  };
};

/** Counts what is taken from the page and not given back. */
export const tally = () => {
  const taken = { listeners: 0, timers: 0, observers: 0, channels: 0 };
  const sum = { ...taken };
  const take = (kind, by) => ((taken[kind] += by), (sum[kind] += Math.max(by, 0)));
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const { MutationObserver } = globalThis;
  const known = new Map();
  const key = (name, options) => `${name} ${options?.capture ?? options ?? false}`;
  const of = (target, name, options) => {
    const keys = known.get(target) ?? known.set(target, new Map()).get(target);
    return keys.get(key(name, options)) ?? keys.set(key(name, options), new Set()).get(key(name, options));
  };
  EventTarget.prototype.addEventListener = function (name, f, options) {
    const all = of(this ?? window, name, options);
    if (!all.has(f)) all.add(f), take("listeners", 1);
    if (options?.signal) addEventListener.call(options.signal, "abort", () => all.delete(f) && take("listeners", -1));
    return addEventListener.call(this, name, f, options);
  };
  EventTarget.prototype.removeEventListener = function (name, f, options) {
    if (of(this ?? window, name, options).delete(f)) take("listeners", -1);
    return removeEventListener.call(this, name, f, options);
  };
  const timers = new Map();
  const cleared = (timer) => timers.delete(timer) && take("timers", -1);
  globalThis.setTimeout = (f, ms, ...rest) => {
    const timer = setTimeout(() => (cleared(timer), f(...rest)), ms);
    const { stack } = new Error();
    // Who drives the browser has timers too.
    if (/\/recorder\.js/.test(stack)) timers.set(timer, stack), take("timers", 1);
    return timer;
  };
  globalThis.clearTimeout = (timer) => (cleared(timer), clearTimeout(timer));
  globalThis.MutationObserver = class extends MutationObserver {
    observe(...args) {
      if (!this.on) take("observers", 1);
      this.on = true;
      super.observe(...args);
    }
    disconnect() {
      if (this.on) take("observers", -1);
      this.on = false;
      super.disconnect();
    }
  };
  globalThis.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      take("channels", 1);
      const { port1 } = this;
      const close = port1.close.bind(port1);
      port1.close = () => (take("channels", -1), close());
    }
  };
  return {
    taken: () => Object.entries(taken).map(([kind, n]) => `${kind} ${n}`).join(", ") + [...timers.values()].join("\n"),
    /** Whether anything of every kind was taken at all: else nothing is counted here. */
    counts: () => Object.values(sum).every((n) => n > 0),
    undo: () => {
      Object.assign(EventTarget.prototype, { addEventListener, removeEventListener });
      Object.assign(globalThis, { setTimeout, clearTimeout, MutationObserver, MessageChannel });
    },
  };
};

/** The functions of the page's that a recorder may be tempted to replace. */
export const natives = () =>
  [Node, Element, Document, ShadowRoot, CSSStyleSheet, EventTarget, HTMLElement, HTMLInputElement, History, XMLHttpRequest, MutationObserver, Animation, KeyframeEffect]
    .flatMap(({ prototype }) => Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(({ value, get, set }) => [value, get, set]))
    .concat([fetch, console.log, console.error, history.pushState, globalThis.onerror]);

/** What can be seen on nodes. */
export const traces = () =>
  [document, ...document.querySelectorAll("*")].map((node) => [
    node.nodeName,
    ...Reflect.ownKeys(node).map(String),
    ...[...(node.attributes ?? [])].map(({ name, value }) => `${name}=${value}`),
    ...[...node.childNodes].flatMap((child) => Reflect.ownKeys(child).map(String)),
  ].join(" ")).join("\n");

/** Makes a native throw whenever the recorder uses it. @param {string} what `Node.prototype.firstChild` */
export const sabotage = (what) => {
  const dot = what.lastIndexOf(".");
  const owner = what.slice(0, dot).split(".").reduce((at, name) => at[name], globalThis);
  const name = what.slice(dot + 1);
  const whole = Object.getOwnPropertyDescriptor(owner, name);
  if (!whole?.configurable) throw new Error(`${what} cannot be replaced`);
  const { value, get, set } = whole;
  /** Breaks it for the recorder; who drives the browser needs some of it too. @param {any} native */
  const broken = (native) =>
    native &&
    function (...args) {
      if (/wasm|\/recorder\.js/.test(new Error().stack)) throw new Error(`sabotage of ${what}`);
      return new.target ? Reflect.construct(native, args) : native.apply(this, args);
    };
  const breaks = "value" in whole && typeof value != "function" ? { get: broken(() => value) } : undefined;
  Object.defineProperty(owner, name, breaks ?? (value ? { ...whole, value: broken(value) } : { ...whole, get: broken(get), set: broken(set) }));
  return () => Object.defineProperty(owner, name, whole);
};

const EVENTS = [
  [MouseEvent, "click dblclick contextmenu"],
  [PointerEvent, "pointermove pointerdown pointerup pointercancel"],
  [KeyboardEvent, "keydown"],
  [Event, "scroll input beforeinput change submit copy cut paste dragstart drop play pause load"],
  [FocusEvent, "focus blur"],
];

/** A page with listeners of its own and a visitor who does everything there is. @param {any} root */
export const visit = (root) => {
  const sent = new Set();
  let heard = 0;
  const errors = [];
  const onError = (event) => errors.push(event.message ?? event.reason?.message ?? String(event.reason));
  window.addEventListener("error", onError);
  window.addEventListener("unhandledrejection", onError);
  const nodes = [...root.querySelectorAll("*")];
  const kinds = EVENTS.flatMap(([kind, names]) => names.split(" ").map((name) => [kind, name]));
  // Links lead out of the test, and so do forms: Firefox submits them for an event that a script made up, too.
  for (const name of ["click", "submit"]) root.addEventListener(name, (event) => event.preventDefault());
  for (const [, name] of kinds) root.addEventListener(name, (event) => sent.has(event) && heard++, true);
  return {
    act: () => {
      for (const node of nodes) {
        for (const [kind, name] of kinds) {
          const event = new kind(name, { bubbles: true, cancelable: true, composed: true, key: "a" });
          sent.add(event);
          node.dispatchEvent(event);
        }
      }
      const made = document.createElement("div");
      made.innerHTML = "<p>New <b title=Words>words</b></p><input value=x>";
      root.append(made);
      if (!made.attachShadow({ mode: "open" })) errors.push("no shadow root");
      made.className = "changed";
      made.firstChild.firstChild.data = "Other";
      nodes[0].remove();
      root.querySelector("style")?.sheet.insertRule("p { color: red }");
      window.dispatchEvent(new Event("resize"));
      document.dispatchEvent(new Event("visibilitychange"));
    },
    end: () => {
      window.removeEventListener("error", onError);
      window.removeEventListener("unhandledrejection", onError);
      return [errors.join("; ") || "no errors", heard === sent.size ? "heard all" : `heard ${heard} of ${sent.size}`].join(", ");
    },
  };
};

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!?#%";
/** @param {number} seed */
export const secret = (seed) => {
  const below = random(seed);
  return Array.from({ length: 9 + below(8) }, () => LETTERS[below(LETTERS.length)]).join("");
};

/** Says it everywhere a page can. @param {any} root @param {string} text */
export const echo = (root, text) => {
  const quoted = JSON.stringify(text);
  const p = document.createElement("p");
  p.textContent = `You typed ${text} just now`;
  p.title = text;
  p.setAttribute("aria-label", text);
  p.setAttribute("data-echo", text);
  p.setAttribute("alt", [...text].reverse().join(""));
  p.className = `a ${text.replace(/\s/g, "")}`;
  p.style.setProperty("--echo", quoted);
  root.append(p);
  const old = root.querySelector(".old");
  if (old) old.textContent = old.title = text.toUpperCase();
  const style = root.querySelector("style");
  style.sheet.insertRule(`.x::after { content: ${quoted} }`);
  const sheet = document.createElement("style");
  sheet.textContent = `.y::after { content: ${quoted} } [data-echo=${quoted}] { color: red }`;
  root.append(sheet);
  root.sheet ??= new CSSStyleSheet();
  root.sheet.replaceSync(`.z::after { content: ${quoted} }`);
  document.adoptedStyleSheets = [root.sheet];
  const a = document.createElement("a");
  a.href = `/found?q=${encodeURIComponent(text)}#${encodeURIComponent(text)}`;
  a.append(...text.match(/.{1,4}/g) ?? []);
  root.append(a);
  const other = document.createElement("input");
  other.value = text;
  other.placeholder = text;
  root.append(other);
  document.title = text;
};

const DIGITS = "0123456789";
/** Field, and of what its secret is made; `late` says that it becomes a password field under the visitor's hands. */
const FIELDS = [
  ["<label>Word <input type=password></label>", LETTERS],
  ["<label>Other <input type=password class=toggled></label>", LETTERS],
  ["<label>New word <input class=late></label>", LETTERS],
  ["<input autocomplete='section-a current-password'>", LETTERS],
  ["<label>Kennwort <input></label>", LETTERS],
  ["<label for=f>Mot de passe</label><input id=f>", LETTERS],
  ["<input placeholder='Contrase\u00f1a'>", LETTERS],
  ["<span id=l>\u041f\u0430\u0440\u043e\u043b\u044c</span><input aria-labelledby=l>", LETTERS],
  ["<div contenteditable aria-label=Password></div>", LETTERS],
  ["<x-field role=textbox aria-label=Passphrase></x-field>", LETTERS],
  ["<input autocomplete=one-time-code>", DIGITS],
  ["<textarea name=pin-code></textarea>", DIGITS],
  ["<input name=cardnumber>", "card"],
];
/** Where a form stands. */
const PLACES = ["", "open", "closed", "frame", "open frame", "closed frame"];

const luhn = (digits) => {
  const sum = [...digits].reverse().reduce((all, d, i) => all + (i % 2 ? +d : (d * 2) % 10 + (d > 4 ? 1 : 0)), 0);
  return digits + ((10 - (sum % 10)) % 10);
};

/**
 * A page of forms, a visitor who fills them, and a site that repeats what it was told, all at random.
 * @param {number} seed
 */
export const scene = (seed) => {
  const below = random(seed);
  const pick = (list) => list[below(list.length)];
  const root = document.getElementById("fixture");
  const words = () => Array.from({ length: 2 + below(3) }, () => `${pick(WORDS)} `).join("");
  const made = (alphabet) => {
    if (alphabet === "card") return luhn("4" + Array.from({ length: 14 }, () => below(10)).join(""));
    return Array.from({ length: (alphabet === DIGITS ? 6 : 8) + below(6) }, () => alphabet[below(alphabet.length)]).join("");
  };
  const forms = Array.from({ length: 1 + below(2) }, () => ({ place: pick(PLACES), field: pick(FIELDS) }));
  /** What was done, to be read when it went wrong. @type {string[]} */
  const story = forms.map((form) => `${form.place || "page"}: ${form.field[0]}`);
  /** Elements in which the site may say something, and into which things may move. */
  const stages = [root];
  const holder = (form) => {
    const host = document.createElement("div");
    root.append(host);
    form.host = host;
  };

  const ready = forms.map(async (form) => {
    holder(form);
    if (!form.place.includes("frame")) return;
    const frame = document.createElement("iframe");
    frame.srcdoc = `<p>${words()}</p><style>p { margin: 0 }</style><div></div>`;
    const loaded = new Promise((done) => (frame.onload = done));
    form.host.append(frame);
    await loaded;
    const { body } = frame.contentDocument;
    stages.push(body);
    form.host = body.querySelector("div");
  });

  const mode = (form) => ({ open: "open", closed: "closed", "closed frame": "closed", "open frame": "open" })[form.place];
  /** Puts the form where it belongs. */
  const build = (form) => {
    form.root = mode(form) ? form.host.attachShadow({ mode: mode(form) }) : form.host;
    form.root.innerHTML = `<form><p>${words()}</p>${form.field[0]}<input name=q><p class=old>Old</p></form><style>p { margin: 0 }</style>`;
    form.input = form.root.querySelector("[contenteditable], x-field, input, textarea");
    stages.push(form.root.querySelector("form"));
  };

  const say = (text) => {
    const stage = pick(stages);
    const doc = stage.ownerDocument;
    const quoted = JSON.stringify(text);
    const p = doc.createElement(pick(["p", "b", "li"]));
    p.textContent = words();
    const style = stage.getRootNode().querySelector("style") ?? document.querySelector("#fixture style");
    const sinks = [
      () => (p.textContent = `${words()} ${text} ${words()}`),
      () => (p.textContent = text),
      () => p.append(...(text.match(/.{1,3}/g) ?? []).map((piece) => (below(2) ? piece : Object.assign(doc.createElement("i"), { textContent: piece })))),
      () => (p.textContent = [...text].reverse().join("")),
      () => (p.textContent = text.toUpperCase()),
      () => (p.title = text),
      () => p.setAttribute(pick(["aria-label", "alt", "data-echo", "placeholder", "name", "x-y"]), text),
      () => (p.className = `a ${text}`),
      () => p.style.setProperty("--echo", quoted),
      () => style.sheet.insertRule(`.x::after { content: ${quoted} }`),
      () => stage.append(Object.assign(doc.createElement("style"), { textContent: `.y::after { content: ${quoted} } [title=${quoted}] { top: 0 }` })),
      () => {
        const view = doc.defaultView;
        const sheet = new view.CSSStyleSheet();
        sheet.replaceSync(`.z::after { content: ${quoted} }`);
        const into = stage.getRootNode();
        into.adoptedStyleSheets = [sheet];
        sheet.insertRule(`.w::after { content: ${quoted} }`);
      },
      () => p.append(Object.assign(doc.createElement("a"), { href: `/f/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}#${text}`, textContent: "there" })),
      () => p.append(Object.assign(doc.createElement("input"), { value: text, placeholder: text })),
      () => p.append(Object.assign(doc.createElement("img"), { alt: text, src: `data:text/plain,${encodeURIComponent(text)}` })),
      () => (document.title = `${text} - title`),
      () => history.replaceState(null, "", `#${encodeURIComponent(text)}`),
      () => (stage.querySelector(".old") ?? p).replaceChildren(text),
    ];
    stage.append(p);
    for (let i = 1 + below(3); i > 0; i--) {
      const sink = pick(sinks);
      story.push(`says ${text} by ${sink}`);
      sink();
    }
  };

  /** What else a page does meanwhile. */
  const stir = (form) => {
    const steps = [
      () => {},
      () => pick(stages).append(Object.assign(document.createElement("p"), { textContent: words() })),
      () => form.root.querySelector("form").append(form.input),
      () => form.root.prepend(form.root.querySelector("form")),
      () => (form.input.className = pick(["", "a", "b"])),
      () => {
        // As frameworks do.
        const again = form.input.cloneNode(true);
        again.value = form.input.value;
        form.input.replaceWith(again);
        form.input = again;
      },
      () => root.prepend(root.lastChild.localName === "p" ? root.lastChild : ""),
    ];
    const step = pick(steps);
    story.push(`${step}`);
    step();
  };
  const wait = () => [() => 0, () => 0, soon, soon, () => later(below(20))][below(5)]();

  const fill = async (form) => {
    const typed = made(form.field[1]);
    const put = (text) => {
      happen(form.input, "beforeinput");
      if (form.input.localName === "x-field" || form.input.isContentEditable) form.input.textContent = text;
      else form.input.value = text;
      happen(form.input, "input");
    };
    form.input.focus?.();
    // Typed, pasted, or set by the page.
    const way = below(4);
    story.push(`fills ${forms.indexOf(form)} with ${typed} ${["letter by letter", "letter by letter", "at once", "by script"][way]}`);
    const start = way < 2 ? 1 : typed.length;
    const late = /late/.test(form.field[0]);
    if (late && start > 1) form.input.type = "password";
    for (let i = start; i <= typed.length; i++) {
      if (way === 3) form.input.value = form.input.textContent = typed.slice(0, i);
      else put(typed.slice(0, i));
      if (late && i === 3) form.input.type = "password";
      if (/toggled/.test(form.field[0]) && below(4) === 0) form.input.type = pick(["text", "password"]);
      if (below(4) === 0) stir(form);
      // Pages that repeat what they cannot know to be secret yet are not what this is about.
      if (below(4) === 0 && !(late && i < 4)) say(typed.slice(0, i));
      if (below(3) === 0) await wait();
    }
    happen(form.input, "change", "blur");
    return typed;
  };

  return {
    // A shadow root that was closed before nobody can look into.
    ready: Promise.all(ready).then(() => {
      for (const form of forms) if (mode(form) !== "closed" && below(2)) (form.built = true), build(form);
    }),
    act: async () => {
      for (const form of forms) if (!form.built) build(form);
      await soon();
      const secrets = [];
      for (const form of forms) {
        secrets.push(await fill(form));
        for (let i = below(3); i > 0; i--) stir(form), say(pick(secrets)), await wait();
        if (below(3) === 0) {
          story.push("removes the field");
          form.input.remove();
        }
      }
      if (below(6) === 0) await later(210);
      for (const secret of secrets) say(secret);
      await soon();
      say(pick(secrets));
      const kept = document.createElement("p");
      kept.textContent = `Unrelated ${words()}`;
      root.append(kept);
      return secrets.join("\n");
    },
    story,
    end: () => {
      document.adoptedStyleSheets = [];
      document.title = "Tests";
      history.replaceState(null, "", location.pathname + location.search);
    },
  };
};
