// A page that changes itself at random: `mutator(seed)` does, `live()` is what it is, a line a node, as `main.rs` writes the
// replayed one.

/** Random numbers that can be had again. */
const random = (seed) => (below) => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};

const SVG = "http://www.w3.org/2000/svg";
const MATH = "http://www.w3.org/1998/Math/MathML";
const NAMES = "div div p span section ul li b article x-one details button svg:g svg:circle math:mi table".split(" ");
const ATTRIBUTES = "class title lang dir hidden tabindex colspan role".split(" ");
// Twelve small words in a row would be taken for a recovery phrase: none of these is one.
const WORDS = "Apple River Stone Cloud Green Seven Window Paper North Quiet Letter Orange".split(" ");
const HOSTS = /^(div|p|span|section|article|x-one)$/;
const SPACES = { [SVG]: "svg:", [MATH]: "math:" };

/** Shadow roots that are closed, by host. */
const shut = new Map();
const shadow = (node) => node.shadowRoot ?? shut.get(node);

const WEBKIT = /AppleWebKit/.test(navigator.userAgent) && !/Chrome/.test(navigator.userAgent);
/** Whether a frame is in it, in shadow trees, too. */
const holdsFrame = (node) =>
  [node, ...(node.querySelectorAll?.("*") ?? [])].some((one) => one.localName === "iframe" || (shadow(one) && holdsFrame(shadow(one))));

/** What is inside of a frame, once it is there. */
const framed = (node) => (node.localName === "iframe" && node.contentDocument?.body ? node.contentDocument : null);

const line = (node) => {
  switch (node.nodeType) {
    case 3:
    case 4:
      return JSON.stringify(node.data);
    case 9:
      return "#document";
    case 10:
      return `#doctype ${node.name}`;
    case 11:
      return `#shadow ${node.mode}`;
    case 1: {
      if (/^(script|noscript|template)$/.test(node.localName)) return;
      const own = [...node.attributes].filter(({ name }) => !/^(on|value$|checked$|selected$|srcdoc$)/.test(name));
      const attributes = own.map(({ name, value }) => ` ${name}=${value}`).sort();
      let state = "";
      // Outside of a list nobody sees whether an option is chosen, and it does not change with the others any more.
      if (node.localName === "option") state = node.selected && node.parentNode.localName === "select" ? " (on)" : "";
      else if (/^(checkbox|radio)$/.test(node.type)) state = node.checked ? " (on)" : "";
      else if (/^(input|textarea)$/.test(node.localName)) state = ` (${node.value})`;
      return `${SPACES[node.namespaceURI] ?? ""}${node.localName}${attributes.join("")}${state}`;
    }
  }
};

window.live = () => {
  const lines = [];
  const stack = [[document, 0]];
  while (stack.length) {
    const [node, depth] = stack.pop();
    const said = line(node);
    if (said === undefined) continue;
    lines.push(`${depth} ${said}`);
    if (/^(input|textarea)$/.test(node.localName)) continue;
    for (let child = node.lastChild; child; child = child.previousSibling) stack.push([child, depth + 1]);
    for (const inside of [framed(node), shadow(node)]) if (inside) stack.push([inside, depth + 1]);
  }
  return lines;
};

