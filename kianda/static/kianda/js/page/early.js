// What was typed or chosen before the scripts of a page had come is told to them once they listen.
// On a page that the browser shows again it has put back what stood there, which nobody does now.
import { on } from "./listen.js";

// What only works with script shows, and what stands in for it gives way.
document.documentElement.dataset.script = "";

const isNew = performance.getEntriesByType("navigation")[0]?.type === "navigate";
const CONTROLS =
  ':is(input, select, textarea)[name]:not([type="hidden"], [type="file"], [type="password"])';

// What stands in an input that nobody has touched: some types mend what the page says.
function untouched({ type, step, defaultValue }) {
  const fresh = Object.assign(document.createElement("input"), { type, step });
  fresh.value = defaultValue;
  return fresh.value;
}

function isTouched(control) {
  if (control.matches("textarea")) return control.value !== control.defaultValue;
  if (control.matches("[type=checkbox], [type=radio]"))
    return control.checked !== control.defaultChecked;
  if (!control.options) return control.value !== untouched(control);
  const chosen = [...control.options].filter((option) => option.defaultSelected);
  if (!chosen.length && !control.multiple) return control.selectedIndex > 0;
  return [...control.options].some((option) => option.selected !== chosen.includes(option));
}

// Read before any other module can have written into the page.
const touched = isNew ? [...document.querySelectorAll(CONTROLS)].filter(isTouched) : [];

on("DOMContentLoaded", () => {
  for (const control of touched.filter((one) => one.type !== "radio" || one.checked)) {
    // What is typed outlives a session that ended.
    if (control.form) control.form.dataset.typed = "1";
    for (const name of ["input", "change"])
      control.dispatchEvent(new Event(name, { bubbles: true }));
  }
});
