// The account: four views behind history.pushState, rendered from templates. Its styles are made the ways libraries
// make them: rules inserted one by one into an empty <style>, and an adopted sheet that the settings change.
import { orders, parcels, spending } from "./account.js";

const find = (id) => document.getElementById(id);
const view = find("view");
const user = shop.read("pw-user", null);
let stopTicker = () => {};

const rules = document.createElement("style");
rules.id = "css-in-js";
document.head.append(rules);
const known = new Set();
/** Class name for a declaration block; its rule is inserted the first time. */
function css(block) {
  const name = `c${[...block].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) >>> 0, 7).toString(36)}`;
  if (!known.has(name)) rules.sheet.insertRule(`.${name}{${block}}`, rules.sheet.cssRules.length);
  known.add(name);
  return name;
}

const look = shop.read("pw-look", { accent: "#c76f1e", density: 10 });
let themed = null;
try {
  themed = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, themed];
} catch { /* an old browser keeps the default look */ }
function applyLook() {
  themed?.replaceSync(`.chart{--accent:${look.accent}} .sheet td,.sheet th{padding-block:${look.density}px}`);
  shop.write("pw-look", look);
}
applyLook();

const svg = (name, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
};

function chart() {
  const root = svg("svg", { viewBox: "0 0 660 250", class: "chart", role: "group", "aria-label": "Spending by month" });
  for (let step = 0; step <= 4; step++) root.append(svg("path", { class: "axis", d: `M44 ${20 + step * 48}H650` }), svg("text", { x: 4, y: 25 + step * 48 }, `£${100 - step * 25}`));
  spending.forEach(([month, amount], index) => {
    const height = amount * 1.92;
    const bar = svg("rect", { x: 54 + index * 50, y: 212 - height, width: 32, height, rx: 5, tabindex: 0, role: "img", "aria-label": `${month}: ${shop.money(amount)}`, class: css(`fill:var(--accent);fill-opacity:${(0.45 + amount / 190).toFixed(2)}`) });
    const tell = () => {
      find("tip").textContent = `${month}: ${shop.money(amount)}`;
    };
    for (const kind of ["pointerenter", "focus", "click"]) bar.addEventListener(kind, tell);
    root.append(bar, svg("text", { x: 70 + index * 50, y: 234, "text-anchor": "middle" }, month));
  });
  return root;
}

function overview() {
  find("chart").append(chart());
  let at = 0;
  const tick = () => {
    find("ticker").textContent = parcels[at++ % parcels.length];
  };
  tick();
  if (shop.still) return;
  const timer = setInterval(tick, 2500);
  stopTicker = () => clearInterval(timer);
}

function orderList() {
  const table = find("orders");
  const tones = { Delivered: "background:color-mix(in srgb,var(--good) 18%,transparent)", "On its way": "background:color-mix(in srgb,var(--amber) 25%,transparent)", Returned: "background:color-mix(in srgb,var(--bad) 15%,transparent)" };
  const rows = orders.map((order) => {
    const row = document.createElement("tr");
    row.id = `order-${order.number}`;
    row.innerHTML = `<td>${order.number}</td><td><time datetime="${order.date}">${new Date(`${order.date}T12:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" })}</time></td><td>${order.what}</td><td><span class="pill ${css(tones[order.state])}">${order.state}</span></td><td class="amount">${shop.money(order.amount)}</td>`;
    return { order, row };
  });
  const sort = (key, up) => {
    const sign = up ? 1 : -1;
    rows.sort((a, b) => sign * (key === "amount" ? a.order.amount - b.order.amount : a.order[key].localeCompare(b.order[key])));
    table.tBodies[0].append(...rows.map(({ row }) => row));
    for (const button of table.querySelectorAll("[data-sort]")) {
      const head = button.closest("th");
      if (button.dataset.sort === key) head.setAttribute("aria-sort", up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };
  table.tHead.addEventListener("click", (event) => {
    const key = event.target.closest("[data-sort]")?.dataset.sort;
    if (key) sort(key, event.target.closest("th").getAttribute("aria-sort") !== "ascending");
  });
  sort("date", false);
}

const saved = [["Home", "12 Prospect Terrace\nTotnes\nTQ9 5BA"], ["Work", "Studio 3, The Old Maltings\nTotnes\nTQ9 5EN"]];
function addresses() {
  const add = ([name, text]) => {
    const node = find("t-address").content.firstElementChild.cloneNode(true);
    node.querySelector("strong").textContent = name;
    node.querySelector("p").textContent = text;
    node.querySelector("button").setAttribute("aria-label", `Remove ${name}`);
    node.querySelector("button").addEventListener("click", () => node.remove());
    find("addresses").append(node);
  };
  saved.forEach(add);
  find("address-form").addEventListener("submit", (event) => {
    event.preventDefault();
    add([find("address-name").value, find("address-text").value]);
    event.currentTarget.reset();
  });
}

function settings() {
  const tabs = [...view.querySelectorAll("[role=tab]")];
  const select = (tab) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", other === tab);
      other.tabIndex = other === tab ? 0 : -1;
      find(other.getAttribute("aria-controls")).hidden = other !== tab;
    }
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      select(next);
      next.focus();
    });
  });
  find("nick").value = user?.name ?? "";
  find("accent").value = look.accent;
  find("density").value = look.density;
  for (const key of ["accent", "density"]) {
    find(key).addEventListener("input", (event) => {
      look[key] = key === "density" ? Number(event.target.value) : event.target.value;
      applyLook();
    });
  }
  find("profile-form").addEventListener("submit", (event) => {
    event.preventDefault();
    shop.toast("Saved");
  });
}

const views = { overview: ["Your account", overview], orders: ["Orders", orderList], addresses: ["Addresses", addresses], settings: ["Settings", settings] };
function render(focus) {
  const asked = new URLSearchParams(location.search).get("view");
  const name = Object.hasOwn(views, asked) ? asked : "overview";
  stopTicker();
  stopTicker = () => {};
  view.replaceChildren(find(`t-${name}`).content.cloneNode(true));
  views[name][1]();
  document.title = `${views[name][0]} · Pellwick`;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (focus) view.focus({ preventScroll: true });
}

find("routes").addEventListener("click", (event) => {
  const link = event.target.closest("[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState({ view: link.dataset.view }, "", `app.html?view=${link.dataset.view}${shop.still ? "&still" : ""}`);
  render(true);
});
addEventListener("popstate", () => render(false));

find("hello").textContent = user ? `Hello, ${user.name}` : "Hello";
render(false);
