import { byId } from "./catalogue.js";

const find = (id) => document.getElementById(id);
let order = null;
try {
  order = JSON.parse(sessionStorage.getItem("pw-order"));
} catch { /* storage refused */ }
if (order) {
  find("order").hidden = false;
  find("thanks-title").textContent = `Thank you, ${order.given}`;
  find("thanks-text").textContent = `We have written to ${order.email}. ${order.last4 ? `The card ending ${order.last4} was charged.` : "Your bank will be asked within two days."}`;
  find("order-number").textContent = order.number;
  find("order-paid").textContent = shop.money(order.total);
  for (const [id, quantity] of order.lines) {
    const row = find("order-lines").insertRow();
    row.insertCell().textContent = `${quantity} × ${byId(id)?.name ?? id}`;
    const cell = row.insertCell();
    cell.textContent = shop.money((byId(id)?.price ?? 0) * quantity);
    cell.style.textAlign = "right";
  }
}
