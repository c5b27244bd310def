import { createElement as h, memo } from "react";
import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import { todo } from "./todo.js";

const Item = memo(({ item: { text, done } }) =>
  h("li", { className: done ? "done" : "" }, h("label", null, h("input", { type: "checkbox", checked: done, readOnly: true }), h("span", null, text)), h("button", null, "Remove")),
);
const List = ({ items }) => h("ul", null, items.map((item) => h(Item, { key: item.id, item })));

todo((root) => {
  const at = createRoot(root);
  return (items) => flushSync(() => at.render(h(List, { items })));
});
