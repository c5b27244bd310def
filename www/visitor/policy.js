// The policy page, and the same as data: `import { policy } from "./policy.js"` has no effect on other pages.
import { element } from "../../crates/collector/pages/format.js";
import { attempt } from "../policy.js";
import { describe } from "./describe.js";
import { Page, ask, collectorOf, siteOptions } from "./page.js";
import { TEXTS } from "./policy-texts.js";

/** @typedef {ReturnType<typeof describe>} Policy */

/** What the collector says of itself; undefined where it says nothing. @param {string} [url] */
const told = async (url) => {
  if (!url) return;
  return ask(`${url}/policy.json`).then((answer) => (answer.ok ? answer.json() : undefined), () => undefined);
};

/**
 * What is recorded on this site, never is, for how long, by whom: from the options given, or those of the site's own
 * script tag, and what the collector says of itself.
 * @param {any} [options] @param {string} [language]
 * @returns {Promise<Policy>}
 */
export const policy = async (options, language = "en") => {
  const given = options ?? (await siteOptions());
  const url = collectorOf(given);
  const texts = /** @type {Record<string, any>} */ (TEXTS);
  return describe(given, await told(url), url, { ...TEXTS.en, ...texts[language] });
};

if (attempt(() => document.getElementById("afterimage-policy"))) show();

async function show() {
  const options = await siteOptions();
  const url = collectorOf(options);
  const collector = await told(url);
  const page = new Page(TEXTS, draw);
  draw();

  function draw() {
    const found = describe(options, collector, url, page.words);
    fill("state", [stateOf(found)]);
    fill("facts", facts(found).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
    fill("conditions", items(conditions(found)));
    fill("what", items(found.recorded.map(({ text }) => text)));
    fill("exceptions", items(found.exceptions.map(({ text }) => text)));
    fill("never", found.never.map(({ id, name, text }) => element("div", { id }, element("dt", {}, name), element("dd", {}, text))));
    fill("stored", found.stored.map(({ names, text }) => stored(names, text)));
    const json = JSON.stringify(found, null, 2);
    const link = document.getElementById("json");
    link?.setAttribute("href", `data:application/json;charset=utf-8,${encodeURIComponent(json)}`);
    document.querySelector("main")?.setAttribute("data-state", "shown");
  }

  /** @param {Policy} found */
  function stateOf({ known, wrong, state }) {
    const { words } = page;
    const text = wrong ? words.wrong : state.recording ? words.stateOn : words.stateOff;
    const lines = [element("p", { class: `badge ${!wrong && state.recording ? "on" : "off"}` }, text)];
    if (wrong) lines.push(element("p", { class: "soft", lang: "en" }, wrong));
    if (!known) lines.push(element("p", { class: "note" }, words.unset));
    if (!collector) lines.push(element("p", { class: "note" }, words.silent));
    return element("div", {}, ...lines);
  }

  /** @param {Policy} found @returns {[string, Node | string][]} */
  function facts(found) {
    const { words } = page;
    /** @type {[string, Node | string][]} */
    const rows = [];
    if (collector) rows.push([words.who, found.operator ?? words.unnamed]);
    // The collector may be anybody's: what it says is shown, and a link only where it can be nothing else.
    if (/^(https|mailto):/.test(found.contact ?? "")) rows.push([words.contact, element("a", { href: found.contact }, found.contact.replace("mailto:", ""))]);
    if (found.site) rows.push([words.site, found.site]);
    if (found.collector) rows.push([words.where, new URL(found.collector).origin]);
    if (collector) rows.push([words.keep, found.keepDays ? words.keepDays.replace("{n}", page.unit(found.keepDays, "day")) : words.keepUnset]);
    if (found.addressesStored === false) rows.push([words.address, words.addressNone]);
    return rows;
  }

  /** @param {Policy} found */
  function conditions({ consent, gpc, dnt, sample, withoutCookies }) {
    const { words } = page;
    const share = new Intl.NumberFormat(page.language, { style: "percent", maximumSignificantDigits: 3 }).format(sample);
    return [
      consent === "required" ? words.required : words.granted,
      ...(sample < 1 ? [words.sample.replace("{n}", share)] : []),
      gpc ? words.gpc : words.gpcOff,
      dnt ? words.dnt : words.dntOff,
      words.minor,
      withoutCookies === "nothing" ? words.cookielessNothing : words.cookieless,
    ];
  }
}

/** @param {string[]} texts */
const items = (texts) => texts.map((text) => element("li", {}, text));

/** @param {string[]} names @param {any} text */
const stored = (names, text) =>
  element("div", {}, element("dt", {}, ...names.flatMap((name) => [element("code", {}, name), " "])), element("dd", {}, text));

/** Fills an element; an empty one is hidden. @param {string} id @param {Node[]} children */
function fill(id, children) {
  const box = document.getElementById(id);
  box?.replaceChildren(...children);
  if (box) box.hidden = !children.length;
}
