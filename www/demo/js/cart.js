import { catalogue, image } from "./catalogue.js";

const find = (id) => document.getElementById(id);

function line({ product, quantity }) {
  const node = find("line").content.firstElementChild.cloneNode(true);
  const part = (name) => node.querySelector(`[data-part="${name}"]`);
  node.id = `line-${product.id}`;
  part("image").src = image(product.id);
  part("name").textContent = product.name;
  part("name").href = `product.html?id=${product.id}`;
  part("sum").textContent = shop.money(product.price * quantity);
  part("quantity").value = quantity;
  part("quantity").addEventListener("change", (event) => shop.cart.set(product.id, Number(event.target.value)));
  part("less").addEventListener("click", () => shop.cart.set(product.id, quantity - 1));
  part("more").addEventListener("click", () => shop.cart.set(product.id, quantity + 1));
  part("remove").addEventListener("click", () => shop.cart.set(product.id, 0));
  for (const name of ["less", "more", "quantity", "remove"]) part(name).dataset.testid = `${name}-${product.id}`;
  return node;
}

function render() {
  const sums = shop.totals(catalogue);
  const focus = document.activeElement?.dataset?.testid;
  find("lines").replaceChildren(...sums.lines.map(line));
  if (focus) document.querySelector(`[data-testid="${focus}"]`)?.focus();
  find("empty").hidden = sums.lines.length > 0;
  find("basket").hidden = sums.lines.length === 0;
  find("subtotal").textContent = shop.money(sums.subtotal);
  find("discount-label").hidden = find("discount").hidden = sums.discount === 0;
  find("discount").textContent = `−${shop.money(sums.discount)}`;
  find("post").textContent = sums.post === 0 ? "Free" : shop.money(sums.post);
  find("total").textContent = shop.money(sums.total);
  const left = Math.max(0, 60 - (sums.subtotal - sums.discount));
  find("free-text").textContent = left === 0 ? "Delivery is free." : `${shop.money(left)} more for free delivery.`;
  find("free-progress").value = 60 - left;
}

find("coupon").value = shop.read("pw-coupon", "");
find("coupon-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const code = find("coupon").value.trim().toUpperCase();
  const coupon = shop.coupons[code];
  shop.write("pw-coupon", coupon ? code : "");
  find("coupon-note").textContent = coupon ? `Applied: ${coupon.text}` : code ? `We do not know the code ${code}.` : "";
  find("coupon-note").style.color = coupon ? "var(--good)" : "";
  render();
});
document.addEventListener("cartchange", render);
render();
