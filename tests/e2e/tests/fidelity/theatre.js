// Replays recordings in rrweb's own player and says what it shows, sought and played.
const pause = (ms) => new Promise((later) => setTimeout(later, ms));

/** A document or shadow root, and all within. @param {any} root @returns {any[]} */
const trees = (root) => [root, ...[...root.querySelectorAll("*")].flatMap((one) => [one.shadowRoot, one.contentDocument].filter(Boolean).flatMap(trees))];

/** Until sheets and frames have loaded and nothing scrolls any more. */
const settled = async (frame) => {
  // The player's own rules go with the root that they stood in.
  const { documentElement } = frame.contentDocument;
  if (documentElement && !documentElement.querySelector(":scope > style")) documentElement.prepend(Object.assign(document.createElement("style"), { textContent: THEIRS + STILL }));
  // What moves it stops where it begins.
  frame.contentDocument.documentElement.classList.remove("rrweb-paused");
  let [before, same] = ["", 0];
  for (let round = 0; round < 30; round++) {
    await pause(round ? 60 : 30);
    const of = frame.contentDocument;
    const scrolled = trees(of).flatMap((one) => [...one.querySelectorAll("*")]).map((one) => one.scrollTop + one.scrollLeft * 7).filter(Boolean);
    const waits = [...of.querySelectorAll("link[rel=stylesheet]")].some((one) => !one.sheet) || [...of.images].some((one) => !one.complete) || [...of.querySelectorAll("audio, video")].some((one) => one.seeking || (one.networkState === 2 && !one.readyState));
    const now = `${of.scrollingElement?.scrollTop} ${scrolled} ${waits}`;
    same = now === before && !waits ? same + 1 : 0;
    if (same > 1) break;
    before = now;
  }
  // What ends soon is looked at when it has. WebKit lists what has ended, and computes its last frame, until it draws again.
  const until = performance.now() + 10000;
  const ends = ({ playState, playbackRate, effect }) => {
    const { endTime, progress } = effect?.getComputedTiming() ?? {};
    return playbackRate && endTime < 1000 && (playState === "running" || (playState === "finished" && progress === null));
  };
  while (frame.contentDocument.getAnimations().some(ends) && performance.now() < until) await pause(30);
};

/** Images that lie behind canvases, by how their style names them. @type {Map<string, HTMLImageElement>} */
window.images = new Map();
const look = async (frame) => {
  for (const { style } of frame.contentDocument.querySelectorAll("canvas")) {
    const [, src] = /^url\("(data:image.*)"\)$/.exec(style.backgroundImage) ?? [];
    if (!src) continue;
    const image = Object.assign(new Image(), { src });
    await image.decode();
    images.set(style.backgroundImage, image);
  }
};

/** Where rrweb's recorder does not trust natives, it puts a frame into the page to have others. */
const THEIRS = "iframe.rr-block { display: none }";
/** What is scrolled is there at once, and stays where the recording says, whatever comes above it late. */
const STILL = "* { overflow-anchor: none !important; scroll-behavior: auto !important }";

/** How fast it plays; slower where media run fast by themselves: Firefox mutes those beyond eight times their pace, and says so. */
const SPEED = 8;

const player = (events, speed) => {
  const root = document.body.appendChild(document.createElement("div"));
  // All in sight: what is not, browsers may leave out.
  root.style = "position: absolute; left: 0; top: 0";
  const made = new rrweb.Replayer(events, { root, mouseTail: false, showWarning: true, UNSAFE_replayCanvas: true, speed, insertStyleRules: [THEIRS, STILL] });
  // Without scroll bars every long page would be laid out wider than it was.
  made.enableInteract();
  return { made, frame: made.iframe, end: () => (made.destroy(), root.remove()) };
};

/** What the player shows at each moment, sought. */
const sought = async (events, moments, dump) => {
  const { made, frame, end } = player(events, 1);
  const shown = [];
  for (const moment of moments) {
    made.pause(Math.max(0, moment - events[0].timestamp));
    await settled(frame);
    await look(frame);
    shown.push(dump(frame.contentDocument, true));
  }
  end();
  return shown;
};

/** What it shows at the last moment, played. */
const played = async (events, moment, dump) => {
  const until = events.filter((event) => event.timestamp <= moment);
  if (until.length < 2) return null;
  const speed = SPEED / Math.max(1, ...until.map(({ data }) => data.playbackRate ?? 1));
  const { made, frame, end } = player(until, speed);
  const done = new Promise((finished) => made.on("finish", finished));
  made.play();
  await Promise.race([done, pause(20000)]);
  await settled(frame);
  await look(frame);
  const shown = dump(frame.contentDocument, true, speed);
  end();
  return shown;
};

/** All of a recording, and all recordings at once, or one after the other: of all players only one has the focus. */
window.show = async (recordings, moments, dump, alone) => {
  let before;
  const turn = (what) => (before = alone ? Promise.resolve(before).then(what) : what());
  const all = recordings.map(async (events) => {
    if (events.length < 2) return [];
    const both = [turn(() => sought(events, moments, dump)), turn(() => played(events, moments.at(-1), dump))];
    const [shown, last] = await Promise.all(both);
    return [...shown, last];
  });
  return Promise.all(all);
};
