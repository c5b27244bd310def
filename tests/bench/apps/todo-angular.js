import "@angular/compiler";
import { Component, provideZonelessChangeDetection, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { todo } from "./todo.js";

// Decorators are functions; written so, no compiler of Angular's is needed to build this page.
const TodoItem = Component({
  selector: "todo-item",
  inputs: ["item"],
  template: `<li [class.done]="item.done"><label><input type="checkbox" [checked]="item.done"><span>{{ item.text }}</span></label><button>Remove</button></li>`,
})(class {});

const items = signal([]);
const TodoList = Component({
  selector: "todo-list",
  imports: [TodoItem],
  template: `<ul>@for (item of items(); track item.id) {<todo-item [item]="item" />}</ul>`,
})(class {
  items = items;
});

todo((root) => {
  root.appendChild(document.createElement("todo-list"));
  void bootstrapApplication(TodoList, { providers: [provideZonelessChangeDetection()] });
  return (now) => items.set(now);
});
