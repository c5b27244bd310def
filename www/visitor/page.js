// What the visitors' pages share: the languages, and where the site's own settings are found.
import { element } from "../../crates/collector/pages/format.js";
import { isSafe } from "../options.js";
import { attempt } from "../policy.js";

/**
 * A page in the visitor's language, or in English.
 * @template {Record<string, any>} Words
 */
export class Page {
  /** @param {{ en: Words }} texts by language @param {() => void} show called when the language changes */
  constructor(texts, show) {
    this.texts = /** @type {Record<string, Words>} */ (texts);
    this.words = texts.en;
    this.language = "en";
    this.select = /** @type {HTMLSelectElement} */ (document.getElementById("language"));
    for (const [language, { name }] of Object.entries(this.texts)) this.select.append(element("option", { value: language, lang: language }, name));
    const asked = new URLSearchParams(location.search).get("lang");
    const wanted = [asked, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase() ?? "");
    this.set(wanted.find((language) => Object.hasOwn(texts, language)) ?? "en");
    this.select.addEventListener("change", () => (this.set(this.select.value), show()));
  }

  /** @param {string} language */
  set(language) {
    this.language = language;
    this.words = this.texts[language] ?? this.words;
    document.documentElement.lang = language;
    document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
    document.title = this.words.title;
    this.select.value = language;
    this.select.setAttribute("aria-label", this.words.language);
    for (const found of document.querySelectorAll("[data-text]"))
      found.textContent = this.words[/** @type {HTMLElement} */ (found).dataset.text ?? ""];
  }

  /** A number as the language writes it. @param {number} n */
  number(n) {
    return new Intl.NumberFormat(this.language).format(n);
  }

  /** @param {number} n @param {"second" | "minute" | "day"} unit */
  unit(n, unit) {
    return new Intl.NumberFormat(this.language, { style: "unit", unit, unitDisplay: "long" }).format(n);
  }

  /** @param {number} ms */
  moment(ms) {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "long", timeStyle: "medium" }).format(Math.min(ms, 8.64e15));
  }

  /** @param {number} ms */
  clock(ms) {
    return new Intl.DateTimeFormat(this.language, { timeStyle: "medium" }).format(Math.min(ms, 8.64e15));
  }
}

/** The tag in a document that starts a recording. @param {Document} from */
const tag = (from) => /** @type {HTMLScriptElement | null} */ (from.querySelector("script[data-collector]"))?.dataset;

/** A name's content in this page's head. @param {string} name */
const meta = (name) => /** @type {HTMLMetaElement | null} */ (document.querySelector(`meta[name=${name}]`))?.content;

/**
 * The options as the site has them: from this page's own tag, or as JSON in `#afterimage-options`, or from the tag of the
 * page that `afterimage-page` names. Nothing in an address can change them.
 * @returns {Promise<any>} an object or a tag's `dataset`; undefined where there are none
 */
export const siteOptions = async () => {
  const given = document.getElementById("afterimage-options");
  const found = tag(document) ?? attempt(() => given && JSON.parse(given.textContent ?? ""));
  const page = meta("afterimage-page");
  if (found || !page || new URL(page, document.baseURI).origin !== location.origin) return found ?? undefined;
  // Scripts of a document that is only read do not run.
  const read = async () => new DOMParser().parseFromString(await (await fetch(page, { referrerPolicy: "no-referrer" })).text(), "text/html");
  return tag(await read().catch(() => document));
};

/**
 * Where the collector is, without a slash at the end; undefined where nothing may be sent, as the recorder sees it, too.
 * @param {any} options
 */
export const collectorOf = (options) => {
  const url = meta("afterimage-collector") || options?.collector || "/collect";
  return isSafe(url) ? new URL(url, document.baseURI).href.replace(/\/$/, "") : undefined;
};

/** A request that tells the collector nothing but what it asks. @param {string} url @param {RequestInit} [more] */
export const ask = (url, more) => fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", ...more });
