// Three steps in one form. Like many real shops it repeats what is typed: the card preview as it is typed, the review
// afterwards. Nothing is sent anywhere; the next page is told the e-mail address, the name and the card's last digits.
import { catalogue } from "./catalogue.js";

const find = (id) => document.getElementById(id);
const form = find("checkout-form");
const field = (name) => form.elements[name];
const posts = { standard: undefined, express: 6.5, collect: 0 };
const words = { standard: "Standard, 2–3 working days", express: "Next working day", collect: "Collect from Penryn" };

function sums() {
  const all = shop.totals(catalogue, posts[field("shipping").value]);
  find("order-lines").innerHTML = all.lines.map(({ product, quantity }) => `<tr><td>${quantity} × ${product.name}</td><td style="text-align: right">${shop.money(product.price * quantity)}</td></tr>`).join("")
    + (all.discount ? `<tr><td>${all.coupon.text}</td><td style="text-align: right">−${shop.money(all.discount)}</td></tr>` : "")
    || "<tr><td>Your basket is empty.</td></tr>";
  const standard = shop.totals(catalogue).post;
  find("standard-price").textContent = standard ? shop.money(standard) : "Free";
  find("order-post").textContent = all.post ? shop.money(all.post) : "Free";
  find("order-total").textContent = shop.money(all.total);
  return all;
}

const digits = (text) => text.replace(/\D/g, "");
function grouped(text) {
  return digits(text).slice(0, 19).replace(/(.{4})(?=.)/g, "$1 ");
}
function luhn(text) {
  const sum = [...digits(text)].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits(text).length >= 13 && sum % 10 === 0;
}

field("cardnumber").addEventListener("input", (event) => {
  event.target.value = grouped(event.target.value);
  const shown = digits(event.target.value).padEnd(16, "•");
  find("preview-number").textContent = shown.replace(/(.{4})(?=.)/g, "$1 ");
});
field("cc-exp").addEventListener("input", (event) => {
  const text = digits(event.target.value).slice(0, 4);
  event.target.value = text.length > 2 ? `${text.slice(0, 2)}/${text.slice(2)}` : text;
  find("preview-expiry").textContent = event.target.value || "MM/YY";
});
field("cvc").addEventListener("input", (event) => {
  event.target.value = digits(event.target.value);
});
field("ccname").addEventListener("input", (event) => {
  find("preview-name").textContent = event.target.value || "Your name";
});
field("iban").addEventListener("input", (event) => {
  event.target.value = event.target.value.toUpperCase();
});

form.addEventListener("change", (event) => {
  if (event.target.name === "shipping") sums();
  if (event.target.name === "method") {
    find("card-fields").hidden = event.target.value !== "card";
    find("bank-fields").hidden = event.target.value !== "bank";
  }
  if (event.target.name === "billing") find("billing-other").hidden = event.target.value !== "other";
});

const rules = {
  email: (text) => (/^\S+@\S+\.\S+$/.test(text) ? "" : "Enter an e-mail address we can write to."),
  cardnumber: (text) => (luhn(text) ? "" : "This number is not complete or has a slip in it."),
  "cc-exp": (text) => (/^(0[1-9]|1[0-2])\/\d\d$/.test(text) ? "" : "Month and year, as on the card."),
  cvc: (text) => (/^\d{3,4}$/.test(text) ? "" : "Three digits on the back, or four on the front."),
  iban: (text) => (/^[A-Z]{2}\d\d[A-Z\d ]{10,30}$/.test(text) ? "" : "Two letters, then digits, as your bank writes it."),
};

function check(input) {
  const text = input.value.trim();
  const message = rules[input.name]?.(text) ?? (text === "" ? "Please fill this in." : "");
  input.setAttribute("aria-invalid", message !== "");
  input.closest(".field").querySelector(".error").textContent = message;
  return message === "";
}

function valid(step) {
  const names = step === 0 ? ["email", "given", "family", "street", "town", "postcode"] : field("method").value === "card" ? ["cardnumber", "ccname", "cc-exp", "cvc"] : ["iban"];
  const bad = names.map(field).filter((input) => !check(input));
  bad[0]?.focus();
  return bad.length === 0;
}
// While typing, not on leaving: a message that goes on blur moves the page from under the click that caused it.
form.addEventListener("input", (event) => {
  if (event.target.getAttribute("aria-invalid") === "true") check(event.target);
});

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
function review() {
  const value = (name) => escape(field(name).value.trim());
  const paid = field("method").value === "card" ? `Card ending ${digits(value("cardnumber")).slice(-4)}<br>${value("ccname")}<br>Expires ${value("cc-exp")}` : `Direct debit, ${value("iban")}`;
  const block = (title, html, step) => `<div><h3>${title}</h3><p>${html}</p><button class="link" type="button" data-go="${step}">Change</button></div>`;
  find("review").innerHTML = block("Deliver to", `${value("given")} ${value("family")}<br>${value("street")}<br>${value("town")}<br>${value("postcode")}<br>${field("country").selectedOptions[0].text}`, 0)
    + block("Write to", value("email") + (value("phone") && `<br>${value("phone")}`), 0)
    + block("Delivery", words[field("shipping").value], 1) + block("Payment", paid, 1)
    + (value("gift") && block("Gift note", value("gift"), 0));
}

function go(step) {
  if (step === 2) review();
  for (let index = 0; index < 3; index++) {
    find(`step-${index}`).hidden = index !== step;
    const mark = find("steps").children[index];
    if (index === step) mark.setAttribute("aria-current", "step");
    else mark.removeAttribute("aria-current");
  }
  find(`s${step}`).focus({ preventScroll: true });
  scrollTo(0, 0);
}
const current = () => [0, 1, 2].find((index) => !find(`step-${index}`).hidden);
form.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-go]")?.dataset.go;
  if (target === undefined) return;
  if (Number(target) < current() || valid(current())) go(Number(target));
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (current() < 2) {
    if (valid(current())) go(current() + 1);
    return;
  }
  find("terms-error").textContent = find("terms").checked ? "" : "Please tick the box first.";
  if (!find("terms").checked) return;
  const { total, lines } = sums();
  const order = {
    number: `PW-${26000 + Math.round(total * 7) + lines.length}`,
    email: field("email").value,
    given: field("given").value,
    last4: field("method").value === "card" ? digits(field("cardnumber").value).slice(-4) : "",
    total,
    lines: lines.map(({ product, quantity }) => [product.id, quantity]),
  };
  try {
    sessionStorage.setItem("pw-order", JSON.stringify(order));
  } catch { /* the next page then speaks in general terms */ }
  find("place-order").disabled = true;
  find("place-order").textContent = "Placing your order…";
  shop.later(() => {
    shop.cart.clear();
    location.assign("thanks.html");
  }, 700);
});
// Each field names its message.
for (const box of form.querySelectorAll(".field .error")) {
  const input = box.parentElement.querySelector("input");
  box.id = `${input.id}-error`;
  input.setAttribute("aria-describedby", box.id);
}
sums();
