// The canonical form of a document: what a recording promises to keep of it, without what rrweb adds in a replay.
// Evaluates to a function of a document, whether it is a replay, and a selector for elements in which text and attributes
// may be withheld. Nodes are [name, attributes, state, children, withheld], texts are [text, withheld].
(root, replayed, maskable) => {
  const here = root.baseURI;

  /** Neither scripts nor what only matters without them, nor templates, are recorded. */
  const LEFT_OUT = /^(script|noscript|template|object|embed|applet)$/;
  const URLS = /^(href|src|poster|action|formaction|background|cite|xlink:href)$/;
  /** Elements of ours or of nobody: compared as protected, whatever type they have just now. */
  const PROTECTED = "[type=password], [autocomplete*=password], [autocomplete^=cc-], [name=iban], [type=hidden]";

  /** A URL as recorded: absolute, without query and fragment; one that stays in the page keeps its fragment. */
  const cut = (url, base) => {
    if (url.startsWith("#")) return url;
    try {
      const { protocol, origin, pathname } = new URL(url, base);
      return protocol === "data:" ? url : /^https?:$/.test(protocol) ? origin + pathname : protocol;
    } catch {
      return url;
    }
  };

  const attributes = (element) => {
    const kept = {};
    for (const { name, value } of element.attributes) {
      if (/^(on|_on|rr_|data-rr|rrweb-)/.test(name)) continue;
      if (/^(value|checked|selected)$/.test(name)) continue; // state
      if (name === "autocomplete") continue; // the player turns it off
      kept[name] = URLS.test(name) ? cut(value, here) : name === "srcset" ? "" : value;
    }
    if (element.matches("dialog")) kept.open = String(element.open);
    if ("class" in kept) {
      // The player marks what the pointer is over, and itself.
      kept.class = [...element.classList].filter((name) => !/^:hover$|^rrweb-/.test(name)).join(" ");
      if (!kept.class) delete kept.class;
    }
    // What styles an element is compared as the browser understood it.
    if ("style" in kept) kept.style = element.style.cssText.replace(/url\("([^"]*)"\)/g, (_, url) => `url("${cut(url, here)}")`);
    return kept;
  };

  const state = (element) => {
    if (element.matches(PROTECTED)) return "protected";
    if (element.matches("input[type=checkbox], input[type=radio]")) return element.checked ? "on" : "off";
    if (element.matches("option")) return element.selected ? "on" : "off";
    if (element.matches("input[type=submit], input[type=button], input[type=reset]")) return element.value;
    if (!element.matches("input, textarea")) return undefined;
    if (!replayed) return element.value === "" ? "empty" : "masked";
    // A slider or a colour cannot show a mask: then it is at rest.
    if (/^(range|color|date|time|number|month|week|datetime-local)$/.test(element.type)) return "any";
    return element.value === "" ? "empty" : /^•+$/.test(element.value) ? "masked" : `not masked: ${element.value}`;
  };

  /** The rules as the browser understood them, without those the player adds for hovering. */
  const rules = (sheet) => {
    const base = sheet.href ?? here;
    const text = (rule) => {
      if (rule.cssRules?.length && !rule.selectorText) return `${rule.cssText.split("{")[0]}{${[...rule.cssRules].map(text).join("")}}`;
      const selectors = rule.selectorText && rule.selectorText.split(/,\s*/).filter((one) => !one.includes("\\:hover")).join(", ");
      const css = selectors ? `${selectors} {${rule.style.cssText}}` : rule.cssText;
      return css.replace(/url\("([^"]*)"\)/g, (_, url) => `url("${cut(url, base)}")`);
    };
    return [...sheet.cssRules].map(text);
  };

  const children = (parent) => [...parent.childNodes].map(node).filter(Boolean);

  const withheld = (element) => !!maskable && !!element?.closest(maskable);

  const node = (one) => {
    if (one.nodeType === Node.TEXT_NODE) return one.data === "" ? undefined : [one.data, withheld(one.parentElement)];
    if (one.nodeType === Node.DOCUMENT_TYPE_NODE) return [`<!doctype ${one.name}>`, {}, null, []];
    if (one.nodeType !== Node.ELEMENT_NODE || LEFT_OUT.test(one.localName)) return undefined;
    // The player's own rules stand before the head.
    if (replayed && one.localName === "style" && one.parentNode === root.documentElement) return undefined;
    // The player shows a linked sheet as a style element.
    if (one.sheet) return ["(style sheet)", {}, rules(one.sheet), []];
    const shadow = one.shadowRoot;
    const inside = one.localName === "textarea" ? [] : children(one);
    if (shadow) inside.unshift(["(shadow root)", {}, [...shadow.adoptedStyleSheets].flatMap(rules), children(shadow)]);
    return [one.localName, attributes(one), state(one) ?? null, inside, withheld(one)];
  };

  const view = root.defaultView;
  return {
    nodes: ["(document)", {}, [...(root.adoptedStyleSheets ?? [])].flatMap(rules), children(root)],
    scroll: [Math.round(view.scrollX), Math.round(view.scrollY)],
  };
}
