import { createApp, h, nextTick, shallowRef } from "vue";
import { todo } from "./todo.js";

const Item = {
  props: ["item"],
  render() {
    const { text, done } = this.item;
    return h("li", { class: { done } }, [h("label", [h("input", { type: "checkbox", checked: done }), h("span", text)]), h("button", "Remove")]);
  },
};

todo((root) => {
  const items = shallowRef([]);
  createApp({ render: () => h("ul", items.value.map((item) => h(Item, { key: item.id, item }))) }).mount(root);
  return (now) => {
    items.value = now;
    void nextTick();
  };
});
