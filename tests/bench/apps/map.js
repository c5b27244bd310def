import { frames, say } from "./todo.js";

// A map as its libraries draw it: tiles on a canvas, drawn anew whenever it is dragged or zoomed; markers, their names and a
// scale are elements above it, and what moves lies on a second canvas, drawn with WebGL.
const [WIDTH, HEIGHT, TILE] = [720, 480, 120];
const map = document.body.appendChild(document.createElement("section"));
map.className = "map";
map.style.cssText = `position: relative; overflow: hidden; touch-action: none; width: ${WIDTH}px; height: ${HEIGHT}px`;
const layer = (name) => Object.assign(map.appendChild(document.createElement("canvas")), { className: name, width: WIDTH, height: HEIGHT, style: "position: absolute; left: 0; top: 0" });
const to = layer("tiles").getContext("2d");
const gl = layer("traffic").getContext("webgl", { preserveDrawingBuffer: true });
const markers = map.appendChild(document.createElement("div"));
const scale = map.appendChild(document.createElement("p"));
scale.style.cssText = "position: absolute; left: 10px; bottom: 0";

/** Where the map's left upper corner is, and how many pixels a unit of it takes. */
const at = { x: 0, y: 0, zoom: 1 };
const places = Array.from({ length: 60 }, (_, n) => ({ name: say(n, 2), x: (n * 337) % 1900, y: (n * 211) % 1300 }));

const tile = (column, row, left, top, size) => {
  to.fillStyle = (column + row) & 1 ? "#ff0000" : "#0000ff";
  to.fillRect(left, top, size, size);
  to.fillStyle = "#ffff00";
  to.fillRect(left + size / 4, top + size / 4, size / 2, size / 2);
};

const traffic = () => {
  if (!gl) return;
  gl.disable(gl.SCISSOR_TEST);
  gl.clearColor(0, 0, 0, 0);
  gl.clear(gl.COLOR_BUFFER_BIT);
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(Math.round(-at.x * at.zoom) + WIDTH, 0, Math.round(TILE * at.zoom), HEIGHT);
  gl.clearColor(0, 1, 0, 1);
  gl.clear(gl.COLOR_BUFFER_BIT);
};

const draw = () => {
  const size = TILE * at.zoom;
  to.clearRect(0, 0, WIDTH, HEIGHT);
  for (let row = Math.floor(at.y / TILE); (row * TILE - at.y) * at.zoom < HEIGHT; row++)
    for (let column = Math.floor(at.x / TILE); (column * TILE - at.x) * at.zoom < WIDTH; column++) tile(column, row, Math.round((column * TILE - at.x) * at.zoom), Math.round((row * TILE - at.y) * at.zoom), size);
  traffic();
  const shown = places.map(({ name, x, y }, n) => ({ n, name, left: Math.round((x - at.x) * at.zoom), top: Math.round((y - at.y) * at.zoom) })).filter(({ left, top }) => left > 0 && left < WIDTH && top > 0 && top < HEIGHT);
  // What is in sight keeps its element, as libraries have it.
  const before = new Map([...markers.children].map((one) => [one.id, one]));
  for (const { n, name, left, top } of shown) {
    const id = `place-${n}`;
    const marker = before.get(id) ?? Object.assign(markers.appendChild(document.createElement("button")), { id, textContent: name, style: "position: absolute; left: 0; top: 0" });
    marker.style.transform = `translate(${left}px, ${top}px)`;
    before.delete(id);
  }
  before.forEach((one) => one.remove());
  scale.textContent = `${Math.round(TILE / at.zoom)} m`;
};

/** @type {{ x: number, y: number } | undefined} */
let held;
map.addEventListener("pointerdown", ({ clientX, clientY }) => (held = { x: at.x + clientX / at.zoom, y: at.y + clientY / at.zoom }));
map.addEventListener("pointermove", ({ clientX, clientY }) => {
  if (!held) return;
  Object.assign(at, { x: held.x - clientX / at.zoom, y: held.y - clientY / at.zoom });
  draw();
});
map.addEventListener("pointerup", () => (held = undefined));
map.addEventListener("wheel", (event) => {
  event.preventDefault();
  at.zoom = Math.min(4, Math.max(0.5, at.zoom * (event.deltaY < 0 ? 2 : 0.5)));
  draw();
});
draw();

const point = (type, clientX, clientY) => map.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX, clientY, pointerType: "mouse", isPrimary: true }));

/** Drags the map by so many pixels, in as many frames as asked. */
window.drag = async (x, y, count) => {
  point("pointerdown", 400, 300);
  await frames(count, (f) => point("pointermove", 400 + (x * (f + 1)) / count, 300 + (y * (f + 1)) / count));
  point("pointerup", 400 + x, 300 + y);
};
window.zoom = (deltaY) => map.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, deltaY, clientX: 400, clientY: 300 }));
window.workload = async () => {
  await window.drag(-330, -170, 60);
  window.zoom(-1);
  await window.drag(200, 90, 60);
  window.zoom(1);
};
