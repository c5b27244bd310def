import Tracker from "@openreplay/tracker";

// As its documentation starts it; over http, and without asking other tabs for their session.
const tracker = new Tracker({
  projectKey: "exits",
  ingestPoint: `${window.sink}/ingest`,
  __DISABLE_SECURE_MODE: true,
  forceSingleTab: true,
});
tracker.start().then(() => (window.recording = true));
