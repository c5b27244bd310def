// What the privacy rules cost the page: no recorder, the recorder without its rules and the recorder as it is, in turn, in
// one Chromium. `cargo xtask cost [ROUNDS]` builds both and runs this: node cost.mjs RULED UNRULED [ROUNDS].
import { readFile } from "node:fs/promises";
import { browser, serve } from "./page.mjs";

const [ruled, unruled, rounds = "7"] = process.argv.slice(2);
const VARIANTS = { none: undefined, without: unruled, with: ruled };

/** Made by a script that `cargo run -p afterimage-e2e --example known` runs, too. */
const SHOP = await readFile(new URL("shop.js", import.meta.url), "utf8");

const FIELDS = `document.body.innerHTML = '<form><label>City <input id="city"></label><label>Password <input id="password" type="password"></label></form>'`;

/** What is measured: how the page is made, and what happens once it is recorded; nothing for the snapshot itself. */
const CASES = {
  "snapshot, 24,000 nodes": { make: SHOP },
  "12,000 texts change": {
    make: SHOP,
    run: (page) =>
      page.evaluate(async () => {
        const texts = [...document.querySelectorAll(".price")].slice(0, 200).map((price) => price.firstChild);
        for (let frame = 0; frame < 60; frame++) {
          await new Promise(requestAnimationFrame);
          texts.forEach((text, i) => (text.data = `€ ${(frame * 7 + i) % 90}.${(frame + i) % 100}`));
        }
      }),
  },
  "2,000 cards inserted": {
    make: "",
    run: (page) => page.evaluate(SHOP.replace("document.body.innerHTML =", "document.body.innerHTML +=")),
  },
  "300 characters typed": {
    make: FIELDS,
    run: async (page) => {
      await page.focus("#city");
      await page.keyboard.type("Liverpool ".repeat(30));
    },
  },
  "20 passwords typed": {
    make: FIELDS,
    run: async (page) => {
      for (let visit = 10; visit < 30; visit++) {
        await page.focus("#password");
        await page.keyboard.type(`Tr0ub4dor&-${visit}ab`);
        await page.evaluate(() => (document.querySelector("#password").value = ""));
        await page.focus("#city");
      }
    },
  },
};

/** Milliseconds of the page's main thread and bytes sent. */
const measure = async (chromium, { make, run }, folder) => {
  const site = await serve({ folder, mount: "/r/", pages: { "/index.html": "<!doctype html><title>cost</title><body>" } });
  const page = await chromium.newPage();
  try {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    const spent = async () => {
      const { metrics } = await devtools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
    };
    await page.goto(`${site.origin}/`);
    await page.evaluate(make);
    if (folder) await page.addScriptTag({ url: "/r/afterimage.js" });
    const record = async () => {
      if (!folder) return;
      await page.evaluate(async () => (await window.afterimage.start({ collector: "/collect" })).flush());
    };
    const rest = () => page.evaluate(() => new Promise((done) => setTimeout(() => requestIdleCallback(done), 300)));
    if (run) await record();
    await rest();
    const [before, sent] = [await spent(), site.posts.length];
    await (run ? run(page) : record());
    if (run && folder) await page.evaluate(() => window.afterimage.recorder.flush());
    await rest();
    const bytes = site.posts.slice(sent).reduce((sum, { body }) => sum + body.length, 0);
    return { ms: (await spent()) - before, bytes };
  } finally {
    await page.close();
    await site.close();
  }
};

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

const chromium = await browser();
try {
  console.log(`Main-thread CPU that the recorder adds, and bytes it sends; medians of ${rounds} rounds, in turn.\n`);
  console.log("| what happens | without rules | with rules | ratio | bytes without | bytes with |\n|---|--:|--:|--:|--:|--:|");
  for (const [name, what] of Object.entries(CASES)) {
    const all = { none: [], without: [], with: [] };
    for (let round = 0; round < +rounds; round++) {
      for (const [variant, folder] of Object.entries(VARIANTS)) all[variant].push(await measure(chromium, what, folder));
    }
    const ms = (variant) => median(all[variant].map((one) => one.ms)) - median(all.none.map((one) => one.ms));
    const bytes = (variant) => median(all[variant].map((one) => one.bytes));
    const [off, on] = [ms("without"), ms("with")];
    console.log(`| ${name} | ${off.toFixed(1)} ms | ${on.toFixed(1)} ms | ${(on / off).toFixed(2)} | ${bytes("without")} | ${bytes("with")} |`);
  }
} finally {
  await chromium.close();
}
