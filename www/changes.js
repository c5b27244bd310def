// What observers report, kept until it is asked for: every child, attribute and text once, however often it changed, and
// not a call of the recorder for each. What becomes of them is read when they are given.

/** @param {(nodes: Node[], text: string, since: number) => void} tell see `mutated` in `src/web/api.rs` */
export const changes = (tell) => {
  /** What was added to an element or taken out of it. @type {Map<Node, Set<Node>>} */
  let children = new Map();
  /** @type {Map<Node, Set<string>>} */
  let attributes = new Map();
  /** @type {Set<Node>} */
  let texts = new Set();
  let since = 0;

  /** @template T @param {Map<Node, Set<T>>} map @param {Node} node @returns {Set<T>} */
  const of = (map, node) => {
    let set = map.get(node);
    if (!set) map.set(node, (set = new Set()));
    return set;
  };

  const give = () => {
    if (!since) return;
    /** @type {Node[]} */
    const nodes = [];
    let text = "";
    for (const [target, set] of children) {
      text += set.size + " ";
      nodes.push(target);
      for (const node of set) nodes.push(node);
    }
    for (const [target, set] of attributes)
      for (const name of set) {
        nodes.push(target);
        text += "\0" + name;
      }
    for (const target of texts) nodes.push(target);
    const first = since;
    children = new Map();
    attributes = new Map();
    texts = new Set();
    since = 0;
    tell(nodes, text, first);
  };

  return {
    give,
    /** @param {MutationRecord[]} records */
    keep(records) {
      if (!records[0]) return;
      since ||= performance.now();
      // What is outside of the page is observed no longer: what left it cannot wait.
      let gone = false;
      for (const record of records) {
        const { target, type } = record;
        if (type === "attributes") of(attributes, target).add(/** @type {string} */ (record.attributeName));
        else if (type === "childList") {
          const set = of(children, target);
          for (const node of record.removedNodes) {
            set.add(node);
            gone ||= !node.isConnected;
          }
          for (const node of record.addedNodes) set.add(node);
        } else texts.add(target);
      }
      if (gone) give();
    },
  };
};
