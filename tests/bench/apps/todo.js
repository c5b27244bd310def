// A todo list as every framework's first example has it, used as a visitor would, only faster: 400 items are added, ticked,
// renamed and removed, five a frame. `mount` is the framework's part; it gets the list as plain data whenever that changed.

/** @typedef {{ id: number, text: string, done: boolean }} Item */

/** Calls `step` in each of `count` frames. */
export const frames = (count, step) =>
  new Promise((done) => {
    let at = 0;
    const next = () => {
      step(at++);
      if (at < count) requestAnimationFrame(next);
      else done();
    };
    requestAnimationFrame(next);
  });

const words = "buy paint write call the mend water read garden letter bicycle kitchen shelf for tomorrow".split(" ");
export const say = (seed, count) => Array.from({ length: count }, (_, i) => words[(seed * 7 + i * 5 + (seed >> 3)) % words.length]).join(" ");

/** @param {(root: Element) => (items: Item[]) => void} mount returns what draws the list */
export const todo = (mount) => {
  const root = document.body.appendChild(document.createElement("main"));
  root.innerHTML = "<h1>To do</h1>";
  const draw = mount(root.appendChild(document.createElement("section")));
  /** @type {Item[]} */
  let items = [];
  const set = (next) => draw((items = next));
  set([]);
  window.workload = async () => {
    await frames(80, (f) => set([...items, ...Array.from({ length: 5 }, (_, i) => ({ id: f * 5 + i, text: say(f * 5 + i, 5), done: false }))]));
    await frames(80, (f) => set(items.map((item) => (item.id % 80 === f ? { ...item, done: true } : item))));
    await frames(40, (f) => set(items.map((item) => (item.id % 40 === f ? { ...item, text: `${item.text}, ${say(f, 2)}` } : item))));
    await frames(40, (f) => set(items.filter((item) => item.id % 80 !== f)));
  };

  /** What a visitor does to the list, by its controls. */
  const field = root.insertBefore(document.createElement("input"), root.lastChild);
  field.placeholder = "What needs to be done?";
  field.onkeydown = ({ key }) => {
    if (key !== "Enter") return;
    set([...items, { id: items.length, text: field.value, done: false }]);
    field.value = "";
  };
  root.onclick = (event) => {
    const [at] = event.composedPath();
    const of = { INPUT: boxes, BUTTON: buttons }[at.tagName]?.indexOf(at) ?? -1;
    if (of >= 0) set(at.tagName === "BUTTON" ? items.filter(({ id }) => id !== of) : items.map((item) => (item.id === of ? { ...item, done: !item.done } : item)));
  };
  const all = (name, tree = root.lastChild) =>
    [...tree.querySelectorAll("*")].flatMap((one) => [...(one.localName === name ? [one] : []), ...(one.shadowRoot ? all(name, one.shadowRoot) : [])]);
  let [boxes, buttons] = [[], []];
  const press = (one) => one.click();
  /** The same list as benchmarks of frameworks use it: a hundred items are added, ticked and removed by events, each in one go. */
  window.steps = [
    () => {
      for (let i = 0; i < 100; i++) {
        field.value = say(i, 4);
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      }
    },
    () => (boxes = all("input")).forEach(press),
    () => (buttons = all("button")).forEach(press),
  ];
};
