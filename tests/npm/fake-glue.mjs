// Stands for the recorder's glue: whatever the test put there.
const fake = (name) => (...args) => globalThis.glue[name](...args);
export const imports = () => ({});
export const finish = (...args) => globalThis.glue.finish?.(...args);
/** What the recorder can be asked to do and told, by the numbers of `act` and `said` in src/web/api.rs. */
const ACTS = "work pause flush leave discard snapshot end".split(" ").map(fake);
const SAID = "input key navigated event fault fault".split(" ").map(fake);
export const recorder = {
  act: (what, how) => ACTS[what](how),
  said: (what, ...said) => SAID[what](...said),
};
for (const name of "start happened lastWords mutated rooted ruled lean why drawn developer".split(" ")) recorder[name] = fake(name);