/** @param {number} seed */
window.mutator = (seed) => {
  const below = random(seed);
  const pick = (list) => list[below(list.length)];
  // No word ends a text, so that none grows into one that looks like a token.
  const words = () => Array.from({ length: 1 + below(3) }, () => `${pick(WORDS)} `).join("");
  /** Nodes that were taken out and may come back, also into another document. */
  const held = [];

  /** All below a body, in shadow trees and frames, too. */
  const nodes = () => {
    const all = [];
    const stack = [document.body];
    while (stack.length && all.length < 1500) {
      const node = stack.pop();
      if (node.nodeType === 8) continue;
      all.push(node);
      stack.push(...node.childNodes);
      for (const inside of [shadow(node), framed(node)?.body]) if (inside) stack.push(inside);
    }
    return all;
  };
  const iframes = () => nodes().filter((one) => one.localName === "iframe");
  const any = (wanted) => pick(nodes().filter(wanted));
  const holds = (node) => (node.nodeType === 1 || node.nodeType === 11) && !/^(iframe|input|textarea|select|option|style|template)$/.test(node.localName);
  const parent = () => any(holds) ?? document.body;
  const isRoot = (node) => node.nodeType === 11 || node.localName === "body";
  const inside = (node) => !isRoot(node);
  const element = (wanted = () => true) => any((node) => node.nodeType === 1 && wanted(node));

  /** Whether a node may go there without holding itself. */
  const fits = (into, node) => {
    for (let at = into; at; at = at.parentNode ?? at.host ?? at.defaultView?.frameElement) if (at === node) return false;
    return true;
  };
  /** A document and those around it, innermost first. */
  const around = (inner) => {
    const all = [];
    for (let at = inner; at; at = at.defaultView?.frameElement?.ownerDocument) all.push(at);
    return all;
  };
  /** Whether frames will load there: WebKit loads nothing in one that stands in two of its own address, `about:srcdoc` too. */
  const loads = (into, node) => {
    const within = around(into.ownerDocument).filter((one) => one !== document && one.defaultView);
    return !WEBKIT || within.length < 2 || !holdsFrame(node);
  };
  const put = (into, node) => fits(into, node) && loads(into, node) && into.insertBefore(node, pick([...into.childNodes, null]));

  const made = (of, depth = 0) => {
    const [name, space] = pick(NAMES).split(":").reverse();
    const it = of.createElementNS(space === "svg" ? SVG : space === "math" ? MATH : "http://www.w3.org/1999/xhtml", name);
    if (below(2)) it.setAttribute(pick(ATTRIBUTES), pick(WORDS));
    for (let i = below(3 - depth); i > 0; i--) it.append(below(2) ? words() : made(of, depth + 1));
    return it;
  };
  const control = (of) => {
    const box = of.createElement("p");
    box.innerHTML = pick([
      "<input>",
      '<input value="preset">',
      "<input type=checkbox>",
      "<input type=checkbox checked>",
      "<input type=radio name=r><input type=radio name=r checked>",
      "<textarea>some text</textarea>",
      "<select><option>one<option selected>two<option>three</select>",
      "<select multiple><option selected>one<option>two<option selected>three</select>",
    ]);
    return below(2) ? box : box.firstChild;
  };
  const frame = (of) => Object.assign(of.createElement("iframe"), { srcdoc: `<!doctype html><p>${words()}<b>${words()}</b></p>` });

  const anything = (of) => {
    if (held.length && below(3) === 0) return held.splice(below(held.length), 1)[0];
    const kind = below(12);
    if (kind === 0) return of.createComment("never");
    if (kind < 4) return of.createTextNode(words());
    if (kind === 4) return control(of);
    if (kind === 5) return Object.assign(of.createElement("template"), { innerHTML: "<p>never</p>" });
    return made(of);
  };
  const of = (node) => node.ownerDocument;

  const steps = {
    append: () => {
      const into = parent();
      const node = anything(of(into));
      if (loads(into, node)) into.append(node);
    },
    insert: () => {
      const into = parent();
      put(into, anything(of(into)));
    },
    insertMany: () => {
      const into = parent();
      const all = of(into).createDocumentFragment();
      for (let i = below(6); i >= 0; i--) all.append(made(of(into)));
      into.insertBefore(all, pick([...into.childNodes, null]));
    },
    // Across shadow roots and documents as it comes. Frames load anew: see below.
    move: () => {
      const node = any((one) => inside(one) && one.localName !== "iframe" && !one.querySelector?.("iframe"));
      if (node) put(parent(), node);
    },
    wrap: () => {
      const node = any((one) => inside(one) && !one.querySelector?.("iframe") && one.localName !== "iframe" && holds(one.parentNode));
      if (!node) return;
      const around = of(node).createElement("section");
      node.replaceWith(around);
      around.append(node);
    },
    remove: () => {
      const node = any(inside);
      if (!node) return;
      node.remove();
      if (node.localName !== "iframe" && !node.querySelector?.("iframe")) held.push(node);
      if (held.length > 20) held.shift();
    },
    changeOutside: () => {
      const node = pick(held);
      if (node?.nodeType === 1 && holds(node)) node.append(made(of(node)));
      else if (node?.nodeType === 3) node.data = words();
    },
    unwrap: () => {
      const node = element((one) => inside(one) && holds(one) && one.firstChild && !shadow(one) && !one.querySelector("iframe"));
      node?.replaceWith(...node.childNodes);
    },
    markup: () => {
      const into = parent();
      if (!isRoot(into) && below(3) === 0) into.innerHTML = `<p>${words()}<b title="${pick(WORDS)}">${words()}</b></p>${words()}<!-- -->`;
    },
    sort: () => {
      const into = parent();
      if (into.querySelector("iframe")) return;
      [...into.childNodes].sort((a, b) => (a.textContent < b.textContent ? -1 : 1)).forEach((one) => into.append(one));
    },
    set: () => element()?.setAttribute(pick(ATTRIBUTES), pick(WORDS)),
    unset: () => element()?.removeAttribute(pick(ATTRIBUTES)),
    setBack: () => {
      const one = element((it) => it.hasAttribute("title"));
      const before = one?.getAttribute("title");
      one?.setAttribute("title", "meanwhile");
      one?.setAttribute("title", before);
    },
    text: () => {
      const text = any((one) => one.nodeType === 3 && one.parentNode.localName !== "textarea");
      if (text) text.data = words();
    },
    split: () => {
      const text = any((one) => one.nodeType === 3 && one.parentNode.localName !== "textarea" && one.data.indexOf(" ") + 1 < one.data.length);
      text?.splitText(text.data.indexOf(" ") + 1);
    },
    normalize: () => parent().normalize(),
    attach: () => {
      // Of an element that came from a frame that is gone nobody is told.
      const living = (one) => one instanceof of(one).defaultView.Element || one instanceof Element;
      const host = element((one) => HOSTS.test(one.localName) && one.namespaceURI.endsWith("xhtml") && !shadow(one) && living(one));
      if (!host) return;
      // A closed one can only be seen while it is attached.
      const mode = window.ours ? pick(["open", "open", "closed"]) : "open";
      const root = host.attachShadow({ mode });
      if (mode === "closed") shut.set(host, root);
      root.append(made(of(host)), words(), of(host).createElement("slot"));
    },
    value: () => {
      const field = element((one) => /^(input|textarea)$/.test(one.localName) && !/^(checkbox|radio)$/.test(one.type));
      if (field) field.value = words();
    },
    check: () => {
      const box = element((one) => /^(checkbox|radio)$/.test(one.type));
      if (box) box.checked = !box.checked;
    },
    choose: () => {
      const option = element((one) => one.localName === "option" && one.parentNode.localName === "select");
      if (option) option.selected = !option.selected;
    },
    option: () => {
      const select = element((one) => one.localName === "select");
      select?.add(new Option(pick(WORDS), "", false, below(2) === 1), below(4));
    },
    rename: () => {
      const field = element((one) => one.localName === "input" && !one.hasAttribute("type"));
      if (field) field.type = pick(["search", "checkbox", "text"]);
    },
    frame: () => {
      if (document.querySelectorAll("iframe").length < 4 && below(3) === 0) put(parent(), frame(document));
    },
    moveFrame: () => {
      const one = element((it) => it.localName === "iframe");
      if (one && below(3) === 0) put(parent(), one);
    },
    adopt: () => {
      const inner = any((one) => inside(one) && of(one) !== document && one.localName !== "iframe" && !one.querySelector?.("iframe"));
      if (inner) put(document.body, inner);
    },
    document: () => {
      const one = element((it) => framed(it)?.readyState === "complete" && of(it) === document);
      if (!one || below(6)) return;
      const inner = one.contentDocument;
      inner.documentElement.replaceWith(inner.documentElement.cloneNode(true));
    },
  };

  const soon = () => new Promise((done) => setTimeout(done));
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  /** Until all frames have loaded. */
  const loaded = async () => {
    for (let tries = 0; tries < 100; tries++) {
      if (iframes().every((one) => one.contentDocument?.readyState === "complete" && one.contentDocument.URL === "about:srcdoc")) return later(30);
      await later(20);
    }
  };

  return {
    /** Of each frame the addresses of its document and of those around it, innermost first, and how far it has loaded. */
    frames: () =>
      iframes().map((one) => {
        const inner = one.contentDocument;
        const addresses = around(one.ownerDocument).map(({ URL }) => URL);
        return `${one.srcdoc}: ${inner?.URL} ${inner?.readyState}, ${inner?.documentElement?.outerHTML}, in ${addresses.join(", ")}`;
      }),
    fields: () => nodes().filter((one) => /^(input|textarea|select)$/.test(one.localName)),
    /** So many steps with pauses of every kind between, and what was done. */
    async round(count) {
      const done = [];
      for (let i = 0; i < count; i++) {
        const name = pick(Object.keys(steps));
        done.push(name);
        steps[name]();
        if (below(8) === 0) await pick([soon, soon, () => later(below(90))])();
      }
      await loaded();
      return done;
    },
  };
};
