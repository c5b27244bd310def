// One product: ?id=… Unknown ids show the first.
import { byId, card, catalogue, categories, image } from "./catalogue.js";
import { stepper } from "./stepper.js";

const find = (id) => document.getElementById(id);
const product = byId(new URLSearchParams(location.search).get("id")) ?? catalogue[0];

document.title = `${product.name} · Pellwick`;
find("crumb-category").textContent = categories[product.category];
find("crumb-category").href = `products.html?category=${product.category}`;
find("crumb-name").textContent = product.name;
find("product-category").textContent = categories[product.category];
find("product-name").textContent = product.name;
find("product-rating").setAttribute("value", product.rating);
find("product-rating").textContent = `${product.rating} from ${product.reviews} reviews`;
find("product-price").textContent = shop.money(product.price);
find("product-text").textContent = product.text;
find("product-stock").textContent = product.stock === 0 ? "Out of stock. The next batch is due in three weeks." : product.stock < 8 ? `Only ${product.stock} left` : "In stock, posted today";
find("product-stock").classList.toggle("low", product.stock < 8);
find("add").disabled = product.stock === 0;

// Gallery: the whole thing, and two crops of it.
const picture = find("product-image");
picture.src = image(product.id);
picture.alt = product.name;
const views = [["Whole", "none", "center"], ["Top, close", "scale(1.9)", "50% 20%"], ["Side, close", "scale(2.1)", "75% 60%"]];
find("thumbs").append(...views.map(([name, transform, origin], index) => {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.testid = `thumb-${index}`;
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-pressed", index === 0);
  button.innerHTML = `<img src="${image(product.id)}" alt="" width="80" height="80" style="transform: ${transform}; transform-origin: ${origin}">`;
  button.addEventListener("click", () => {
    for (const other of button.parentNode.children) other.setAttribute("aria-pressed", other === button);
    picture.style.transform = transform;
    picture.style.transformOrigin = origin;
  });
  return button;
}));

const row = (name, value) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
find("spec").innerHTML = row("Colour", product.colour) + row("Made in", product.category === "textile" ? "Dumfries, Scotland" : "Cornwall, England") + row("Guarantee", "15 years") + row("Reference", `PW-${String(catalogue.indexOf(product) + 101)}`);
find("parts").innerHTML = ["Knob or cap", "Handle", "Screws and washers, set"].map((name, index) => `<li>${name}: ${shop.money(3.5 + index * 2)}</li>`).join("");

stepper(find("buy-form"));
find("buy-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const quantity = Number(find("quantity").value) || 1;
  shop.cart.add(product.id, quantity);
  find("added").innerHTML = `${quantity} × in your basket. <a href="cart.html" data-testid="go-to-cart">Go to basket</a>`;
  shop.toast(`${product.name} added to your basket`);
});

const reviews = find("reviews");
function addReview(stars, text, who) {
  const node = document.createElement("li");
  node.className = "panel";
  const rating = document.createElement("pw-rating");
  rating.setAttribute("value", stars);
  rating.textContent = who;
  const words = document.createElement("p");
  words.style.marginBottom = "0";
  words.textContent = text;
  node.append(rating, words);
  reviews.prepend(node);
}
addReview(4, "Heavier than I expected, which turned out to be the point.", "Piotr, Bristol");
addReview(5, "Had ours for three years. One part replaced, the rest as good as new.", "Sunita, Glasgow");
find("review-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find("review-text").innerText.trim();
  if (!text) return;
  addReview(event.currentTarget.elements.stars.value, text, "You, just now");
  find("review-text").textContent = "";
});

const others = catalogue.filter((other) => other.category === product.category && other !== product);
find("more").append(...others.map((other) => {
  const node = card(other);
  node.querySelector('[data-part="look"]').remove();
  return node;
}));
