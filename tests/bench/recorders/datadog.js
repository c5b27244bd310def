const { DD_RUM } = window;
DD_RUM.init({
  applicationId: "00000000-0000-0000-0000-000000000000",
  clientToken: "pub",
  site: "datadoghq.com",
  sessionSampleRate: 100,
  sessionReplaySampleRate: 100,
  telemetrySampleRate: 0,
  startSessionReplayRecordingManually: true,
  defaultPrivacyLevel: "allow",
  trackUserInteractions: false,
  trackResources: false,
  trackLongTasks: false,
  proxy: `${location.origin}/sink/datadog`,
});
// It sends after five seconds and cannot be asked to.
window.record = { start: () => DD_RUM.startSessionReplayRecording(), flush: () => new Promise((done) => setTimeout(done, 5500)) };
