import { flushSync, mount } from "svelte";
import List from "./List.svelte";
import { todo } from "./todo.js";

todo((root) => {
  const list = mount(List, { target: root });
  return (items) => flushSync(() => list.set(items));
});
