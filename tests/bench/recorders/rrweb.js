import { record } from "@rrweb/record";

// As its documentation sends: JSON every few seconds; compressed, since the others compress too.
let events = [];
const flush = async () => {
  const body = JSON.stringify(events);
  events = [];
  const packed = new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip")));
  await fetch("/sink/rrweb", { method: "POST", body: await packed.blob() });
};
window.record = {
  start() {
    record({ emit: (event) => events.push(event) });
    setInterval(flush, 5000);
  },
  flush,
};
