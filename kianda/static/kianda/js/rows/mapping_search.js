// The search above many rows leaves those that hold its words, and those that are wrong.
import { on } from "../page/listen.js";

on("input", "[data-filter-rows]", (box) => {
  const words = box.value.trim().toLowerCase();
  for (const row of box.closest("[data-control]").querySelectorAll("tbody > [data-at]")) {
    const texts = [...row.querySelectorAll("input, textarea")].map((one) => one.value);
    row.hidden =
      !texts.join(" ").toLowerCase().includes(words) && !row.querySelector('[aria-invalid="true"]');
  }
});

on("keydown", "[data-filter-rows]", (_, event) => {
  if (event.key === "Enter") event.preventDefault();
});
