import { LitElement, html } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { todo } from "./todo.js";

/** As Lit has it: an element with a shadow tree of its own for each item. */
class TodoItem extends LitElement {
  static properties = { item: { attribute: false } };
  render() {
    const { text, done } = this.item;
    return html`<li class=${done ? "done" : ""}><label><input type="checkbox" .checked=${done} /><span>${text}</span></label><button>Remove</button></li>`;
  }
}
class TodoList extends LitElement {
  static properties = { items: { attribute: false } };
  render() {
    return html`<ul>${repeat(this.items ?? [], ({ id }) => id, (item) => html`<todo-item .item=${item}></todo-item>`)}</ul>`;
  }
}
customElements.define("todo-item", TodoItem);
customElements.define("todo-list", TodoList);

todo((root) => {
  const list = root.appendChild(document.createElement("todo-list"));
  return (items) => (list.items = items);
});
