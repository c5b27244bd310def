import { frames } from "./todo.js";

// A chart of 300 bars, a line and its labels in SVG, drawn again each frame, as d3 does: attributes and texts in place.
const SVG = "http://www.w3.org/2000/svg";
const make = (name, into) => into.appendChild(document.createElementNS(SVG, name));
const svg = make("svg", document.body);
svg.setAttribute("viewBox", "0 0 1200 400");
const line = make("path", svg);
const bars = Array.from({ length: 300 }, () => make("rect", svg));
const labels = Array.from({ length: 12 }, () => make("text", svg).appendChild(document.createTextNode("")));

const draw = (f) => {
  const height = (i) => Math.round(150 + 100 * Math.sin((i + f) / 20) + ((i * 7919) % 60));
  bars.forEach((bar, i) => {
    bar.setAttribute("x", i * 4);
    bar.setAttribute("y", 400 - height(i));
    bar.setAttribute("width", 3);
    bar.setAttribute("height", height(i));
    bar.setAttribute("fill", height(i) > 260 ? "#c33" : "#369");
  });
  line.setAttribute("d", bars.map((_, i) => `${i ? "L" : "M"}${i * 4} ${390 - height(i)}`).join(""));
  labels.forEach((label, i) => (label.data = `${(f + i * 25) % 365}`));
};
draw(0);
window.workload = () => frames(120, draw);
