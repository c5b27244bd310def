// A browser of fakes: tabs of one site share cookies, localStorage and channels, each has its own page. Runs the real
// policy.js and control.js, bundled once, in a context of its own for every tab.
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";

const www = fileURLToPath(new URL("../../www/", import.meta.url));
const { outputFiles } = buildSync({
  stdin: { contents: 'export { control } from "./control.js"; export * from "./policy.js";', resolveDir: www },
  bundle: true,
  write: false,
  format: "iife",
  globalName: "afterimage",
});
const script = new vm.Script(outputFiles[0].text);

const refused = () => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};

/** A recorder that only remembers what was done to it. */
class FakeRecorder {
  state = "recording";
  sessionId = "00112233445566778899aabbccddeeff";
  calls = [];

  constructor(browser, options) {
    Object.assign(this, { browser, options });
    browser.setCookie("afterimage=secret.1.1.1;path=/;max-age=1800");
  }
  event(...args) {
    this.calls.push(["event", ...args]);
  }
  flush() {
    this.calls.push(["flush"]);
    return Promise.resolve();
  }
  discard() {
    this.calls.push(["discard"]);
    this.state = "stopped";
  }
  erase() {
    this.calls.push(["erase"]);
    this.state = "stopped";
    return Promise.resolve(true);
  }
}

export class Browser {
  /** @param {{ storage?: "kept" | "throws" | "silent" }} [how] what the browser does with cookies and localStorage */
  constructor({ storage = "kept" } = {}) {
    Object.assign(this, { how: storage, jar: new Map(), stored: {}, tabs: [], written: [] });
  }

  setCookie(text) {
    const [pair, ...attributes] = text.split(";");
    const [name, value] = pair.split("=");
    this.written.push(text);
    if (this.how !== "kept") return;
    if (attributes.includes("max-age=0")) this.jar.delete(name);
    else this.jar.set(name, value);
  }

  cookie() {
    return [...this.jar].map((pair) => pair.join("=")).join("; ");
  }

  /** Opens a tab; `load` may be overridden to fail or to wait. */
  open({ navigator = {}, window = {}, random = 0.5, load, prerendering = false } = {}) {
    const browser = this;
    const listeners = {};
    const tab = { recorders: [], loads: 0, warnings: [] };
    const fire = (type, event = { type }) => (listeners[type] ?? []).forEach((listener) => listener(event));
    const document = {
      prerendering,
      get cookie() {
        return browser.how === "throws" ? refused() : browser.cookie();
      },
      set cookie(text) {
        if (browser.how === "throws") refused();
        browser.setCookie(text);
      },
    };
    const storage = new Proxy(browser.stored, {
      // As browsers do, only what changes something is told.
      set: (all, name, value) => (all[name] !== String(value) && ((all[name] = String(value)), browser.tell(tab, name)), true),
      deleteProperty: (all, name) => (name in all && (delete all[name], browser.tell(tab, name)), true),
    });
    const globals = {
      document,
      location: new URL("https://shop.example/"),
      navigator: { cookieEnabled: browser.how === "kept", ...navigator },
      console: { warn: (text) => tab.warnings.push(text) },
      addEventListener: (type, listener) => (listeners[type] ??= []).push(listener),
      BroadcastChannel: class {
        constructor() {
          tab.channel = this;
        }
        postMessage(data) {
          for (const other of browser.tabs) if (other !== tab) other.channel?.onmessage({ data });
        }
      },
      ...window,
    };
    Object.defineProperty(globals, "localStorage", {
      get: () => (browser.how === "throws" ? refused() : browser.how === "silent" ? null : storage),
    });
    globals.window = globals;
    vm.createContext(globals);
    script.runInContext(globals);
    globals.random = random;
    vm.runInContext("Math.random = () => random", globals);

    const core = {
      boot(options) {
        const recorder = new FakeRecorder(browser, options);
        tab.recorders.push(recorder);
        return recorder;
      },
      erase: async (options, cookies) => ((tab.erased = cookies), true),
    };
    const api = globals.afterimage.control(async (options) => {
      tab.loads++;
      return load ? load(core, options) : core;
    });
    Object.assign(tab, { api, fire, globals, rules: globals.afterimage, document });
    Object.defineProperty(tab, "live", { get: () => tab.recorders.at(-1) });
    browser.tabs.push(tab);
    return tab;
  }

  /** What a write to localStorage does in the other tabs. */
  tell(writer, key) {
    for (const tab of this.tabs) if (tab !== writer) tab.fire("storage", { type: "storage", key });
  }
}
