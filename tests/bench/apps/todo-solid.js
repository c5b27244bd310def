import { For, render } from "solid-js/web";
import { createStore, reconcile } from "solid-js/store";
import html from "solid-js/html";
import { todo } from "./todo.js";

// Without a compiler: Solid's own tagged templates.
const Item = (item) =>
  html`<li class=${() => (item.done ? "done" : "")}><label><input type="checkbox" checked=${() => item.done} /><span>${() => item.text}</span></label><button>Remove</button></li>`;

todo((root) => {
  const [state, set] = createStore({ items: [] });
  render(() => html`<ul><${For} each=${() => state.items}>${Item}<//></ul>`, root);
  return (items) => set("items", reconcile(items, { key: "id" }));
});
