import { css, cx, injectGlobal } from "@emotion/css";
import { todo } from "./todo.js";

// Class names made of styles, whose rules are put into a sheet when they are first used.
injectGlobal`main { font-family: monospace }`;
const base = css({ display: "flex", gap: 4, "& span": { flex: 1 } });

todo((root) => {
  const list = root.appendChild(document.createElement("ul"));
  return (items) =>
    list.replaceChildren(
      ...items.slice(-60).map(({ id, text, done }) => {
        const row = document.createElement("li");
        row.className = cx(base, css`color: ${done ? "gray" : "black"}; padding-left: ${id % 13}px; &:hover { color: red }`);
        row.append(Object.assign(document.createElement("span"), { textContent: text }), Object.assign(document.createElement("button"), { textContent: "Remove" }));
        return row;
      }),
    );
});
