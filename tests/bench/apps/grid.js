import { frames } from "./todo.js";

// A grid of 10,000 rows of eight cells, of which what is seen is in the page, scrolled through.
const ROWS = 10_000;
const HEIGHT = 24;
const SEEN = 40;
document.body.innerHTML = `<div class="grid" role="grid" style="height:600px;overflow:auto;position:relative"><div style="height:${ROWS * HEIGHT}px"></div></div>`;
const grid = document.body.firstChild;
const rows = new Map();

const draw = () => {
  const first = Math.max(0, Math.floor(grid.scrollTop / HEIGHT) - 5);
  for (const [number, row] of rows)
    if (number < first || number >= first + SEEN) {
      row.remove();
      rows.delete(number);
    }
  for (let number = first; number < Math.min(first + SEEN, ROWS); number++) {
    if (rows.has(number)) continue;
    const row = document.createElement("div");
    row.setAttribute("role", "row");
    row.className = number % 2 ? "row odd" : "row";
    row.style.cssText = `position:absolute;top:${number * HEIGHT}px;height:${HEIGHT}px`;
    for (let cell = 0; cell < 8; cell++) {
      const at = row.appendChild(document.createElement("span"));
      at.setAttribute("role", "gridcell");
      at.textContent = cell ? `${((number * 7919 + cell * 104729) % 1000) / 10}` : `Row ${number}`;
    }
    rows.set(number, grid.appendChild(row));
  }
};
grid.addEventListener("scroll", draw);
draw();

window.workload = () => frames(240, (f) => (grid.scrollTop = f < 200 ? f * 210 : (240 - f) * 5000));
