window.record = {
  start: () => window.clarity("start", { projectId: "bench", upload: `${location.origin}/sink/clarity`, track: true, content: true, lean: false, unmask: ["html", "body", "input", "textarea"] }),
  // It holds the first data back until something happens.
  flush() {
    document.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX: 5, clientY: 5 }));
    return new Promise((done) => setTimeout(done, 2000));
  },
};
