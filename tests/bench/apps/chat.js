import { frames, say } from "./todo.js";

// A conversation that grows by five messages a frame, scrolled to its end, with times that are written anew.
document.body.innerHTML = '<section class="chat" style="height:500px;overflow:auto"></section>';
const chat = document.body.firstChild;
const times = [];

window.workload = () =>
  frames(120, (f) => {
    for (let i = 0; i < 5; i++) {
      const n = f * 5 + i;
      const message = document.createElement("article");
      message.className = n % 3 ? "message theirs" : "message mine";
      message.innerHTML = `<header><b>${say(n % 5, 1)}</b> <time>now</time></header><p>${say(n, 13)} <a href="/item/${n}">${say(n, 2)}</a></p><ul><li>${say(n + 3, 3)}</li></ul>`;
      times.push(message.querySelector("time").firstChild);
      chat.append(message);
    }
    if (f % 10 === 0) for (const [i, time] of times.slice(-60).entries()) time.data = `${60 - i} s ago`;
    chat.scrollTop = chat.scrollHeight;
  });
