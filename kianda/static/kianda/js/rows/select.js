// Lists of records that can be selected: how many are, which buttons are offered for them, and the
// keys: arrows go from row to row, X selects. Without it the boxes and the buttons are simply there.
import { on } from "../page/listen.js";

const lists = () => document.querySelectorAll("[data-selection]");
const boxes = (list) => [...list.querySelectorAll("input[name=pick]")];
const all = (list) => list.querySelector("[data-pick-all]");

function filledIn(words, n, more) {
  return words.replace("{n}", `${n.toLocaleString()}${more ? "+" : ""}`);
}

function tell(list) {
  const found = boxes(list);
  const picked = found.filter((box) => box.checked);
  for (const box of found) box.closest("tr").classList.toggle("is-picked", box.checked);
  const whole = all(list);
  whole.checked = picked.length > 0 && picked.length === found.length;
  whole.indeterminate = picked.length > 0 && !whole.checked;
  const bar = list.querySelector(".k-selbar");
  const every = bar.querySelector("[data-count-all]");
  const n = every?.checked ? Number(every.dataset.countAll) : picked.length;
  const more = every?.checked && "more" in every.dataset;
  bar.hidden = n === 0;
  const count = bar.querySelector("[data-count]");
  count.textContent = filledIn(count.dataset.words, n, more);
  for (const button of bar.querySelectorAll("[data-words]:not([data-count])"))
    button.textContent = filledIn(button.dataset.words, n, more);
}

function pick(list, wanted) {
  for (const box of boxes(list)) box.checked = wanted;
  const every = list.querySelector("[data-count-all]");
  if (every && !wanted) every.checked = false;
  tell(list);
}

function settle() {
  for (const list of lists()) {
    for (const part of list.querySelectorAll("[data-needs-script]")) part.hidden = false;
    tell(list);
  }
}

on("change", "[data-selection] :is([name=pick], [data-count-all])", (box) =>
  tell(box.closest("[data-selection]")),
);
on("change", "[data-pick-all]", (box) => pick(box.closest("[data-selection]"), box.checked));
on("click", "[data-pick-none]", (button) => {
  const list = button.closest("[data-selection]");
  pick(list, false);
  boxes(list)[0]?.focus();
});
on("htmx:afterSettle", settle);
// Back in the browser's history shows boxes as they were left.
on("pageshow", settle);
settle();

const TYPES = "input:not([type=checkbox]), select, textarea, [contenteditable], dialog, [popover]";

on("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest?.(TYPES)) return;
  const list = target.closest?.("[data-selection]") ?? lists()[0];
  if (!list || document.querySelector("dialog[open]")) return;
  const found = boxes(list);
  const row = target.closest?.("tr")?.querySelector("input[name=pick]");
  const at = found.indexOf(row);
  if (key === "ArrowDown" || key === "ArrowUp") {
    const next = found[at < 0 ? 0 : at + (key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  } else if (key.toLowerCase() === "x" && row) {
    event.preventDefault();
    row.checked = !row.checked;
    tell(list);
  }
});
