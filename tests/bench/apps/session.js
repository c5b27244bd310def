import { frames, say } from "./todo.js";

// Minutes of a visit in fast motion, as many as the address asks for; each is six frames: the pointer moves, a list grows and
// shrinks, texts change, something is clicked, scrolled and typed. The page stays as large as it is.
const { minutes = 1 } = Object.fromEntries(new URLSearchParams(location.search));
const main = document.body.appendChild(document.createElement("main"));
const card = (n) => `<article class="card kind-${n % 17}"><h4>Card ${n}</h4><p>${say(n, 8)} <b>${say(n, 2)}</b></p><button>Buy</button></article>`;
main.innerHTML = `<input data-afterimage="unmask"><div style="height:400px;overflow:auto">${Array.from({ length: 150 }, (_, n) => card(n)).join("")}</div>`;
const [field, list] = main.children;

window.workload = () =>
  frames(minutes * 6, (f) => {
    for (let i = 0; i < 100; i++) document.body.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: (f * 37 + i * 7) % 1200, clientY: (f * 11 + i * 3) % 700, pointerType: "mouse", isPrimary: true }));
    for (let i = 0; i < 10; i++) list.children[(f * 13 + i * 11) % list.children.length].firstChild.firstChild.data = `Card ${f}, ${i}`;
    list.firstElementChild.remove();
    list.insertAdjacentHTML("beforeend", card(f));
    list.scrollTop = (f * 97) % 3000;
    list.children[f % 20].lastElementChild.click();
    field.value = say(f, 3);
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  });
