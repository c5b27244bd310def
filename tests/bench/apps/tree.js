import { frames } from "./todo.js";

// As many nodes, or changes of texts a second, as the address asks for: how the cost grows.
const { nodes = 1000, rate = 0 } = Object.fromEntries(new URLSearchParams(location.search));
let html = "";
for (let i = 0; i < nodes / 10; i++)
  html += `<article class="card kind-${i % 17}" data-n="${i % 50}"><h4 id="h${i}">Card ${i}</h4><p>some <b>words</b> of a <a href="/x/${i}">card</a></p></article>`;
document.body.innerHTML = html;
const texts = [...document.querySelectorAll("h4")].map((title) => title.firstChild);
window.workload = () => {
  let [owed, at] = [0, 0];
  return frames(180, () => {
    for (owed += rate / 60; owed >= 1; owed--) texts[at++ % texts.length].data = `Card ${at}`;
  });
};
