// Controls that a script or a reset changes without an event, and what each held when that was last told. In JavaScript,
// as all of them are looked at whenever something was collected: from Rust that was most of what a list of checkboxes cost.

/** How many controls are followed. */
const MOST = 1000;

/** What a control holds: whether it is checked, and its value, or of a list the options that are chosen, since their values may be
 * the same and one may take another's place. @param {any} control @returns {any[]} */
const state = ({ checked, indeterminate, selectedOptions, value }) => [checked | (indeterminate << 1), ...(selectedOptions ?? [value])];

/** How long a frame lasts, milliseconds: what is another since, nobody has seen yet. */
export const FRAME_MS = 15;

export const controls = () => {
  /** @type {Map<any, any[]>} */
  const followed = new Map();
  /** The control that was found to hold no secret last, its type then, and when. @type {any[]} */
  let plain = [];
  /** The control that was told last to be typed into. @type {any} */
  let typed;
  /** A protected field is known. */
  let wary = false;
  /** Something may be in the page that nobody has looked at yet. */
  let unsure = true;
  return {
    /** A protected field is known from now on. */
    beware() {
      wary = true;
    },
    /** Something is new that may be protected. */
    doubt() {
      unsure = true;
    },
    /** Whether all of the page was looked at and no secret was found: then what happens can wait until it is told. */
    isQuiet: () => !wary && !unsure,
    /** @param {any} control */
    calm(control) {
      plain = [control, control.type, performance.now()];
    },
    /** Something happened that may make a control another than was found. */
    stir() {
      plain = [];
      typed = 0;
    },
    /** Whether a control was found to hold no secret within this frame: whoever types tells three times a character. @param {any} control */
    isCalm: (control) => plain[0] === control && plain[1] === control.type && performance.now() - plain[2] < FRAME_MS,
    /** Whether it was told already that a control is typed into. @param {any} control */
    told(control) {
      const before = typed;
      return (typed = control) === before && this.isCalm(control);
    },
    /** @param {any} control @param {boolean} told whether its state is told just now */
    follow(control, told) {
      if (followed.has(control) ? told : followed.size < MOST && /^(input|textarea|select)$/.test(control.localName))
        followed.set(control, state(control));
    },
    /** The controls whose state is another by now. What the visitor types into is told when it is left, or emptied.
     * @param {any} [typed] */
    drifted(typed) {
      // It comes behind what changed.
      unsure = false;
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
