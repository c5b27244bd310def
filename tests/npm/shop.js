// Two thousand cards of a shop, ten nodes each, none quite like another.
const words = "wool linen oak copper glass paper stone felt cork brass of the and with for by hand".split(" ");
let seed = 7;
const pick = (n) => (seed = (seed * 48271) % 2147483647) % n;
const say = (n) => Array.from({ length: n }, () => words[pick(words.length)]).join(" ");
const card = (i) => `<article class="card card--${pick(9)} is-${words[pick(9)]}" id="card-${i}" data-sku="${pick(1e6)}"><h3>${say(4)}</h3>
    <a href="/products/${say(3).replaceAll(" ", "-")}?ref=${pick(1e9).toString(36)}" title="${say(3)}"><img alt="${say(2)}"
    style="width:${pick(90)}px"></a><p>${say(14)}</p><span class="price">€ ${pick(90)}.${10 + pick(89)}</span></article>`;
document.body.innerHTML = Array.from({ length: 2000 }, (_, i) => card(i)).join("");
