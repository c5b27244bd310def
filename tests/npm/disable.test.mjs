// The disable page in Chromium: the one file, nothing beside it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { browser, serve, until } from "./page.mjs";

const html = readFileSync(new URL("../../www/disable.html", import.meta.url), "utf8");
const hash = (tag) => `'sha256-${createHash("sha256").update(html.match(new RegExp(`<${tag}>(.*)</${tag}>`, "s"))[1]).digest("base64")}'`;
const POLICY = `script-src ${hash("script")}; style-src ${hash("style")}; connect-src 'self'`;
const SECRET = "000102030405060708090a0b0c0d0eff";

let chromium, site;
before(async () => {
  chromium = await browser();
  const pages = { "/disable.html": html, "/empty.html": html.replace('content="/collect"', 'content=""') };
  site = await serve({ pages, headers: { "content-security-policy": `default-src 'none'; ${POLICY}` } });
});
after(async () => {
  await chromium?.close();
  await site?.close();
});

/** Opens the page; `blocked` makes every storage throw. */
const open = async ({ blocked = false, session = true, path = "/disable.html", context, ...options } = {}) => {
  context ??= await chromium.newContext(options);
  const cookies = [{ name: "afterimage", value: `${SECRET}.65a.65b.2`, url: site.origin }];
  if (session) await context.addCookies(cookies);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  if (blocked)
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException("blocked", "SecurityError");
      };
      Object.defineProperty(document, "cookie", { get: refuse, set: refuse });
      Object.defineProperty(window, "localStorage", { get: refuse });
      Object.defineProperty(navigator, "cookieEnabled", { get: () => false });
    });
  await page.goto(site.origin + path);
  return page;
};

const flags = (page) =>
  page.evaluate(() => [document.cookie.split("; ").sort().join("; "), localStorage.getItem("afterimage_disabled")]);
const visible = (page, id) => page.locator(`#${id}`).isVisible();

test("the file names the hashes that a Content-Security-Policy needs", () => {
  assert.ok(html.includes(`\n  ${POLICY}\n`), `put this line into the comment of www/disable.html:\n  ${POLICY}`);
});

test("promise_v01 the keyboard switches it, and a screen reader is told", async () => {
  const page = await open({ locale: "en-US" });
  const toggle = page.getByRole("switch", { name: "Recording", exact: true });
  assert.equal(await toggle.getAttribute("aria-checked"), "true");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "switch");
  await page.keyboard.press("Space");
  assert.equal(await toggle.getAttribute("aria-checked"), "false");
  assert.deepEqual(await flags(page), ["afterimage_disabled=1", "1"], "the session's cookie is gone");
  assert.match(await page.locator("#state[role=status][aria-live=polite]").textContent(), /^Off:/);
  await page.reload();
  assert.equal(await toggle.getAttribute("aria-checked"), "false");
  await page.getByText("Recording", { exact: true }).click();
  assert.deepEqual(await flags(page), ["", null]);
  await page.context().close();
});

test("promise_v01 another tab follows", async () => {
  const page = await open();
  const other = await open({ context: page.context() });
  await page.click("#switch");
  await until(async () => (await other.getAttribute("#switch", "aria-checked")) === "false", "the other tab shows it");
  await other.click("#switch");
  await until(async () => (await page.getAttribute("#switch", "aria-checked")) === "true", "and back");
  await page.context().close();
});

test("promise_v05 erases with the secret in the body alone, also after switching off", async () => {
  for (const first of [[], ["#switch"]]) {
    site.posts.length = 0;
    const page = await open({ locale: "en" });
    for (const id of first) await page.click(id);
    await page.click("#erase");
    await until(async () => (await page.textContent("#outcome")) === "Erased.", "erased");
    const [{ path, headers, body }] = site.posts;
    assert.deepEqual([path, body.toString("hex"), site.posts.length], ["/collect/erase", SECRET, 1]);
    assert.deepEqual([headers.cookie, headers.referer], [undefined, undefined]);
    assert.deepEqual(await flags(page), ["afterimage_disabled=1", "1"]);
    assert.equal(await page.isDisabled("#erase"), true);
    await page.context().close();
  }
});

test("offers no erasing where there is nothing to erase or nobody to ask", async () => {
  const nothing = await open({ session: false, locale: "en" });
  assert.equal(await nothing.isDisabled("#erase"), true);
  assert.equal(await nothing.textContent("#outcome"), "There is nothing to erase.");
  await nothing.context().close();
  const nobody = await open({ path: "/empty.html" });
  assert.equal(await visible(nobody, "erasing"), false);
  await nobody.context().close();
});

test("the collector is the file's alone: no address can change it", async () => {
  const page = await open({ path: "/disable.html?collector=https://evil.example/&afterimage-collector=/evil#/evil" });
  site.posts.length = 0;
  await page.click("#erase");
  await until(() => site.posts.length, "a request");
  assert.equal(site.posts[0].path, "/collect/erase");
  await page.context().close();
});

test("promise_v02 says so when cookies are blocked, and still reaches open tabs", async () => {
  const page = await open({ blocked: true, session: false });
  const other = await open({ blocked: true, session: false, context: page.context() });
  assert.equal(await visible(page, "blocked"), true);
  await page.click("#switch");
  await until(async () => (await other.getAttribute("#switch", "aria-checked")) === "false", "the other tab is told");
  await page.context().close();
  const kept = await open();
  assert.deepEqual([await visible(kept, "blocked"), await visible(kept, "dead")], [false, false]);
  await kept.context().close();
});

test("without its script it says what is missing", async () => {
  const page = await open({ javaScriptEnabled: false });
  assert.equal(await visible(page, "dead"), true);
  assert.equal(await page.isDisabled("#switch"), true);
  await page.context().close();
});

test("every language is complete, fits a small screen and is chosen by the browser", async () => {
  const page = await open({ locale: "fr-CA", viewport: { width: 360, height: 740 }, session: false });
  assert.equal(await page.textContent("h1"), "Enregistrement des sessions");
  const languages = await page.locator("#language option").evaluateAll((options) => options.map((option) => option.value));
  assert.deepEqual(languages.sort(), "ar de en es fr hi it ja ko nl pl pt ru tr zh".split(" "));
  const leads = new Set();
  for (const language of languages) {
    await page.selectOption("#language", language);
    const texts = await page.locator("[data-text], #state, #outcome").allTextContents();
    assert.ok(texts.every((text) => text.trim().length > 1 && !text.includes("undefined")), `${language}: ${texts}`);
    leads.add(texts[1]);
    const [overflow, lang, dir] = await page.evaluate(() => {
      const { scrollWidth, clientWidth, lang, dir } = document.documentElement;
      return [scrollWidth - clientWidth, lang, dir];
    });
    assert.deepEqual([overflow, lang, dir], [0, language, language === "ar" ? "rtl" : "ltr"]);
  }
  assert.equal(leads.size, languages.length);
  await page.goto(`${site.origin}/disable.html?lang=ko`);
  assert.equal(await page.getAttribute("html", "lang"), "ko");
  await page.goto(`${site.origin}/disable.html?lang=__proto__`);
  assert.equal(await page.getAttribute("html", "lang"), "fr");
  await page.context().close();
});
