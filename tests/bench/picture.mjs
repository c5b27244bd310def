// Pictures of what each recorder adds: SVG that reads in light and dark.

const COLOURS = { afterimage: "#d9480f", rrweb: "#868e96", datadog: "#7048e8", sentry: "#5c7cfa", openreplay: "#2b8a3e", posthog: "#e67700", clarity: "#0b7285" };
const NAMES = { grid: "grid, 10,000 rows", editor: "ProseMirror", chart: "chart in SVG", chat: "chat" };
const [LEFT, WIDTH, BAR, GAP] = [170, 520, 12, 14];

/** @param {string} title @param {string[]} cases @param {string[]} recorders
 * @param {(name: string, recorder: string) => number} value */
export const picture = (title, cases, recorders, value) => {
  const most = Math.max(...cases.flatMap((name) => recorders.map((recorder) => value(name, recorder))));
  const block = recorders.length * BAR + GAP;
  const text = (x, y, what, more = "") => `<text x="${x}" y="${y}"${more}>${what}</text>`;
  const bars = cases.flatMap((name, at) => {
    const top = 56 + at * block;
    return [
      text(LEFT - 10, top + (block - GAP) / 2 + 4, NAMES[name] ?? name.replace("todo-", "todo list, "), ' text-anchor="end"'),
      ...recorders.map((recorder, row) => {
        const length = Math.max(0, value(name, recorder));
        const width = Math.max(1, (length / most) * WIDTH);
        const y = top + row * BAR;
        return `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" rx="2" fill="${COLOURS[recorder]}"/>${text(LEFT + width + 6, y + 9, length.toFixed(0), ' class="n"')}`;
      }),
    ];
  });
  const legend = recorders.map((recorder, at) => `<rect x="${LEFT + at * 100}" y="30" width="10" height="10" rx="2" fill="${COLOURS[recorder]}"/>${text(LEFT + at * 100 + 15, 39, recorder)}`);
  const height = 60 + cases.length * block;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 60} ${height}" role="img" aria-label="${title}">
<style>text{font:12px system-ui,sans-serif;fill:#495057}.n{font-size:10px}@media(prefers-color-scheme:dark){text{fill:#ced4da}}</style>
${text(LEFT, 18, title, ' font-weight="600"')}
${[...legend, ...bars].join("\n")}
</svg>
`;
};
