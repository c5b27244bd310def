import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import styled, { createGlobalStyle, keyframes } from "styled-components";
import { todo } from "./todo.js";

// Rules put into a sheet whose element has no text, some of them while the page is used.
const Global = createGlobalStyle`body { background: ${({ $many }) => ($many ? "#f4f4ff" : "#fff")} }`;
const shown = keyframes`from { opacity: 0.99 } to { opacity: 1 }`;
const Row = styled.li`
  color: ${({ $done }) => ($done ? "gray" : "black")};
  padding: ${({ $place }) => $place % 7}px;
  animation: ${shown} 0.1s;
  & > button { border-color: rgb(${({ $place }) => $place % 40}, 0, 99) }
`;

todo((root) => {
  const at = createRoot(root);
  return (items) =>
    flushSync(() =>
      at.render([
        h(Global, { key: "global", $many: items.length > 100 }),
        h("ul", { key: "list" }, items.map(({ id, text, done }) => h(Row, { key: id, $done: done, $place: id }, h("span", null, text), h("button", null, "Remove")))),
      ]),
    );
});
