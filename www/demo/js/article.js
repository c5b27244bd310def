const find = (id) => document.getElementById(id);

// The log: made from a rule, so that it is the same every time.
const things = ["mug", "skillet", "tea towels", "notebook", "kettle", "candle", "trowel", "blanket"];
find("log").append(...Array.from({ length: 46 }, (_, index) => {
  const row = document.createElement("p");
  const minutes = 8 * 60 + 12 + index * 5;
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  row.textContent = `${clock}  #${4180 + index * 3}  ${things[(index * 5) % 8]}  ${80 + ((index * 37) % 140)} g`;
  return row;
}));

// Table of contents: the section being read.
const links = new Map([...document.querySelectorAll(".toc a")].map((link) => [link.hash.slice(1), link]));
const headings = [...links.keys()].map(find);
let waiting = false;
function onScroll() {
  waiting = false;
  const room = document.documentElement.scrollHeight - innerHeight;
  document.documentElement.style.setProperty("--read", room > 0 ? (scrollY / room).toFixed(3) : "0");
  const now = headings.filter((heading) => heading.getBoundingClientRect().top < 140).pop() ?? headings[0];
  for (const [id, link] of links) {
    if (id === now.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
addEventListener("scroll", () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(onScroll);
}, { passive: true });
onScroll();

find("side").addEventListener("input", (event) => {
  const side = Number(event.target.value);
  find("side-output").textContent = `${side} cm is charged as ${(side ** 3 / 5000).toFixed(1)} kg`;
});

find("copy").addEventListener("click", async () => {
  let text = "Copied";
  try {
    await navigator.clipboard.writeText(find("code").textContent);
  } catch {
    text = "Your browser did not allow that";
  }
  find("copied").textContent = text;
  shop.toast(text);
});
