import { exampleSetup } from "prosemirror-example-setup";
import { DOMParser } from "prosemirror-model";
import { schema } from "prosemirror-schema-basic";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { say } from "./todo.js";

// A text of 200 paragraphs in ProseMirror; the driver types into its middle with real keys.
const text = document.createElement("div");
text.innerHTML = Array.from({ length: 200 }, (_, i) => `<p>${say(i, 30)} <strong>${say(i, 3)}</strong> and <em>${say(i + 9, 2)}</em></p>`).join("");
const view = new EditorView(document.body, {
  state: EditorState.create({ doc: DOMParser.fromSchema(schema).parse(text), plugins: exampleSetup({ schema }) }),
});
// Other recorders are told to record what is typed, too.
view.dom.setAttribute("data-afterimage", "unmask");
window.typed = () => view.focus();
