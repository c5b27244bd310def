// The quick-view dialog of the lists.
import { byId, image } from "./catalogue.js";
import { stepper } from "./stepper.js";

const dialog = document.getElementById("quick-view");
const find = (id) => document.getElementById(`quick-${id}`);
let shown = null;

/** Lets every "Quick view" button below `list` open the dialog. */
export function quickViews(list) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest?.('[data-part="look"]');
    if (button) open(button.closest(".item").id.replace("product-", ""));
  });
}

function open(id) {
  shown = byId(id);
  find("image").src = image(id);
  find("image").alt = shown.name;
  find("name").textContent = shown.name;
  find("rating").setAttribute("value", shown.rating);
  find("rating").textContent = `${shown.reviews} reviews`;
  find("price").textContent = shop.money(shown.price);
  find("text").textContent = shown.text;
  find("link").href = `product.html?id=${id}`;
  find("add").disabled = shown.stock === 0;
  find("quantity").value = 1;
  dialog.showModal();
}

find("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  shop.cart.add(shown.id, Number(find("quantity").value) || 1);
  dialog.close();
  shop.toast(`${shown.name} added to your basket`);
});
stepper(find("form"));
