// May we record at all: the loader's decisions, in fakes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser } from "./tabs.mjs";

const GIVEN = { collector: "/collect" };
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** The state a fresh tab ends in. */
const started = async (tab, options = {}) => {
  const recorder = await tab.api.start({ ...GIVEN, ...options });
  const { state, reason } = tab.api.status();
  assert.equal(recorder.state, state);
  return reason ? `${state} ${reason}` : state;
};

test("records by default", async () => {
  const tab = new Browser().open();
  assert.deepEqual({ ...tab.api.status() }, { state: "idle", reason: "", cookies: true, consent: "unknown" });
  assert.equal(await started(tab), "recording");
  assert.equal(tab.api.recorder.sessionId, tab.live.sessionId);
  assert.equal(await tab.api.ready, tab.api.recorder);
});

test("promise_v01 a disable flag in any place costs no fetch and writes nothing", async () => {
  const places = {
    cookie: (browser) => browser.jar.set("afterimage_disabled", "1"),
    localStorage: (browser) => (browser.stored.afterimage_disabled = "1"),
  };
  for (const [place, set] of Object.entries(places)) {
    const browser = new Browser();
    set(browser);
    const before = [browser.cookie(), JSON.stringify(browser.stored)];
    const tab = browser.open();
    assert.equal(await started(tab), "disabled visitor", place);
    assert.equal(tab.loads, 0, place);
    assert.deepEqual([browser.cookie(), JSON.stringify(browser.stored)], before, place);
  }
  const tab = new Browser().open({ window: { afterimageDisabled: true } });
  assert.equal(await started(tab), "disabled page");
  assert.equal(tab.loads, 0);
  for (const disabled of [true, "", "true"]) assert.equal(await started(new Browser().open(), { disabled }), "disabled page");
  for (const disabled of [false, "false"]) assert.equal(await started(new Browser().open(), { disabled }), "recording");
});

test("flags are found by whole name and value", async () => {
  const browser = new Browser();
  browser.jar.set("not_afterimage_disabled", "1").set("afterimage_disabled", "10").set("afterimage_disabled2", "1");
  assert.equal(await started(browser.open({ window: { afterimageDisabled: "no" } })), "recording");
});

test("promise_v03 Global Privacy Control and Do Not Track are honoured unless switched off", async () => {
  const cases = [
    [{ navigator: { globalPrivacyControl: true } }, {}, "refused gpc"],
    [{ navigator: { globalPrivacyControl: true } }, { gpc: false }, "recording"],
    [{ navigator: { globalPrivacyControl: true } }, { gpc: "false" }, "recording"],
    [{ navigator: { doNotTrack: "1" } }, {}, "refused dnt"],
    [{ navigator: { doNotTrack: "1" } }, { dnt: false }, "recording"],
    [{ navigator: { doNotTrack: "0", globalPrivacyControl: false } }, {}, "recording"],
    [{ navigator: { doNotTrack: "unspecified" } }, {}, "recording"],
  ];
  for (const [page, options, expected] of cases) {
    const tab = new Browser().open(page);
    assert.equal(await started(tab, options), expected);
    assert.equal(tab.loads, expected === "recording" ? 1 : 0);
  }
});

test("promise_n10 a minor is not recorded, and what was buffered is dropped when that is learnt later", async () => {
  assert.equal(await started(new Browser().open(), { minor: true }), "refused minor");
  assert.equal(await started(new Browser().open(), { minor: "" }), "refused minor");
  assert.equal(await started(new Browser().open(), { minor: "false" }), "recording");
  const browser = new Browser();
  const tab = browser.open();
  await started(tab);
  const other = browser.open();
  await started(other);
  const { live } = tab;
  assert.equal(await started(tab, { minor: true }), "refused minor");
  assert.deepEqual(live.calls, [["discard"]]);
  assert.deepEqual([other.live.calls, other.api.status().reason], [[["discard"]], "minor"], "the same visitor is there");
  assert.deepEqual([browser.cookie(), browser.stored], ["", {}]);
});

test("promise_v03 nothing before consent where it is required", async () => {
  const browser = new Browser();
  const tab = browser.open();
  assert.equal(await started(tab, { consent: "required" }), "waiting consent");
  assert.equal(tab.loads, 0);
  assert.deepEqual(browser.written.filter((text) => !text.includes("max-age=0")), []);
  const { state, consent } = await tab.api.grant();
  assert.deepEqual([state, consent], ["recording", "granted"]);
  assert.match(browser.cookie(), /afterimage_consent=granted/);
  assert.equal(await started(browser.open(), { consent: "required" }), "recording");
});

