// Shared by every page: basket, money, header, footer, chat. A classic script in <head>, so that the header is there
// when the parser reaches its element and nothing jumps. `?still` (kept for the tab) turns every timer, animation and
// random choice off.
"use strict";

const shop = (() => {
  const still = (() => {
    const asked = new URLSearchParams(location.search).get("still");
    try {
      if (asked !== null) sessionStorage.setItem("pw-still", asked === "0" ? "" : "1");
      return !!sessionStorage.getItem("pw-still");
    } catch {
      return asked !== null && asked !== "0";
    }
  })();
  document.documentElement.classList.toggle("still", still);

  // With storage refused the shop still works, for as long as the page lives.
  const memory = new Map();
  const read = (key, fallback) => {
    try {
      const text = localStorage.getItem(key);
      return text === null ? fallback : JSON.parse(text);
    } catch {
      return memory.has(key) ? memory.get(key) : fallback;
    }
  };
  const write = (key, value) => {
    memory.set(key, value);
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch { /* kept in memory */ }
  };

  const pounds = new Intl.NumberFormat("en-GB", { style: "currency", currency: "GBP" });
  const money = (amount) => pounds.format(amount);

  const later = (fn, ms) => (still ? fn() : setTimeout(fn, ms));

  const cart = {
    lines: () => read("pw-cart", {}),
    count: () => Object.values(cart.lines()).reduce((sum, quantity) => sum + quantity, 0),
    set(id, quantity) {
      const lines = cart.lines();
      if (quantity > 0) lines[id] = Math.min(quantity, 20);
      else delete lines[id];
      write("pw-cart", lines);
      document.dispatchEvent(new CustomEvent("cartchange"));
    },
    add: (id, quantity = 1) => cart.set(id, (cart.lines()[id] ?? 0) + quantity),
    clear() {
      write("pw-cart", {});
      write("pw-coupon", "");
      document.dispatchEvent(new CustomEvent("cartchange"));
    },
  };

  const coupons = {
    HEARTH10: { text: "10% off everything", off: (subtotal) => subtotal * 0.1 },
    FIVER: { text: "£5 off orders over £40", off: (subtotal) => (subtotal >= 40 ? 5 : 0) },
  };

  const totals = (catalogue, shipping) => {
    const lines = Object.entries(cart.lines())
      .map(([id, quantity]) => ({ product: catalogue.find((item) => item.id === id), quantity }))
      .filter((line) => line.product);
    const subtotal = lines.reduce((sum, line) => sum + line.product.price * line.quantity, 0);
    const coupon = coupons[read("pw-coupon", "")];
    const discount = coupon ? coupon.off(subtotal) : 0;
    const post = shipping ?? (subtotal - discount >= 60 || subtotal === 0 ? 0 : 3.95);
    return { lines, subtotal, coupon, discount, post, total: subtotal - discount + post };
  };

  let toastTimer = 0;
  const toast = (message) => {
    let box = document.getElementById("toast");
    if (!box) {
      box = document.createElement("div");
      box.id = "toast";
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    box.textContent = message;
    box.classList.add("shown");
    clearTimeout(toastTimer);
    if (!still) toastTimer = setTimeout(() => box.classList.remove("shown"), 2600);
  };

  return { still, read, write, money, later, cart, coupons, totals, toast };
})();
window.shop = shop;

{
  const theme = shop.read("pw-theme", null);
  if (theme) document.documentElement.dataset.theme = theme;
}

const SPRITE = `<svg width="0" height="0" class="sprite" aria-hidden="true" focusable="false">
<symbol id="i-bag" viewBox="0 0 24 24"><path d="M5 8h14l1 13H4zM9 11V6a3 3 0 0 1 6 0v5"/></symbol>
<symbol id="i-user" viewBox="0 0 24 24"><circle cx="12" cy="8" r="4"/><path d="M4 21c1-5 4-7 8-7s7 2 8 7"/></symbol>
<symbol id="i-search" viewBox="0 0 24 24"><circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/></symbol>
<symbol id="i-moon" viewBox="0 0 24 24"><path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z"/></symbol>
<symbol id="i-menu" viewBox="0 0 24 24"><path d="M3 6h18M3 12h18M3 18h18"/></symbol>
<symbol id="i-eye" viewBox="0 0 24 24"><path d="M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7z"/><circle cx="12" cy="12" r="3"/></symbol>
<symbol id="i-chat" viewBox="0 0 24 24"><path d="M4 4h16v12H10l-5 4v-4H4z"/></symbol>
<symbol id="i-truck" viewBox="0 0 24 24"><path d="M2 6h12v10H2zM14 10h4l4 4v2h-8z"/><circle cx="7" cy="18" r="2"/><circle cx="17" cy="18" r="2"/></symbol>
<symbol id="i-tool" viewBox="0 0 24 24"><path d="M14 7a4 4 0 0 1 5-4l-2 3 2 2 3-2a4 4 0 0 1-5 5L8 20a2 2 0 0 1-3-3z"/></symbol>
<symbol id="i-leaf" viewBox="0 0 24 24"><path d="M4 20C4 9 10 4 20 4c0 10-5 14-13 14M4 20c3-5 6-8 10-10"/></symbol>
<symbol id="i-close" viewBox="0 0 24 24"><path d="M5 5l14 14M19 5L5 19"/></symbol>
</svg>`;

const icon = (name) => `<svg class="icon" aria-hidden="true"><use href="#i-${name}"></use></svg>`;

customElements.define("pw-header", class extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    const user = shop.read("pw-user", null);
    const here = location.pathname.split("/").pop() || "index.html";
    const link = (href, text) => `<li><a href="${href}"${href === here ? ' aria-current="page"' : ""} data-testid="nav-${href.split(".")[0]}">${text}</a></li>`;
    this.innerHTML = `${SPRITE}<a class="skip" href="#main">Skip to content</a>
<p class="strip">Free UK delivery over £60 · Spare parts for everything we sell</p>
<header class="bar"><div class="wrap">
  <a class="brand" href="index.html" data-testid="brand" aria-label="Pellwick, home"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M6 27V13C6 7 10 4 16 4s10 3 10 9-4 9-10 9h-4v5z" fill="currentColor"/><path d="M16 9c4 2 4 6 0 8-4-2-4-6 0-8z" fill="var(--paper)"/></svg>Pellwick</a>
  <button class="quiet menu" type="button" id="menu-button" aria-expanded="false" aria-controls="menu" aria-label="Menu">${icon("menu")}</button>
  <nav id="menu" aria-label="Shop"><ul>${link("products.html", "Shop all")}
    <li><a href="products.html?category=kitchen">Kitchen</a></li><li><a href="products.html?category=garden">Garden</a></li>
    ${link("article.html", "Journal")}${link("app.html", "Account")}</ul></nav>
  <div class="tools">
    <button class="quiet" type="button" id="theme-button" data-testid="theme" aria-label="Switch between light and dark">${icon("moon")}</button>
    <a class="quiet" href="${user ? "app.html" : "login.html"}" data-testid="nav-login" aria-label="${user ? "Your account" : "Sign in"}">${icon("user")}</a>
    <a class="quiet bag" href="cart.html" data-testid="nav-cart" aria-label="Basket">${icon("bag")}<span class="badge" id="cart-count" data-testid="cart-count"></span></a>
  </div></div></header>`;
    const badge = this.querySelector("#cart-count");
    const count = () => {
      const items = shop.cart.count();
      badge.textContent = items;
      badge.hidden = items === 0;
    };
    document.addEventListener("cartchange", count);
    addEventListener("storage", count);
    count();
    const menu = this.querySelector("#menu-button");
    menu.addEventListener("click", () => {
      const open = menu.getAttribute("aria-expanded") !== "true";
      menu.setAttribute("aria-expanded", open);
      this.classList.toggle("open", open);
    });
    this.querySelector("#theme-button").addEventListener("click", () => {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      shop.write("pw-theme", root.dataset.theme);
    });
  }
});

