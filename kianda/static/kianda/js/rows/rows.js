// What the editors of rows share, those of a REST method, of a table and of a mapping: a blank row
// becomes one, a row goes or moves by keys, the focus follows, and what was done is said.
import { on } from "../page/listen.js";

// What a row is called stands in names, ids and labels all over it.
export function rename(row, old, now) {
  for (const node of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of node.attributes) {
      if (attribute.value.includes(old)) attribute.value = attribute.value.replaceAll(old, now);
    }
  }
}

export function add(body, blank, old, now) {
  const row = blank.content.firstElementChild.cloneNode(true);
  rename(row, old, now);
  body.append(row);
  return row;
}

// The focus goes to the row that follows, else to the one before, else to what adds one.
export function remove(row, settle, focus, otherwise) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  settle();
  (next?.querySelector(focus) ?? otherwise)?.focus();
}

// Alt and the arrows move the row that the focus is in.
export function onMove(rows, button, move) {
  on("keydown", rows, (row, event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.altKey || event.ctrlKey || !row.querySelector(button)) return;
    event.preventDefault();
    move(row, step);
  });
}

export function say(box, words) {
  let line = box.querySelector("[data-said]");
  if (!line) {
    line = document.createElement("p");
    line.dataset.said = "";
    line.className = "visually-hidden";
    line.setAttribute("role", "status");
    box.append(line);
  }
  line.textContent = words;
}