test("promise_v03 withdrawing ends and drops at once, also where consent was not required", async () => {
  const browser = new Browser();
  const [tab, other] = [browser.open(), browser.open()];
  await started(tab);
  await started(other);
  const answer = tab.api.withdraw();
  assert.deepEqual([tab.live.calls, other.live.calls], [[["discard"]], [["discard"]]], "before anything was awaited");
  assert.equal((await answer).state, "refused");
  assert.equal(browser.cookie(), "afterimage_consent=withdrawn");
  assert.equal(await started(browser.open()), "refused consent");
  await tab.api.grant();
  await settled();
  assert.deepEqual([tab.api.recorder.state, other.api.recorder.state], ["recording", "recording"]);
});

test("promise_v01 promise_v06 disabling takes effect in every tab before anything is awaited", async () => {
  for (const storage of ["kept", "throws", "silent"]) {
    const browser = new Browser({ storage });
    const tabs = [browser.open(), browser.open(), browser.open()];
    for (const tab of tabs) assert.equal(await started(tab), "recording", storage);
    const answer = tabs[1].api.disable();
    for (const tab of tabs) {
      assert.deepEqual(tab.live.calls, [["discard"]], storage);
      assert.equal(tab.api.recorder.state, "disabled", storage);
    }
    assert.deepEqual({ ...(await answer) }, {
      state: "disabled",
      reason: "visitor",
      cookies: storage === "kept",
      consent: "unknown",
      erased: undefined,
    });
    assert.doesNotMatch(browser.cookie(), /afterimage=/);
    assert.equal(await started(tabs[0]), "disabled visitor", "starting again does not help");
    await tabs[2].api.enable();
    await settled();
    for (const tab of tabs) assert.equal(tab.api.recorder.state, "recording", storage);
    assert.deepEqual(tabs.map((tab) => tab.recorders.length), [2, 2, 2], storage);
    assert.deepEqual(Object.keys(browser.stored), [], "enabling leaves nothing behind");
  }
});

test("a tab that was away learns of it when it is shown again", async () => {
  for (const type of ["visibilitychange", "pageshow"]) {
    const browser = new Browser();
    const tab = browser.open();
    await started(tab);
    browser.jar.set("afterimage_disabled", "1");
    tab.fire(type);
    assert.deepEqual(tab.live.calls, [["discard"]], type);
  }
});

test("promise_v05 disabling with erase has the session deleted, by the recorder or without one", async () => {
  const browser = new Browser();
  const [tab, other] = [browser.open(), browser.open()];
  await started(tab);
  await started(other);
  const { erased, state } = await tab.api.disable({ erase: true });
  assert.deepEqual([erased, state, tab.live.calls, other.live.calls], [true, "disabled", [["erase"]], [["discard"]]]);

  const page = new Browser();
  page.jar.set("afterimage", "secret.1.1.1");
  const refusing = page.open();
  assert.equal(await started(refusing, { minor: true }), "refused minor");
  page.jar.set("afterimage", "secret.1.1.1");
  assert.equal((await refusing.api.withdraw({ erase: true })).erased, true);
  assert.match(refusing.erased, /afterimage=secret/, "the secret is read before it is forgotten");
  assert.doesNotMatch(page.cookie(), /afterimage=/);
});

test("disabling works on pages that never started, and start() then records nothing", async () => {
  const browser = new Browser();
  const tab = browser.open();
  assert.equal((await tab.api.disable()).state, "disabled");
  assert.equal(tab.loads, 0);
  assert.equal(await started(tab), "disabled visitor");
  assert.equal((await browser.open().api.enable()).state, "idle");
  await settled();
  assert.equal(tab.api.recorder.state, "recording");
});

test("a visitor who says no while the recorder is loading is not recorded", async () => {
  let release;
  const browser = new Browser();
  const tab = browser.open({ load: (core) => new Promise((resolve) => (release = () => resolve(core))) });
  const starting = tab.api.start(GIVEN);
  await settled();
  tab.api.disable();
  release();
  assert.equal((await starting).state, "disabled");
  assert.equal(tab.recorders.length, 0);
});

test("starting twice loads once and keeps the recorder", async () => {
  const tab = new Browser().open();
  const [one, two] = await Promise.all([tab.api.start(GIVEN), tab.api.start(GIVEN)]);
  assert.equal(one, two);
  await tab.api.start(GIVEN);
  assert.deepEqual([tab.loads, tab.recorders.length], [1, 1]);
});

