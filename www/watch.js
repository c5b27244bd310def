// Layers over the few native functions that change the page without an observer being told. Taken off again when the
// recording ends, unless somebody put a layer of their own on top: then ours only passes calls on.

/**
 * @param {any} prototype @param {string} name
 * @param {(self: any, args: any[], result: any) => void} seen
 */
const layer = (prototype, name, seen) => {
  const native = prototype?.[name];
  if (typeof native != "function") return () => {};
  let on = true;
  const own = {
    /** @this {any} @param {any[]} args */
    [name](...args) {
      const result = native.apply(this, args);
      if (on) seen(this, args, result);
      return result;
    },
  }[name];
  prototype[name] = own;
  return () => {
    on = false;
    if (prototype[name] === own) prototype[name] = native;
  };
};

/**
 * The same for what is set.
 * @param {any} prototype @param {string} name
 * @param {(self: any) => void} seen
 */
const setter = (prototype, name, seen) => {
  const native = Object.getOwnPropertyDescriptor(prototype ?? {}, name);
  if (!native?.set || !native.configurable) return () => {};
  let on = true;
  const own = {
    ...native,
    /** @this {any} @param {any} value */
    set(value) {
      native.set?.call(this, value);
      if (on) seen(this);
    },
  };
  Object.defineProperty(prototype, name, own);
  return () => {
    on = false;
    if (Object.getOwnPropertyDescriptor(prototype, name)?.set === own.set) Object.defineProperty(prototype, name, native);
  };
};

/**
 * @param {(sheet: CSSStyleSheet, rule: string | null, index: number) => void} rule index -1: the whole sheet is another
 * @param {(node: Node, root: ShadowRoot | null) => void} root a shadow root was attached to an element; without one, the
 *   document or shadow root has adopted other sheets
 */
export const watch = (rule, root) => {
  const { CSSStyleSheet, Document, Element, ShadowRoot } = globalThis;
  const sheets = CSSStyleSheet?.prototype;
  const layers = [
    layer(sheets, "insertRule", (sheet, [text, index = 0]) => rule(sheet, `${text}`, index)),
    layer(sheets, "deleteRule", (sheet, [index]) => rule(sheet, null, index)),
    layer(sheets, "replaceSync", (sheet) => rule(sheet, null, -1)),
    layer(sheets, "replace", (sheet, _, done) => done.then(() => rule(sheet, null, -1), () => {})),
    layer(Element?.prototype, "attachShadow", (host, _, shadow) => root(host, shadow)),
    setter(Document?.prototype, "adoptedStyleSheets", (self) => root(self, null)),
    setter(ShadowRoot?.prototype, "adoptedStyleSheets", (self) => root(self, null)),
  ];
  return () => layers.forEach((off) => off());
};
