// Chromium: the CPU time of the page's main thread, by the browser's own counter.
import { chromium } from "playwright-core";

const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

/** @param {number} throttle how many times slower the CPU is to be */
export const open = async (throttle) => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-blink-features=AutomationControlled"],
  });
  return {
    name: `Chromium ${browser.version()}${throttle === 1 ? "" : `, the CPU ${throttle} times slower`}`,
    measured: "Main-thread CPU",
    close: () => browser.close(),
    /** A page in a profile of its own. @param {string} url */
    async page(url) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, userAgent: AGENT });
      await context.route((to) => to.hostname !== "127.0.0.1", (route) => route.abort());
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      // The thread's CPU time: waiting for a busy core does not count.
      await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: throttle });
      await page.goto(url);
      return {
        /** Runs a script, and waits for what it promises. @param {string} script */
        run: (script) => page.evaluate(`(async () => { ${script} })()`),
        type: (text) => page.keyboard.type(text),
        /** Milliseconds so far. */
        async spent() {
          const { metrics } = await devtools.send("Performance.getMetrics");
          return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
        },
        /** What the page's heap holds, WebAssembly memory and DOM included, in kB. */
        async kept() {
          await devtools.send("HeapProfiler.collectGarbage");
          const { usedSize, embedderHeapUsedSize, backingStorageSize } = await devtools.send("Runtime.getHeapUsage");
          return (usedSize + embedderHeapUsedSize + backingStorageSize) / 1024;
        },
        close: () => context.close(),
      };
    },
  };
};
