import $ from "jquery";
import { todo } from "./todo.js";

/** As it is done with jQuery: what changed is found and drawn again. */
todo((root) => {
  const list = $("<ul>").appendTo(root);
  let drawn = [];
  const row = ({ id, text, done }) =>
    $("<li>", { id: `item-${id}`, class: done ? "done" : "" }).append(
      $("<label>").append($("<input>", { type: "checkbox" }).prop("checked", done), $("<span>").text(text)),
      $("<button>").text("Remove"),
    );
  return (items) => {
    const before = new Map(drawn.map((item) => [item.id, item]));
    for (const item of items) {
      const old = before.get(item.id);
      before.delete(item.id);
      if (!old) list.append(row(item));
      else if (old !== item) $(`#item-${item.id}`).replaceWith(row(item));
    }
    for (const id of before.keys()) $(`#item-${id}`).remove();
    drawn = items;
  };
});
