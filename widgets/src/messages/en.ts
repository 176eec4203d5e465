import type { Messages } from "./index.js";

export const en: Messages = {
  label: "Recommended by our partner · Ad",
  sold: "Sold and shipped by {seller}",
  who: "Who sells, ships and refunds?",
  answer: "The named seller, in its own shop. This shop may earn a commission.",
  reasons: {
    complements: "Goes well with this",
    bought_together: "Often bought together",
    popular: "Popular now",
    fresh: "New",
  },
};
