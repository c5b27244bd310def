import { init, replayIntegration } from "@sentry/browser";

let replay;
window.record = {
  start() {
    replay = replayIntegration({
      maskAllText: false,
      maskAllInputs: false,
      blockAllMedia: false,
      mutationLimit: Infinity,
      mutationBreadcrumbLimit: Infinity,
      minReplayDuration: 0,
    });
    init({ dsn: `${location.origin.replace("//", "//key@")}/1`, tunnel: "/sink/sentry", integrations: [replay], replaysSessionSampleRate: 1, sendClientReports: false });
  },
  flush: () => replay.flush(),
};
