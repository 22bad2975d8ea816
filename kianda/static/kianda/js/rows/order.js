// The columns of a list are put in order in their menu, by buttons or by Alt and the arrows. They are
// sent in the order in which they stand; without this script, a button sends them and the server
// moves one.
import { on } from "../page/listen.js";
import { onMove, say } from "./rows.js";

const ROW = "[data-column]";

function settle(rows) {
  const all = [...rows.children].filter((one) => one.matches(ROW));
  for (const [at, row] of all.entries()) {
    row.querySelector('[value^="up:"]').disabled = at === 0;
    row.querySelector('[value^="down:"]').disabled = at === all.length - 1;
  }
  return all;
}

function move(row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other?.matches(ROW)) return;
  const held = document.activeElement;
  if (step < 0) other.before(row);
  else other.after(row);
  const rows = row.parentElement;
  const all = settle(rows);
  (held.disabled ? row.querySelector("input") : held).focus();
  const name = row.querySelector("label").textContent.trim();
  const words = rows.dataset.words.replace("{name}", name);
  say(rows, words.replace("{n}", all.indexOf(row) + 1));
}

on("click", "[data-column] button", (button, event) => {
  event.preventDefault();
  move(button.closest(ROW), button.value.startsWith("up:") ? -1 : 1);
});
onMove(ROW, "button", move);
