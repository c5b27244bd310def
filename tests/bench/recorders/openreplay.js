import Tracker from "@openreplay/tracker";

const tracker = new Tracker({
  projectKey: "bench",
  ingestPoint: `${location.origin}/sink/openreplay`,
  __DISABLE_SECURE_MODE: true,
  forceSingleTab: true,
  defaultInputMode: 0,
  obscureInputNumbers: false,
  obscureInputEmails: false,
  obscureInputDates: false,
  obscureTextEmails: false,
  obscureTextNumbers: false,
  consoleMethods: [],
  network: { disabled: true },
});
window.record = { start: () => tracker.start(), flush: () => tracker.forceFlushBatch() };
