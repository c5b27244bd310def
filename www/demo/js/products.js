// The list: every filter re-renders it. Cards are kept and moved, so that sorting moves nodes and filtering adds and
// removes them; names are split into text and <mark> by the search.
import { card, catalogue, categories, colours } from "./catalogue.js";
import { quickViews } from "./quickview.js";

const find = (id) => document.getElementById(id);
const results = find("results");
const cards = new Map(catalogue.map((product) => [product.id, card(product)]));
const order = {
  featured: () => 0,
  "price-up": (a, b) => a.price - b.price,
  "price-down": (a, b) => b.price - a.price,
  name: (a, b) => a.name.localeCompare(b.name, "en-GB"),
  rating: (a, b) => b.rating - a.rating,
};

find("category-boxes").innerHTML = Object.entries(categories)
  .map(([key, name]) => `<label class="check"><input type="checkbox" name="category" value="${key}" data-testid="category-${key}"> ${name} <span class="count">${catalogue.filter((p) => p.category === key).length}</span></label>`)
  .join("");
find("colour-boxes").innerHTML = Object.entries(colours)
  .map(([key, value]) => `<label style="background: ${value}" title="${key}"><input type="checkbox" name="colour" value="${key}" data-testid="colour-${key}" aria-label="${key}"></label>`)
  .join("");

const checked = (name) => [...document.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
const price = find("price");

function state() {
  return { category: checked("category"), colour: checked("colour"), price: Number(price.value), stock: find("in-stock").checked, search: find("search").value.trim().toLowerCase(), sort: find("sort").value };
}

function matches(product, wanted) {
  const text = `${product.name} ${product.text} ${categories[product.category]}`.toLowerCase();
  return (wanted.category.length === 0 || wanted.category.includes(product.category))
    && (wanted.colour.length === 0 || wanted.colour.includes(product.colour))
    && product.price <= wanted.price && (!wanted.stock || product.stock > 0) && text.includes(wanted.search);
}

function highlight(product, search) {
  const link = cards.get(product.id).querySelector('[data-part="name"]');
  const at = search ? product.name.toLowerCase().indexOf(search) : -1;
  if (at < 0) {
    if (link.childElementCount) link.textContent = product.name;
    return;
  }
  const mark = document.createElement("mark");
  mark.textContent = product.name.slice(at, at + search.length);
  link.replaceChildren(product.name.slice(0, at), mark, product.name.slice(at + search.length));
}

function chips(wanted) {
  const list = [...wanted.category.map((key) => [`[name=category][value=${key}]`, categories[key]]), ...wanted.colour.map((key) => [`[name=colour][value=${key}]`, key])];
  if (wanted.stock) list.push(["#in-stock", "In stock"]);
  find("chips").replaceChildren(...list.map(([selector, name]) => {
    const item = document.createElement("li");
    item.innerHTML = `<button type="button" aria-label="Remove filter ${name}">${name} ×</button>`;
    item.firstChild.addEventListener("click", () => document.querySelector(selector).click());
    return item;
  }));
}

function render() {
  const wanted = state();
  const kept = catalogue.filter((product) => matches(product, wanted)).sort(order[wanted.sort]);
  const ids = new Set(kept.map((product) => product.id));
  for (const [id, node] of cards) if (!ids.has(id)) node.remove();
  results.querySelector(".none")?.remove();
  kept.forEach((product, index) => {
    const node = cards.get(product.id);
    if (results.children[index] !== node) results.insertBefore(node, results.children[index] ?? null);
    highlight(product, wanted.search);
  });
  if (kept.length === 0) results.innerHTML = '<li class="none" data-testid="none">Nothing fits. Try fewer filters.</li>';
  find("result-count").textContent = `${kept.length} of ${catalogue.length} things`;
  find("price-output").textContent = `up to ${shop.money(wanted.price).replace(".00", "")}`;
  chips(wanted);
}

function address() {
  const wanted = state();
  const query = new URLSearchParams();
  if (wanted.category.length) query.set("category", wanted.category.join(","));
  if (wanted.colour.length) query.set("colour", wanted.colour.join(","));
  if (wanted.sort !== "featured") query.set("sort", wanted.sort);
  if (shop.still) query.set("still", "");
  const text = query.toString().replace("still=", "still");
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}

let timer = 0;
function soon() {
  clearTimeout(timer);
  if (shop.still) render();
  else timer = setTimeout(render, 120);
}

const start = new URLSearchParams(location.search);
for (const name of ["category", "colour"]) {
  for (const value of (start.get(name) ?? "").split(",")) {
    const box = [...document.getElementsByName(name)].find((candidate) => candidate.value === value);
    if (box) box.checked = true;
  }
}
if (order[start.get("sort")]) find("sort").value = start.get("sort");
if (matchMedia("(max-width: 60rem)").matches) find("filters").open = false;

const changed = () => {
  render();
  address();
};
find("filter-form").addEventListener("change", changed);
// The event comes before the controls are reset.
find("filter-form").addEventListener("reset", () => setTimeout(() => {
  find("search").value = "";
  changed();
}));
price.addEventListener("input", soon);
find("search").addEventListener("input", soon);
find("sort").addEventListener("change", changed);
for (const [id, list] of [["as-grid", false], ["as-list", true]]) {
  find(id).addEventListener("click", () => {
    results.classList.toggle("list", list);
    find("as-list").setAttribute("aria-pressed", list);
    find("as-grid").setAttribute("aria-pressed", !list);
  });
}
quickViews(results);
render();
