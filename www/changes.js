// What observers report, kept until it is asked for: every child, attribute and text once, however often it changed, and
// not a call of the recorder for each. What becomes of them is read when they are given; an attribute that is by then what
// it was before says nothing, so nobody may read the page for the recording while something is kept.

import { attribute, isConnected, nodeType, parentNode } from "./nodes.js";

/** @template T @param {Map<Node, T>} map @param {Node} node @param {new () => T} Kind @returns {T} */
const of = (map, node, Kind) => {
  let set = map.get(node);
  if (!set) map.set(node, (set = new Kind()));
  return set;
};

/**
 * @param {(nodes: Node[], text: string, since: number, away: number) => void} tell see `mutated` in `src/web/api.rs`
 * @param {(node: any) => void} came an element was added
 * @param {() => boolean} isQuiet whether what left the page can wait
 */
export const changes = (tell, came, isQuiet) => {
  /** What was added to nodes or taken out of them. @type {Map<Node, Set<Node>>} */
  let children;
  /** What attributes were before. @type {Map<Node, Map<string, string | null>>} */
  let attributes;
  /** @type {Set<Node>} */
  let texts;
  /** What was outside of the page when its observer was called: from then on it was observed no longer. @type {Set<Node>} */
  let away;
  /** Something was taken out of what is away, and put in elsewhere. */
  let moved = false;
  let since = 0;

  const give = () => {
    if (!since) return;
    const nodes = [...away];
    let text = "";
    children.forEach((set, target) => {
      text += set.size + " ";
      nodes.push(target);
      set.forEach((node) => nodes.push(node));
    });
    attributes.forEach((set, target) =>
      set.forEach((before, name) => {
        if (attribute(/** @type {Element} */ (target), name) === before) return;
        text += "\0" + name;
        nodes.push(target);
      }),
    );
    texts.forEach((node) => nodes.push(node));
    const first = since;
    since = 0;
    tell(nodes, text, first, away.size);
  };

  return {
    give,
    /** @param {MutationRecord[]} records */
    keep(records) {
      if (!since) {
        children = new Map();
        attributes = new Map();
        texts = new Set();
        away = new Set();
        moved = false;
        since = performance.now();
      }
      /** @type {Set<any>} */
      const fresh = new Set();
      for (const record of records) {
        const { target, attributeName, attributeNamespace } = record;
        if (attributeName) {
          // Of one in a namespace, only the local name is told.
          const name = /xlink$/.test(attributeNamespace ?? "") ? `xlink:${attributeName}` : attributeName;
          const set = of(attributes, target, Map);
          if (!set.has(name)) set.set(name, record.oldValue);
        } else if (record.type === "childList") {
          const set = of(children, target, Set);
          const { addedNodes, removedNodes } = record;
          // By index: in Chromium 156 an iterator over either takes longer than all else here.
          for (let at = 0; at < removedNodes.length; at++) {
            set.add(removedNodes[at]);
            if (!isConnected.call(removedNodes[at])) away.add(removedNodes[at]);
            else if (!isConnected.call(target)) moved = true;
          }
          for (let at = 0; at < addedNodes.length; at++) {
            set.add(addedNodes[at]);
            if (nodeType.call(addedNodes[at]) === 1) fresh.add(addedNodes[at]);
          }
        } else texts.add(target);
      }
      // What is below another came with it: a tower built from its foot upwards would be looked through once a level.
      fresh.forEach((node) => fresh.has(parentNode.call(node)) || came(node));
      // What moved out of it is to stay what it was.
      if (away.size && (moved || !isQuiet())) give();
    },
  };
};