test("sampling decides once a session and stores nothing that identifies", async () => {
  const browser = new Browser();
  assert.equal(await started(browser.open({ random: 0.9 }), { sample: 0.5 }), "sampled-out sample");
  assert.equal(browser.cookie(), "afterimage=out");
  assert.match(browser.written.at(-1), /^afterimage=out;path=\/;samesite=lax;max-age=1800;secure$/);
  assert.equal(await started(browser.open({ random: 0 }), { sample: "0.5" }), "sampled-out sample", "stays out");
  browser.jar.delete("afterimage");
  const tab = browser.open({ random: 0.1 });
  assert.equal(await started(tab, { sample: 0.5 }), "recording", "a new session");
  assert.equal(await started(browser.open({ random: 0.9 }), { sample: 0.5 }), "recording", "stays in");
  browser.jar.delete("afterimage");
  tab.globals.random = 0.9;
  tab.fire("visibilitychange");
  assert.equal(tab.api.recorder.state, "recording", "an idle recorder is not ended by chance");
  assert.equal(await started(new Browser().open({ random: 0 }), { sample: 0 }), "sampled-out sample");
  assert.equal(await started(new Browser().open({ random: 0.999 }), { sample: 1 }), "recording");
});

test("sampling meets its rate", () => {
  const { rules, globals } = new Browser({ storage: "silent" }).open();
  const draws = Array.from({ length: 1000 }, (_, draw) => draw / 1000);
  const kept = draws.filter((draw) => {
    globals.random = draw;
    return !rules.sampledOut({ sample: 0.25 });
  });
  assert.equal(kept.length, 250);
});

test("promise_v02 refused cookies: a session of the page's length, or nothing", async () => {
  for (const storage of ["throws", "silent"]) {
    assert.equal(await started(new Browser({ storage }).open()), "recording");
    const tab = new Browser({ storage }).open();
    assert.equal(await started(tab, { withoutCookies: "nothing" }), "refused cookies");
    assert.deepEqual([tab.loads, tab.api.status().cookies], [0, false]);
  }
  assert.equal(await started(new Browser().open(), { withoutCookies: "nothing" }), "recording");
});

test("the channel is opened only where storage cannot tell other tabs", async () => {
  const [kept, blocked] = [new Browser().open(), new Browser({ storage: "throws" }).open()];
  await started(kept);
  await started(blocked);
  assert.deepEqual([!!kept.channel, !!blocked.channel], [false, true]);
});

test("a page rendered ahead starts when it is shown", async () => {
  const tab = new Browser().open({ prerendering: true });
  assert.equal(await started(tab), "idle");
  assert.equal(tab.loads, 0);
  tab.document.prerendering = false;
  tab.fire("visibilitychange");
  await settled();
  assert.equal(tab.api.recorder.state, "recording");
});

test("what cannot be loaded stops quietly and tells onError once", async () => {
  const errors = [];
  const load = async () => {
    throw new TypeError("Failed to fetch dynamically imported module");
  };
  const tab = new Browser().open({ load });
  assert.equal(await started(tab, { onError: (error) => errors.push(error.message) }), "stopped load");
  tab.fire("visibilitychange");
  await settled();
  assert.deepEqual([errors.length, tab.loads, tab.warnings], [1, 1, []]);
  await tab.api.recorder.flush();
  tab.api.recorder.event("after");
  const thrower = new Browser().open({ load });
  assert.equal(
    await started(thrower, {
      onError() {
        throw new Error("in onError");
      },
    }),
    "stopped load",
  );
});

test("wrong options reject start, and only start", async () => {
  const wrong = Object.assign(new Error('afterimage: option "colector" is not known'), { code: "unknown-option" });
  let refusing = true;
  const load = (core) => ({
    boot: (options, stopped) => (refusing ? stopped(wrong.code, undefined, wrong) : core.boot(options, stopped)),
  });
  const errors = [];
  const tab = new Browser().open({ load });
  await assert.rejects(tab.api.start({ colector: "/c", onError: (error) => errors.push(error) }), wrong);
  assert.deepEqual([tab.api.status().state, tab.api.status().reason, errors.length], ["stopped", "unknown-option", 0]);
  refusing = false;
  assert.equal(await started(tab), "recording", "a corrected start works");

  refusing = true;
  const later = new Browser().open({ load });
  assert.equal(await started(later, { consent: "required" }), "waiting consent");
  assert.equal((await later.api.grant()).state, "stopped", "nobody awaits the start any more");
});

test("the recorder can be called while there is none", async () => {
  const { recorder } = new Browser().open().api;
  recorder.event("early", { a: 1 });
  recorder.pause();
  recorder.resume();
  await Promise.all([recorder.flush(), recorder.stop(), recorder.erase()]);
  assert.deepEqual([recorder.state, recorder.why({}), recorder.sessionId], ["idle", undefined, undefined]);
  const tab = new Browser().open();
  await started(tab);
  await tab.api.disable();
  await tab.api.recorder.flush();
  assert.equal(tab.api.recorder.why({}), undefined);
});
