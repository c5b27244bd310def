/** A recording on a page: bodies as they travel, and rrweb's player around what the viewer made of them. */

/** Height of the player's own controls. */
const CONTROLS_PX = 80;
/** rrweb's number of the event that names the viewport. */
const META = 4;
/** What is scrolled stays where the recording says, whatever comes above it late. */
const STILL = "* { overflow-anchor: none !important }";
const OPTIONS = { autoPlay: false, skipInactive: true, speedOption: [1, 2, 4, 8], mouseTail: { strokeStyle: "#e0457b" }, insertStyleRules: [STILL] };
const NAMES = { play: "Play or pause", full: "Full screen", page: "The page as it was recorded" };

/** Batches, each after its length: 32 bits, little-endian. @param {Uint8Array} bytes */
export function frames(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint32(at, true);
    found.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/**
 * Puts a player in place and waits until it shows its first frame.
 *
 * What was recorded lives in the player's frame, which is sandboxed: no script of it runs.
 * @param {HTMLElement} stage @param {any} Player @param {any[]} events @param {Record<string, string>} [tags] colours of marks
 * @param {typeof NAMES} [names] what a screen reader says of what the player draws without names
 */
export async function mount(stage, Player, events, tags = {}, names = NAMES) {
  // Firefox waits with a page's load event for what a frame of it loads, and forever when the player writes into one.
  if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  stage.replaceChildren();
  const ratio = shape(events);
  const player = new Player({ target: stage, props: { events, ...size(stage, ratio), ...OPTIONS, tags } });
  const replayer = player.getReplayer();
  keepPlaces(replayer, events);
  replayer.iframe.style.colorScheme = prefersDark(events) ? "dark" : "light";
  let last = "";
  new ResizeObserver(() => {
    const now = size(stage, ratio);
    if (`${now.width}×${now.height}` === last) return;
    last = `${now.width}×${now.height}`;
    player.$set(now);
    player.triggerResize();
    stage.style.minHeight = `${now.height + CONTROLS_PX}px`;
  }).observe(stage);
  stage.querySelector(".rr-controller__btns button")?.setAttribute("aria-label", names.play);
  stage.querySelector(".rr-controller__btns button:last-of-type")?.setAttribute("aria-label", names.full);
  stage.querySelector("iframe")?.setAttribute("title", names.page);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return { player, replayer };
}

/**
 * What has become of images since: one that does not load any more leaves the place that it had. Asked for a second time, as in
 * WebKit nothing can be heard in a frame that runs no scripts.
 * @param {any} replayer @param {any[]} events
 */
function keepPlaces(replayer, events) {
  const sizes = new Map(events.filter((e) => e.data?.tag === "image-size").map(({ data: { payload } }) => [payload.id, payload]));
  /** Images that were asked for: the player makes others when it goes back. */
  const asked = new WeakSet();
  const look = () => {
    for (const [id, { width, height }] of sizes) {
      const image = replayer.getMirror().getNode(id);
      if (!image?.src || asked.has(image)) continue;
      asked.add(image);
      const probe = new Image();
      probe.onerror = () => {
        const others = image.parentNode?.localName === "picture" ? image.parentNode.children : [image];
        for (const other of others) other.removeAttribute("srcset");
        image.src = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='${width}' height='${height}'/%3E`;
      };
      probe.src = image.currentSrc || image.src;
    }
  };
  if (sizes.size) for (const when of ["fullsnapshot-rebuilded", "custom-event", "flush"]) replayer.on(when, look);
}

/** Media queries of the page are to see what they saw. @param {any[]} events */
function prefersDark(events) {
  return Boolean(events.find((e) => e.data?.tag === "environment")?.data.payload?.flags & 1);
}

/** Height by width of the first viewport. @param {any[]} events */
function shape(events) {
  const { width, height } = events.find((e) => e.type === META)?.data ?? {};
  return width > 0 && height > 0 ? height / width : 0.625;
}

/**
 * The player scales the page to fit. It grows with the window, as high as leaves the controls in sight.
 * @param {HTMLElement} stage @param {number} ratio
 */
function size(stage, ratio) {
  const width = Math.floor(stage.clientWidth);
  const room = Math.max(240, innerHeight - 260);
  return { width, height: Math.round(Math.min(Math.max(width * ratio, 240), room)) };
}
