// A document as a tree of facts, live or replayed: [what it is, { what is known of it }, children]. What no replay can or
// should have is left out of both: scripts, comments, what the player adds, and what only matters to programs.
(root, replayed, speed = 1) => {
  const LEFT_OUT = /^(script|noscript|template|object|embed|applet)$/;
  /** Attributes that show nothing, or whose effect is a fact of its own. */
  const SILENT =
    /^(on.*|_on.*|rr_.*|_csstext|data-.*|aria-.*|rrweb-.*|value|checked|selected|open|popover|popovertarget.*|autocomplete|autoplay|autofocus|name|content|http-equiv|csp-content|nonce|integrity|crossorigin|referrerpolicy|srcset|minlength|maxlength|pattern|sandbox|allow|allowfullscreen|srcdoc|media|rel|as|blocking|download|target|loading|shadowroot.*|xmlns.*|version|enterkeyhint|inputmode|autocapitalize|focusable|part|exportparts|nomodule|property|itemprop|ping|command.*|interestfor|required|disablepictureinpicture|playsinline|muted|lang)$/;
  const KNOWN = /^/;
  const URLS = /^(href|src|poster|action|formaction|background|cite|xlink:href|data)$/;
  const STYLES =
    "display visibility position float z-index opacity transform color background-color background-image border-top-width border-top-color font-size font-weight font-family text-decoration-line text-align direction white-space-collapse overflow-x list-style-type columns flex-direction grid-template-columns filter".split(
      " ",
    );
  const MOST_STYLED = 4000;
  let styled = 0;

  const cut = (url, base) => {
    if (!url || url.startsWith("#")) return url;
    try {
      const { protocol, origin, pathname, href } = new URL(url, base);
      return protocol === "about:" ? href : protocol === "javascript:" ? "#" : protocol === "data:" ? url : /^https?:$/.test(protocol) ? origin + pathname : protocol;
    } catch {
      return url;
    }
  };
  const uncut = (css) => css.replace(/url\("([^"]*)"\)/g, (_, url) => `url("${cut(url, document.baseURI)}")`);
  const round = (n) => Math.round(n);

  const text = (rule) => {
    if (rule.cssRules?.length && !rule.selectorText) {
      // The player asks how large its page is where the page asked it of the screen.
      const head = rule.cssText.split("{")[0].replace(/\b(min|max)-device-(width|height)\b/g, "$1-$2");
      return `${head}{${[...rule.cssRules].map(text).join("")}}`;
    }
    const selectors = rule.selectorText?.split(/,\s*/).filter((one) => !one.includes("\\:hover")).join(", ");
    const inner = rule.cssRules?.length ? [...rule.cssRules].map(text).join("") : "";
    return selectors ? `${selectors} {${rule.style.cssText}${inner}}` : rule.cssText;
  };

  const applies = (media) => (root.defaultView ?? window).matchMedia(media).matches;

  /** Rules as the browser understood them, without those the player adds for hovering. */
  const rules = (sheet) => {
    try {
      const [only, more] = sheet.cssRules;
      // The player cannot give a constructed sheet media, and says them with a rule.
      const said = !sheet.ownerNode && !more && only?.type === 4 ? only : null;
      const off = sheet.disabled || [sheet, said].some((of) => of?.media.length && !applies(of.media.mediaText));
      return off ? "(off)" : uncut([...(said ?? sheet).cssRules].map(text).join("\n"));
    } catch {
      return "(another's)";
    }
  };
  const adopted = (of) => [...(of.adoptedStyleSheets ?? [])].map(rules).filter((text) => text !== "(off)" && text).join("\n");

  /** What lies behind a canvas in a replay: an image of what it shows. */
  const behind = (element) => (replayed && element.localName === "canvas" ? window.images?.get(element.style.backgroundImage) : undefined);

  /** Colours of what a canvas shows at some places, rounded to bits: images of it are smaller, and not exact. */
  const colours = (element) => {
    const to = Object.assign(document.createElement("canvas"), { width: 8, height: 4 }).getContext("2d");
    to.imageSmoothingEnabled = false;
    to.drawImage(behind(element) ?? element, 0, 0, 8, 4);
    return [...to.getImageData(0, 0, 8, 4).data].map((part) => +(part > 127)).join("");
  };

  const state = (element, facts) => {
    const name = element.localName;
    if (name === "input" && /^(checkbox|radio)$/.test(element.type)) {
      facts.checked = element.checked;
      facts.indeterminate = element.indeterminate;
    } else if (name === "option") facts.selected = element.selected;
    else if (/^(input|textarea|select)$/.test(name) && element.type !== "file") facts.value = element.value;
    if (name === "dialog" || name === "details") facts.open = element.open;
    if (name === "dialog") facts.modal = element.open && element.matches(":modal");
    if (element.hasAttribute("popover") || facts.popover) facts.popover = element.matches(":popover-open");
    if (name.includes("-") && element.namespaceURI === "http://www.w3.org/1999/xhtml") facts.defined = element.matches(":defined");
    if (name === "video" || name === "audio") {
      facts.media = [element.paused, element.muted, round(element.volume * 100), element.playbackRate / speed, element.loop].join(" ");
      facts.time = round(element.currentTime * 2) / 2;
    }
    if (name === "canvas") {
      try {
        const seen = colours(element);
        if (seen.includes("1")) facts.pixels = seen;
      } catch {}
    }
    if (element.scrollLeft || element.scrollTop) {
      const whole = element === (element.ownerDocument.scrollingElement ?? element.ownerDocument.documentElement);
      if (!whole) facts.scroll = [round(element.scrollLeft), round(element.scrollTop)].join(" ");
    }
  };

  const looks = (element, facts) => {
    // The player leaves a closed dialog among the modal ones, where nobody sees it.
    if (styled++ > MOST_STYLED || (element.localName === "dialog" && !element.open) || /^(head|meta|title|base|link|style|option|source|track|param)$/.test(element.localName)) return;
    const view = element.ownerDocument.defaultView;
    if (!view) return;
    for (const [name, pseudo] of [["style", null], ["before", "::before"]]) {
      const computed = view.getComputedStyle(element, pseudo);
      if (pseudo && /^(|none|normal)$/.test(computed.content)) continue;
      facts[name] = STYLES.map((one) => `${one}:${one === "background-image" && behind(element) ? "none" : uncut(computed.getPropertyValue(one))}`).join(";") + (pseudo ? computed.content : "");
    }
    const { left, top, width, height } = element.getBoundingClientRect();
    facts.box = [left, top, width, height].map(round).join(" ");
  };

  const attributes = (element, facts) => {
    for (const { name, value } of element.attributes) {
      // A part of the page is one wherever the player shows it.
      if (element.localName === "use" && value.includes("#")) continue;
      if (SILENT.test(name) || !KNOWN.test(name) || (element.localName === "link" && /^(href|type)$/.test(name))) continue;
      if (element.localName.endsWith("frame") && name === "src") continue;
      // Of the two names for one thing the player understands one.
      facts["@" + name.replace("xlink:", "")] = URLS.test(name) ? cut(value, document.baseURI) : value;
    }
    if (facts["@class"] !== undefined) {
      const own = [...element.classList].filter((one) => !/^:hover$|^rrweb-|^rr-block$/.test(one)).join(" ");
      if (own) facts["@class"] = own;
      else delete facts["@class"];
    }
    // What styles an element is compared as the browser understood it.
    if (facts["@style"] !== undefined) {
      const bare = document.createElement("i").style;
      bare.cssText = element.style?.cssText ?? "";
      if (behind(element)) for (const part of ["image", "size", "position", "repeat", "origin"]) bare.removeProperty(`background-${part}`);
      const own = uncut(bare.cssText);
      if (own) facts["@style"] = own;
      else delete facts["@style"];
    }
  };

  const children = (parent) => [...parent.childNodes].map(node).filter(Boolean);

  const node = (one) => {
    if (one.nodeType === 3 || one.nodeType === 4) return one.data === "" ? null : ["#text", { text: one.data }, []];
    // The player has types of its own for pages with quirks: what matters of them is told by the mode, and by boxes.
    if (one.nodeType === 10 && /transitional|frameset/i.test(one.publicId)) return null;
    if (one.nodeType === 10) return ["#doctype", { name: one.name }, []];
    if (one.nodeType !== 1 || LEFT_OUT.test(one.localName)) return null;
    if (replayed && one.localName === "style" && one.parentNode === one.ownerDocument.documentElement) return null;
    const facts = {};
    if (replayed && one.matches("style[data-stands-in]")) return null;
    // The player shows a linked sheet as a style element.
    if (one.sheet || one.localName === "style") return ["(sheet)", { rules: one.sheet ? rules(one.sheet) : "" }, []];
    if (one.localName === "link") return /\bstylesheet\b/i.test(one.rel) ? ["(sheet)", { rules: "(off)" }, []] : ["link", {}, []];
    // The player's own.
    if (one.localName === "base" || one.matches("[data-stands-in]") || one.matches("iframe.rr-block, [__rrwebuntaintedmutationobserver]")) return null;
    if (!/xhtml/.test(one.namespaceURI)) facts.namespace = one.namespaceURI;
    attributes(one, facts);
    state(one, facts);
    looks(one, facts);
    const inside = one.localName === "textarea" ? [] : children(one);
    const shadow = one.shadowRoot ?? window.shut?.get(one);
    if (shadow) inside.unshift(["(shadow)", { adopted: adopted(shadow) }, children(shadow)]);
    // The player cannot put a document into a `frame`: what it shows of rrweb's recording is what is at the address by now.
    if (one.localName === "iframe") {
      let within = null;
      try {
        within = one.contentDocument;
      } catch {}
      // What a player shows of a frame that nobody may look into.
      const empty = !within?.querySelector("head > *, body > *, frame") && !within?.body?.textContent;
      if (within?.documentElement && !empty) inside.push(whole(within));
    }
    return [one.localName, facts, inside];
  };

  const path = (at) => {
    const steps = [];
    for (; at && at.nodeType !== 9; at = at.parentNode) steps.push(at.id || at.nodeName);
    return steps.slice(0, 4).join("<").toLowerCase();
  };

  const whole = (of) => {
    const view = of.defaultView;
    const chosen = of.getSelection?.();
    const range = chosen?.rangeCount && !chosen.isCollapsed ? chosen.getRangeAt(0) : null;
    const facts = {
      mode: of.compatMode,
      scroll: view ? [round(view.scrollX), round(view.scrollY)].join(" ") : "",
      adopted: adopted(of),
      selection: range ? `${path(range.startContainer)} ${range.startOffset} ${path(range.endContainer)} ${range.endOffset}` : "",
      fonts: of.fonts ? [...new Set([...of.fonts].map((font) => font.family.replaceAll('"', "")))].sort().join() : "",
    };
    return ["(document)", facts, children(of)];
  };
  return whole(root);
}
