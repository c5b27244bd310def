// What style sheets say.
import { attempt } from "./policy.js";

/**
 * A sheet, or that of an element, as it is: whether it is disabled, its media where those are not what the element says,
 * a zero, then its rules. Nothing where script may not read
 * it, or it is what the element's own text says: `always` asks for that, too, and when it is looked at for the `first` time
 * a script may have put rules into it before.
 * @param {any} of @param {boolean} first @param {boolean} always
 */
export const sheet = (of, first, always) =>
  attempt(() => {
    const { sheet = of, localName, textContent: text } = of;
    const { cssRules, disabled, media, ownerNode } = sheet;
    const said = ownerNode?.media ?? "";
    const others = media.mediaText === said ? "" : media.mediaText || "all";
    if (localName === "style" && !always && !disabled && !others && text.trim()) {
      const made = new CSSStyleSheet();
      if (first) made.replaceSync(text);
      if (!first || made.cssRules.length === cssRules.length) return;
    }
    return `${+disabled}${others}\0${[...cssRules].map((rule) => rule.cssText).join("\n")}`;
  });
