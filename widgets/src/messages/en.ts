import type { Messages } from "./index.js";

export const en: Messages = {
  label: "Recommended by our partner · Ad",
  sold: "Sold and shipped by {seller}",
  who: "Who sells, ships and refunds?",
  answer: "The named seller does, in its own shop and at the price shown there. "
    + "This shop may earn a commission.",
  reasons: {
    complements: "Goes well with this",
    bought_together: "Often bought together",
    same_customers: "Chosen by shoppers like you",
    popular: "Popular now",
    fresh: "New",
    in_season: "Right for the season",
  },
};
