// Where there is room the rows of a table stand in columns; else, and without script, each is a card.
import { on } from "../page/listen.js";

const ROOM = [
  [3, 480],
  [6, 704],
];
// Of it, what the number of a row and its buttons take.
const ENDS = 168;
// How wide columns of dates are, which fields.css says too; all others share what is left.
const WIDTHS = { date: 156, datetime: 260, time: 148 };
const WIDTHS_READ = { datetime: 152 };
// A narrower card has no room for a date with its time beside another cell.
const NARROW = 560;

function roomOf(box) {
  const [most, room] = ROOM.find(([columns]) => Number(box.dataset.columns) <= columns) ?? [];
  if (!room) return Infinity;
  const share = (room - ENDS) / most;
  const widths = box.querySelector(".k-fieldrows--read") ? WIDTHS_READ : WIDTHS;
  const dates = [...box.querySelectorAll("thead [data-date]")];
  return dates.reduce((sum, { dataset }) => sum + (widths[dataset.date] ?? share) - share, room);
}

function lay(box) {
  const { classList } = box.firstElementChild;
  classList.toggle("k-fieldrows--cards", box.clientWidth < roomOf(box));
  classList.toggle("k-fieldrows--narrow", box.clientWidth < NARROW);
}

const sizes = new ResizeObserver((boxes) => boxes.forEach(({ target }) => lay(target)));

function watch() {
  sizes.disconnect();
  for (const box of document.querySelectorAll("[data-columns]")) {
    lay(box);
    sizes.observe(box);
  }
}
on("htmx:afterSwap", watch);
watch();
