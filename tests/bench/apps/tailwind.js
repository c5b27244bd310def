import "@tailwindcss/browser";
import { frames, say } from "./todo.js";

// Tailwind as it runs in the browser: it writes a style sheet anew whenever a class comes up that it has not met.
document.body.innerHTML = '<main class="mx-auto max-w-xl p-4"><h1 class="text-2xl font-bold underline">Cards</h1><div class="grid grid-cols-2 gap-2"></div></main>';
const grid = document.querySelector("main > div");

window.workload = () =>
  frames(30, (f) => {
    const card = grid.appendChild(document.createElement("article"));
    card.className = `rounded-lg p-${f % 9} bg-${["red", "sky", "lime"][f % 3]}-${((f % 8) + 1) * 100} hover:shadow-lg md:w-[${100 + f}px]`;
    card.textContent = say(f, 4);
    if (f > 20) grid.firstChild.remove();
  });
