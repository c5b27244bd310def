window.record = {
  start: () => window.afterimage.start({ collector: "/sink/collect" }),
  flush: () => window.afterimage.recorder.flush(),
};
