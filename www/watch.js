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
 * @param {(sheet: CSSStyleSheet, rule: string | null, index: number) => void} rule
 * @param {(host: Element, root: ShadowRoot) => void} shadow
 */
export const watch = (rule, shadow) => {
  const layers = [
    layer(CSSStyleSheet.prototype, "insertRule", (sheet, [text, index = 0]) => rule(sheet, `${text}`, index)),
    layer(CSSStyleSheet.prototype, "deleteRule", (sheet, [index]) => rule(sheet, null, index)),
    layer(Element.prototype, "attachShadow", (host, _, root) => shadow(host, root)),
  ];
  return () => layers.forEach((off) => off());
};
