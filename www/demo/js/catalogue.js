// What the shop sells. Prices in pounds; `stock` 0 is out of stock.
const item = (id, name, category, price, colour, stock, rating, reviews, text) => ({ id, name, category, price, colour, stock, rating, reviews, text });

export const catalogue = [
  item("kettle", "Stovetop kettle, 1.2 litres", "kitchen", 68, "green", 14, 4.7, 212, "Enamelled steel with a beech grip that stays cool. Whistle, lid knob and grip can be replaced."),
  item("dripper", "Pour-over dripper and server", "kitchen", 24, "white", 31, 4.5, 98, "Ribbed porcelain cone for size 02 filters, with a heat-proof glass server for two cups."),
  item("skillet", "Cast-iron skillet, 26 cm", "kitchen", 79, "black", 9, 4.9, 431, "Sand-cast in Shropshire, milled smooth inside and seasoned three times with linseed oil."),
  item("knife", "Chef's knife, 20 cm", "kitchen", 92, "silver", 6, 4.8, 167, "Carbon steel from Sheffield, walnut handle, three brass rivets. Free sharpening once a year."),
  item("saucepan", "Enamel casserole, 3 litres", "kitchen", 54.5, "blue", 18, 4.4, 76, "Light, quick to heat and safe on induction. The brass knob unscrews for the oven."),
  item("board", "Oak chopping board", "kitchen", 38, "brown", 22, 4.6, 143, "One plank of English oak, end-grain edges, oiled. It comes with a small tin of wax."),
  item("mug", "Stoneware mug, 350 ml", "table", 16, "brown", 120, 4.8, 508, "Thrown in St Ives, dipped twice, so that no two meet the glaze at the same line."),
  item("plates", "Dinner plates, set of four", "table", 64, "white", 11, 4.3, 59, "Ivory glaze with a green rim. They stack low and go in the dishwasher."),
  item("bowl", "Serving bowl, 28 cm", "table", 34, "red", 16, 4.5, 82, "Unglazed terracotta outside, tin glaze within. Big enough for a salad for six."),
  item("carafe", "Carafe and tumbler", "table", 29, "blue", 0, 4.2, 47, "Blown glass with a slight green of its own. The tumbler turns over to be the lid."),
  item("butter-dish", "Butter dish", "table", 22, "white", 40, 4.6, 115, "Takes a 250 g block. A raised lip keeps the cloche where it is when the table is knocked."),
  item("mills", "Salt and pepper mills", "table", 42, "brown", 13, 4.7, 91, "Turned from walnut and ash with ceramic grinders, which we also sell on their own."),
  item("desk-lamp", "Desk lamp, mustard", "light", 115, "yellow", 7, 4.6, 64, "Two joints, a weighted foot and a standard E14 bulb you can buy anywhere."),
  item("pendant", "Enamel pendant, 36 cm", "light", 89, "green", 5, 4.5, 38, "A factory shade in bottle green. Two metres of braided flex, ceiling rose included."),
  item("candle", "Beeswax pillar candle", "light", 14, "yellow", 85, 4.9, 226, "Cornish wax, cotton wick, about forty hours. The pewter dish is sold with it."),
  item("lantern", "Storm lantern", "light", 39, "black", 0, 4.1, 33, "Powder-coated steel and four panes that slide out to be cleaned or replaced."),
  item("blanket", "Lambswool blanket", "textile", 98, "red", 8, 4.8, 154, "Woven in Dumfries, 140 by 180 cm. Darning wool in both colours comes with it."),
  item("cushion", "Linen cushion, 50 cm", "textile", 36, "blue", 27, 4.4, 71, "Heavy washed linen, hidden buttons, filled with British wool. The cover comes off."),
  item("tea-towels", "Tea towels, set of three", "textile", 19, "white", 64, 4.7, 189, "Half linen, half cotton: drinks like one and dries like the other."),
  item("apron", "Workshop apron", "textile", 44, "blue", 15, 4.6, 57, "Twelve-ounce canvas with cotton tape that crosses at the back. One size, long ties."),
  item("notebook", "Ruled notebook, A5", "desk", 12.5, "red", 140, 4.5, 264, "Sewn, so it lies flat. 192 pages of 90 g paper that takes a fountain pen."),
  item("pen", "Fountain pen, medium nib", "desk", 48, "blue", 19, 4.7, 83, "Resin and brass, steel nib, converter included. Nibs unscrew in ten seconds."),
  item("clock", "Schoolroom clock", "desk", 56, "brown", 10, 4.3, 45, "A quiet sweep movement in a beech case. Takes one AA cell every two years."),
  item("radio", "Kitchen radio", "desk", 84, "red", 4, 4.4, 102, "DAB and FM, one dial, one switch. The battery comes out with a coin."),
  item("watering-can", "Watering can, 6 litres", "garden", 52, "green", 12, 4.8, 77, "Galvanised, then painted. The brass rose is fine enough for seedlings."),
  item("trowel", "Planting trowel", "garden", 18, "silver", 33, 4.9, 198, "Forged in one piece, ash handle, depth marks stamped in centimetres."),
  item("pot", "Terracotta pot, 20 cm", "garden", 21, "red", 0, 4.2, 51, "Frost-proof clay from Whichford. The plant is yours to choose."),
  item("secateurs", "Bypass secateurs", "garden", 37, "red", 24, 4.6, 137, "Every part can be ordered: blade, spring, bolt, grips. A left-handed pair on request."),
];

export const categories = { kitchen: "Kitchen", table: "Table", light: "Light", textile: "Textiles", desk: "Desk", garden: "Garden" };
export const colours = { black: "#2b2d31", silver: "#b4bec4", white: "#f4efe4", brown: "#9a6b3e", red: "#b4532f", yellow: "#d9a92f", green: "#4d7a56", blue: "#3f6f94" };
export const byId = (id) => catalogue.find((product) => product.id === id);
export const image = (id) => `img/${id}.svg`;

/** One product card, cloned from the page's `<template id="card">`. */
export function card(product) {
  const node = document.getElementById("card").content.firstElementChild.cloneNode(true);
  const find = (part) => node.querySelector(`[data-part="${part}"]`);
  node.id = `product-${product.id}`;
  node.dataset.category = product.category;
  find("image").src = image(product.id);
  find("image").alt = "";
  find("name").textContent = product.name;
  find("name").href = `product.html?id=${product.id}`;
  find("rating").setAttribute("value", product.rating);
  find("rating").textContent = product.reviews;
  find("price").textContent = shop.money(product.price);
  const stock = find("stock");
  stock.textContent = product.stock === 0 ? "Out of stock" : product.stock < 8 ? `Only ${product.stock} left` : "In stock";
  stock.classList.toggle("low", product.stock < 8);
  const add = find("add");
  add.dataset.testid = `add-${product.id}`;
  add.disabled = product.stock === 0;
  add.setAttribute("aria-label", `Add ${product.name} to basket`);
  add.addEventListener("click", () => {
    shop.cart.add(product.id);
    shop.toast(`${product.name} added to your basket`);
  });
  const look = find("look");
  if (look) {
    look.dataset.testid = `look-${product.id}`;
    look.setAttribute("aria-label", `Quick view of ${product.name}`);
  }
  return node;
}
