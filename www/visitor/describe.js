// What is recorded under given options, as data: the policy page shows it, scripts may read it.
import { checked } from "../options.js";
import { on, refusal } from "../policy.js";

/** The hard rules: no option turns them off. */
const NEVER = ["N01", "N02", "N03", "N04", "N05", "N06", "N07", "N08", "N09", "N10"];

/** A list as it was given: an array, or one string. @param {any} value */
const list = (value) => [value ?? []].flat().join(", ");

/**
 * @param {any} given the options of the site: an object, or a tag's `dataset`; undefined when they are not known
 * @param {any} collector what `policy.json` of the collector says; undefined when it says nothing
 * @param {string | undefined} url where the collector is
 * @param {import("./policy-texts.js").Words} words
 */
export const describe = (given, collector, url, words) => {
  /** @type {any} */
  let options = {};
  let wrong;
  try {
    // What the recorder starts with, by the function it starts with.
    if (given) options = checked(given);
  } catch (/** @type {any} */ error) {
    wrong = String(error.message);
  }
  const policy = options.policy || "default";
  const [state, reason = ""] = (refusal(options) || "idle").split(" ");
  const say = (/** @type {string} */ id, x = "") => ({
    id: id.replace(/_.*/, ""),
    text: String(words[/** @type {keyof typeof words} */ (id)]).replace("{x}", x),
  });
  const recorded = ["R05", `R08_${policy}`, "R01", "R03", "R02", "R04", "R06", "R11", "R12", "R13", "custom", ...["canvas", "console", "network"].filter((name) => on(options[name] ?? false) && (name != "canvas" || policy != "strict"))].map((id) => say(id));
  const exceptions = ["query", "unmask", "mask", "block", "ignore"]
    .map((name) => ({ name, value: list(options[name]) }))
    .filter(({ name, value }) => value && !(name == "unmask" && policy == "strict"));
  return {
    site: options.site ?? "",
    collector: url,
    operator: collector?.operator ?? null,
    contact: collector?.contact ?? null,
    keepDays: collector?.keepDays ?? null,
    addressesStored: collector?.addressesStored ?? null,
    policy,
    consent: options.consent === "required" ? "required" : "granted",
    sample: Number(options.sample ?? 1),
    gpc: on(options.gpc),
    dnt: on(options.dnt),
    minor: on(options.minor ?? false),
    withoutCookies: options.withoutCookies || "page",
    exceptions: exceptions.map(({ name, value }) => ({ ...say(name, value), value })),
    recorded,
    never: NEVER.map((id) => {
      const [name, text] = /** @type {any} */ (words)[id];
      return { id, name, text };
    }),
    stored: ["afterimage", "afterimage_visits", "afterimage_outbox", "afterimage_disabled"].map((id) => ({
      names: id === "afterimage_disabled" ? [id, "afterimage_consent"] : [id],
      text: words[/** @type {keyof typeof words} */ (id)],
    })),
    /** Of this browser, now. */
    state: { recording: !wrong && state === "idle", reason: wrong ? "wrong-option" : reason },
    known: !!given,
    wrong: wrong ?? null,
  };
};
