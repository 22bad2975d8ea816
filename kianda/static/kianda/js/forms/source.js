// Who closes the choice of a data source without OK has chosen nothing.
const before = new WeakMap();
document.addEventListener(
  "toggle",
  (event) => {
    const picker = event.target;
    if (!picker.matches?.("[data-source-picker]")) return;
    if (event.newState === "open") {
      before.set(picker, picker.querySelector("input:checked"));
      picker.querySelector("[data-filter-tree]").focus();
    } else if (!picker.dataset.sure) {
      const was = before.get(picker);
      for (const one of picker.querySelectorAll("input[type=radio]")) one.checked = one === was;
    }
  },
  { capture: true },
);

document.addEventListener(
  "click",
  (event) => {
    const ok = event.target.closest?.("[data-source-picker] [type=submit]");
    if (ok) ok.closest("[data-source-picker]").dataset.sure = "1";
  },
  { capture: true },
);

// Enter, or a second click, on a method is OK of this choice, not of the rule around it.
function sure(event) {
  const leaf = event.target.closest?.("[data-source-picker] [data-leaf]");
  if (!leaf) return;
  event.preventDefault();
  leaf.querySelector("input").checked = true;
  leaf.closest("[data-source-picker]").querySelector("[type=submit]").click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter") sure(event);
});
document.addEventListener("dblclick", sure);
