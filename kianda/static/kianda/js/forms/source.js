// Who closes the choice of a data source without OK has chosen nothing.
import { on, onCapture } from "../page/listen.js";

const before = new WeakMap();
onCapture("toggle", (event) => {
  const picker = event.target;
  if (!picker.matches?.("[data-source-picker]")) return;
  if (event.newState === "open") {
    before.set(picker, picker.querySelector("input:checked"));
    picker.querySelector("[data-filter-tree]").focus();
  } else if (!picker.dataset.sure) {
    const was = before.get(picker);
    for (const one of picker.querySelectorAll("input[type=radio]")) one.checked = one === was;
  }
});

onCapture("click", "[data-source-picker] [type=submit]", (ok) => {
  ok.closest("[data-source-picker]").dataset.sure = "1";
});

// Enter, or a second click, on a method is OK of this choice, not of the rule around it.
const LEAF = "[data-source-picker] [data-leaf]";
function sure(leaf, event) {
  event.preventDefault();
  leaf.querySelector("input").checked = true;
  leaf.closest("[data-source-picker]").querySelector("[type=submit]").click();
}

on("keydown", LEAF, (leaf, event) => {
  if (event.key === "Enter") sure(leaf, event);
});
on("dblclick", LEAF, sure);
