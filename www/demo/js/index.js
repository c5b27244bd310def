import { byId, card } from "./catalogue.js";
import { quickViews } from "./quickview.js";

const featured = document.getElementById("featured");
featured.append(...["skillet", "mug", "kettle", "trowel", "blanket", "tea-towels", "knife", "candle"].map((id) => card(byId(id))));
quickViews(featured);

// The letters change places now and then.
if (!shop.still) {
  const voices = document.getElementById("voices");
  setInterval(() => {
    if (!document.hidden && !voices.matches(":hover")) voices.append(voices.firstElementChild);
  }, 9000);
}
