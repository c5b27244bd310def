// Firefox and WebKit over WebDriver. Neither counts what one thread takes, so it is the CPU time of all processes of the
// browser, in steps of 10 ms.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const shared = JSON.parse(readFileSync(new URL("../../webdriver.json", import.meta.url), "utf8"));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** MiniBrowser lies beside WebKit's helper programs, in a folder named for the library's version. */
const miniBrowser = () => {
  const libraries = "/usr/lib/x86_64-linux-gnu";
  const folder = readdirSync(libraries).find((name) => name.startsWith("webkit2gtk-"));
  return join(libraries, folder ?? "webkit2gtk", "MiniBrowser");
};

const ENGINES = {
  firefox: (profile) => ({
    command: [process.env.GECKODRIVER ?? "geckodriver", "--allow-hosts", "127.0.0.1", "localhost"],
    capabilities: {
      "moz:firefoxOptions": {
        args: [...shared["moz:firefoxOptions"].args, "-profile", profile],
        binary: "/usr/bin/firefox-esr",
        // A proxy that nobody runs, for everything but this machine.
        prefs: { ...shared["moz:firefoxOptions"].prefs, "network.proxy.type": 1, "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9, "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9, "network.proxy.no_proxies_on": "127.0.0.1, localhost" },
      },
    },
  }),
  webkit: () => ({
    command: ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1400x1000x24", "WebKitWebDriver"],
    capabilities: { "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] } },
  }),
};

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** CPU time of a process and all that came of it, ms. @param {number} root */
const cpu = (root) => {
  const children = new Map();
  const ticks = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      children.set(+fields[1], [...(children.get(+fields[1]) ?? []), +pid]);
      ticks.set(+pid, +fields[11] + +fields[12]);
    } catch {
      // It ended meanwhile.
    }
  }
  const sum = (pid) => (children.get(pid) ?? []).reduce((all, child) => all + sum(child), ticks.get(pid) ?? 0);
  return sum(root) * 10;
};

/** @param {"firefox" | "webkit"} engine */
export const open = async (engine) => {
  let name = engine;
  return {
    get name() {
      return name;
    },
    measured: "CPU of all the browser's processes",
    close() {},
    /** A page in a browser of its own. @param {string} url */
    async page(url) {
      const profile = mkdtempSync(join(tmpdir(), "bench-"));
      const { command, capabilities } = ENGINES[engine](profile);
      const port = await freePort();
      const driver = spawn(command[0], [...command.slice(1), `--port=${port}`], {
        stdio: "ignore",
        detached: true,
        env: { ...process.env, HOME: profile, TMPDIR: profile, GDK_BACKEND: "x11", NO_AT_BRIDGE: "1", LIBGL_ALWAYS_SOFTWARE: "1" },
      });
      let session = "";
      const ask = async (method, path, body) => {
        const answer = await fetch(`http://127.0.0.1:${port}/session${session}${path}`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
        const { value } = await answer.json();
        if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
        return value;
      };
      const close = async () => {
        await ask("DELETE", "").catch(() => {});
        try {
          process.kill(-driver.pid, "SIGKILL");
        } catch {
          // All are gone.
        }
        rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      };
      try {
        let started;
        for (let tries = 0; !started; tries++) {
          await sleep(200);
          started = await ask("POST", "", { capabilities: { alwaysMatch: capabilities } }).catch((error) => {
            if (tries > 50) throw error;
          });
        }
        session = `/${started.sessionId}`;
        name = `${started.capabilities.browserName} ${started.capabilities.browserVersion}`;
        await ask("POST", "/timeouts", { script: 120_000 });
        await ask("POST", "/url", { url });
      } catch (error) {
        await close();
        throw error;
      }
      return {
        /** Runs a script, and waits for what it promises. @param {string} script */
        async run(script) {
          const done = "arguments[0]";
          const [value, error] = await ask("POST", "/execute/async", { args: [], script: `const done = ${done}; (async () => { ${script} })().then((value) => done([value ?? null]), (error) => done([null, String(error)]));` });
          if (error) throw new Error(error);
          return value;
        },
        async type(text) {
          const [element] = Object.values(await ask("GET", "/element/active"));
          await ask("POST", `/element/${element}/value`, { text });
        },
        spent: async () => cpu(driver.pid),
        kept: async () => 0,
        close,
      };
    },
  };
};
