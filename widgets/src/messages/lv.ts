import type { Messages } from "./index.js";

export const lv: Messages = {
  label: "Mūsu partnera ieteikums · Reklāma",
  sold: "Pārdod un piegādā {seller}",
  who: "Kas pārdod, piegādā un atmaksā?",
  answer: "Norādītais pārdevējs savā veikalā. Šis veikals var saņemt komisiju.",
  reasons: {
    complements: "Labi sader kopā",
    bought_together: "Bieži pērk kopā",
    popular: "Šobrīd iecienīts",
    fresh: "Jaunums",
  },
};
