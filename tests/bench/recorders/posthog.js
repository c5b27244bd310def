const host = `${location.origin}/sink/posthog`;
// What its server would say of the project.
const sessionRecording = { endpoint: "/s/", consoleLogRecordingEnabled: false, recorderVersion: "v2", sampleRate: null, minimumDurationMilliseconds: null };
window._POSTHOG_REMOTE_CONFIG = { phc: { config: { hasFeatureFlags: false, supportedCompression: ["gzip-js"], autocapture_opt_out: true, capturePerformance: false, surveys: false, heatmaps: false, siteApps: [], sessionRecording }, siteApps: [] } };
window.posthog.init("phc", {
  api_host: host,
  ui_host: host,
  autocapture: false,
  rageclick: false,
  capture_pageview: false,
  capture_pageleave: false,
  capture_performance: false,
  capture_dead_clicks: false,
  capture_heatmaps: false,
  capture_exceptions: false,
  disable_surveys: true,
  disable_session_recording: true,
  opt_out_useragent_filter: true,
  session_recording: { maskAllInputs: false },
});
/** It keeps everything back until the visitor does something, and sends after two and three seconds. */
const flush = () => {
  document.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX: 5, clientY: 5 }));
  return new Promise((done) => setTimeout(done, 5500));
};
window.record = { start: () => window.posthog.startSessionRecording(), flush };
