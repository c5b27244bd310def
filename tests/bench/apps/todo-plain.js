import { todo } from "./todo.js";

/** Without a framework: rows by id, changed in place. */
todo((root) => {
  const list = root.appendChild(document.createElement("ul"));
  const rows = new Map();
  return (items) => {
    const left = new Set(rows.keys());
    for (const { id, text, done } of items) {
      left.delete(id);
      let row = rows.get(id);
      if (!row) {
        row = document.createElement("li");
        row.innerHTML = '<label><input type="checkbox"><span></span></label><button>Remove</button>';
        row.text = row.querySelector("span").appendChild(document.createTextNode(""));
        row.box = row.querySelector("input");
        rows.set(id, list.appendChild(row));
      }
      if (row.text.data !== text) row.text.data = text;
      if (row.box.checked !== done) {
        row.box.checked = done;
        row.classList.toggle("done", done);
      }
    }
    for (const id of left) {
      rows.get(id).remove();
      rows.delete(id);
    }
  };
});
