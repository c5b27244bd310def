// Controls that a script or a reset changes without an event, and what each held when that was last told. In JavaScript,
// as all of them are looked at whenever something was collected: from Rust that was most of what a list of 400 checkboxes cost.

/** How many controls are followed. */
const MOST = 400;

/** What options are called, whatever their values and places are. @type {WeakMap<any, number>} */
const names = new WeakMap();
/** @param {any} option */
const name = (option) => names.get(option) ?? (names.set(option, Math.random()), names.get(option));

/** Of a list, which options are chosen: their values may be the same, and one may take another's place. @param {any} control @returns {[number, string]} */
const state = ({ checked, indeterminate, selectedOptions, value }) => [checked | (indeterminate << 1), selectedOptions ? [...selectedOptions].map(name).join() : value];

export const controls = () => {
  /** @type {Map<any, [number, string]>} */
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
      for (const [control, [checked, value]] of followed) {
        const now = state(control);
        if (!control.isConnected) followed.delete(control);
        else if ((now[0] !== checked || now[1] !== value) && (control !== typed || !now[1] || now[0] !== checked)) {
          followed.set(control, now);
          found.push(control);
        }
      }
      return found;
    },
  };
};
