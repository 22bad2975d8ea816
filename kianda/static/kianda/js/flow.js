// The flow of a design: `B` adds a button to the form that the focus is on, in the list or the drawing.
import { on } from "./page/listen.js";

on("keydown", ".k-flowpage[data-letters] [data-form]", (place, event) => {
  if (event.key.toLowerCase() !== "b" || event.ctrlKey || event.metaKey || event.altKey) return;
  const form = CSS.escape(place.dataset.form);
  const button = document.querySelector(`button[data-adds="${form}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