customElements.define("pw-footer", class extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.innerHTML = `<footer class="foot"><div class="wrap">
  <section><h2>Pellwick</h2><p>Things for the house, made to be mended. Unit 4, Harbour Yard, Penryn, Cornwall TR10 8FG.</p>
    <p><a href="tel:+441326555014" data-testid="footer-phone">01326 555 014</a><br><a href="mailto:hello@pellwick.example">hello@pellwick.example</a></p></section>
  <nav aria-label="Help"><h2>Help</h2><ul><li><a href="products.html">Spare parts</a></li><li><a href="cart.html">Delivery and returns</a></li><li><a href="app.html?view=orders">Track an order</a></li><li><a href="article.html">Journal</a></li></ul></nav>
  <section id="privacy"><h2>Privacy</h2><p>We record how pages are used (clicks, scrolling, what is shown) so that we can mend what is awkward. Passwords, card numbers and what you type are never recorded, and nothing is shared with anyone.</p>
    <p><a href="/disable.html" data-testid="disable-link">Switch recording off for this site</a></p></section>
  <form class="news" id="newsletter"><h2>Letters from the workshop</h2><label for="news-email">E-mail address</label><div class="row"><input id="news-email" data-testid="news-email" type="email" autocomplete="email" placeholder="you@example.com" required><button type="submit" data-testid="news-submit">Subscribe</button></div><p class="hint">Once a month. No tracking links.</p></form>
  <p class="small">© 2026 Pellwick Supply Ltd · Registered in England 09114452 · Prices include VAT</p>
</div></footer>`;
    this.querySelector("#newsletter").addEventListener("submit", (event) => {
      event.preventDefault();
      const done = document.createElement("p");
      done.className = "thanks";
      done.setAttribute("data-testid", "news-thanks");
      done.textContent = "Thank you. The next letter leaves on the first of the month.";
      event.currentTarget.querySelector(".row").replaceWith(done);
      event.currentTarget.querySelector("label").remove();
    });
  }
});

// Stars in a shadow root with a sheet shared by all of them.
const starSheet = (() => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(":host{display:inline-flex;align-items:center;gap:.4em;font-size:.86rem;color:var(--soft)}svg{width:5.4em;height:1.08em;display:block}");
    return sheet;
  } catch {
    return null;
  }
})();
customElements.define("pw-rating", class extends HTMLElement {
  static observedAttributes = ["value"];
  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open" });
      if (starSheet) root.adoptedStyleSheets = [starSheet];
    }
    this.draw();
  }
  attributeChangedCallback() {
    if (this.shadowRoot) this.draw();
  }
  draw() {
    const value = Number(this.getAttribute("value")) || 0;
    const star = "M10 1.8l2.5 5.300 5.800.7-4.300 4 1.100 5.700L10 14.700l-5.100 2.800L6 11.800l-4.300-4 5.800-.7z";
    const row = [0, 1, 2, 3, 4].map((i) => `<path transform="translate(${i * 20} 0)" d="${star}"/>`).join("");
    this.shadowRoot.innerHTML = `<svg viewBox="0 0 100 20" role="img" aria-label="${value} out of 5"><g fill="currentColor" opacity=".25">${row}</g><svg width="${value * 20}" height="20" viewBox="0 0 ${value * 20} 20"><g fill="var(--amber, #c98a1b)">${row}</g></svg></svg><slot></slot>`;
  }
});
