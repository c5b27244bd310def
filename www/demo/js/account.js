// What the account page shows.
export const spending = [["Dec", 92], ["Jan", 0], ["Feb", 24], ["Mar", 38], ["Apr", 16], ["May", 79], ["Jun", 12.5], ["Jul", 0], ["Aug", 54.5], ["Sep", 34], ["Oct", 68], ["Nov", 68.5]];

const order = (number, date, what, state, amount) => ({ number, date, what, state, amount });
export const orders = [
  order("PW-25871", "2026-11-18", "Stovetop kettle", "On its way", 68),
  order("PW-25640", "2026-10-09", "Lambswool blanket", "Returned", 98),
  order("PW-25412", "2026-09-02", "Serving bowl", "Delivered", 34),
  order("PW-25290", "2026-08-21", "Enamel casserole", "Delivered", 54.5),
  order("PW-24983", "2026-06-30", "Ruled notebook", "Delivered", 12.5),
  order("PW-24702", "2026-05-11", "Cast-iron skillet", "Delivered", 79),
  order("PW-24518", "2026-04-17", "Stoneware mug", "Delivered", 16),
  order("PW-24377", "2026-03-03", "Oak chopping board", "Delivered", 38),
  order("PW-24101", "2026-02-12", "Pour-over dripper", "Delivered", 24),
  order("PW-23960", "2025-12-08", "Chef's knife", "Delivered", 92),
];

export const parcels = [
  "PW-25871: packed at Harbour Yard, 186 g of paper",
  "PW-25871: collected by the carrier, 14:20",
  "PW-25871: at the depot in Bristol, 19:05",
  "PW-25871: on the van, 31 stops before you",
  "PW-25871: 12 stops before you",
];
