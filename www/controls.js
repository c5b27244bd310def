// Controls that a script or a reset changes without an event, and what each held when that was last told. In JavaScript,
// as all of them are looked at whenever something was collected: from Rust that was most of what a list of 400 checkboxes cost.

/** How many controls are followed. */
const MOST = 400;

/** What a control holds: whether it is checked, and its value, or of a list the options that are chosen, since their values may be
 * the same and one may take another's place. @param {any} control @returns {any[]} */
const state = ({ checked, indeterminate, selectedOptions, value }) => [checked | (indeterminate << 1), ...(selectedOptions ?? [value])];

export const controls = () => {
  /** @type {Map<any, any[]>} */
  const followed = new Map();
  return {
    /** @param {any} control @param {boolean} told whether its state is told just now */
    follow(control, told) {
      if (followed.has(control) ? told : followed.size < MOST && /^(input|textarea|select)$/.test(control.localName))
        followed.set(control, state(control));
    },
    /** The controls whose state is another by now. What the visitor types into is told when it is left, or emptied.
     * @param {any} [typed] */
    drifted(typed) {
      const found = [];
      for (const [control, was] of followed) {
        const now = state(control);
        if (!control.isConnected) followed.delete(control);
        else if ((now.length !== was.length || now.some((held, at) => held !== was[at])) && (control !== typed || !now[1] || now[0] !== was[0])) {
          followed.set(control, now);
          found.push(control);
        }
      }
      return found;
    },
  };
};
