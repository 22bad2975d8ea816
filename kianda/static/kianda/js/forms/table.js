// Rows of a table are added, removed and moved at once; without this the same buttons send the form.
import { on } from "../page/listen.js";
import { word } from "../page/words.js";
import * as common from "../rows/rows.js";

const boxOf = (node) => node.closest?.("[data-table]");
const bodyOf = (box) => box.querySelector("tbody");
const rowsOf = (box) => [...bodyOf(box).rows];

// Numbers, names and buttons follow the place of each row.
function settle(box) {
  const rows = rowsOf(box);
  const start = Number(box.dataset.start);
  rows.forEach((row, at) => {
    const number = start + at + 1;
    for (const node of row.querySelectorAll("[data-number]"))
      node.textContent = number.toLocaleString("en");
    for (const button of row.querySelectorAll("button[name=act]")) {
      button.value = button.value.replace(/-?\d+$/, number - 1);
      button.setAttribute(
        "aria-label",
        button.getAttribute("aria-label").replace(/-?[\d,]+/, number.toLocaleString("en")),
      );
      if (button.dataset.move === "up") button.disabled = number === 1;
      if (button.dataset.move === "down")
        button.disabled = at === rows.length - 1 && !("more" in box.dataset);
    }
  });
  box.querySelector("table").hidden = !rows.length;
  box.querySelector("[data-norows]")?.remove();
  if (!("more" in box.dataset) && !start) {
    const words = box.querySelector("[data-count]");
    words.textContent = rows.length
      ? word(rows.length === 1 ? "row" : "rows", { count: rows.length })
      : "";
  }
  // What is typed outlives a session that ended.
  box.closest("form").dataset.typed = "1";
}

// Somebody has added, removed or moved rows.
function rowsChanged(box, words) {
  if (words) common.say(box, words);
  box.dispatchEvent(new Event("kianda:rows", { bubbles: true }));
}

const placeOf = (row) => row.querySelector("[data-number]").textContent;

function add(box) {
  const key = `n${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  const row = common.add(bodyOf(box), box.querySelector("template[data-blank]"), "new-0", key);
  settle(box);
  return row;
}

const first = (row) =>
  row.querySelector("input:not([type=hidden]):not([readonly]), select, textarea") ??
  row.querySelector("button:enabled");

function remove(box, row) {
  const number = placeOf(row);
  const more = box.querySelector('[value^="add:"]') ?? box;
  common.remove(row, () => settle(box), "[data-remove]", more);
  rowsChanged(box, word("rowRemoved", { number }));
}

function move(box, row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return false;
  const focused = document.activeElement;
  if (step < 0) other.before(row);
  else other.after(row);
  settle(box);
  const stay = focused?.disabled ? row.querySelector("[data-move]:enabled") : focused;
  (row.contains(stay) ? stay : first(row))?.focus();
  rowsChanged(box, word("moved", { place: placeOf(row) }));
  return true;
}

on("click", "button[name=act]", (button, event) => {
  const box = boxOf(button);
  if (!box) return;
  const row = button.closest("tr");
  if (button.value.startsWith("add:")) {
    // The last row is out of sight: the server shows the end of the table.
    if ("more" in box.dataset) return;
    first(add(box))?.focus();
    rowsChanged(box);
  } else if ("remove" in button.dataset) {
    remove(box, row);
  } else if (!button.dataset.move || !move(box, row, button.dataset.move === "up" ? -1 : 1)) {
    return;
  }
  event.preventDefault();
});

common.onMove("[data-table] tr[data-row]", "[data-move]", (row, step) => {
  const button = row.querySelector(`[data-move="${step < 0 ? "up" : "down"}"]`);
  if (!move(boxOf(row), row, step)) button.click();
});

// A row is dragged by its grip, over rows of the same table.
let held = null;
on("pointerdown", "[data-grip]", (grip, event) => {
  const box = boxOf(grip);
  if (!box || event.button) return;
  event.preventDefault();
  held = grip.closest("tr");
  held.classList.add("is-held");
});

on("pointermove", ({ clientX, clientY }) => {
  const other = held && document.elementFromPoint(clientX, clientY)?.closest("tr[data-row]");
  if (!other || other === held || boxOf(other) !== boxOf(held)) return;
  if (other.compareDocumentPosition(held) & Node.DOCUMENT_POSITION_FOLLOWING) other.before(held);
  else other.after(held);
});

function drop() {
  if (!held) return;
  const [row, box] = [held, boxOf(held)];
  held = null;
  row.classList.remove("is-held");
  settle(box);
  rowsChanged(box, word("moved", { place: placeOf(row) }));
}
on("pointerup", drop);
on("pointercancel", drop);

// What was typed before the session ended is put back: first the rows for it.
on("kianda:restore", (event) => {
  for (const box of event.target.querySelectorAll("[data-table]")) {
    const known = new Set([...box.querySelectorAll("[name]")].map((field) => field.name));
    const prefix = `v-${box.dataset.table}-`;
    const lost = event.detail
      .filter(([name]) => name.startsWith(`${prefix}n`) && !known.has(name))
      .map(([name]) => name);
    for (const key of new Set(lost.map((name) => name.slice(prefix.length).split("-")[0]))) {
      const row = add(box);
      common.rename(row, row.querySelector("[data-key]").value, key);
    }
  }
});

// Rows removed or moved while a run was at work are so in the form that it answered with.
on("kianda:order", (event) => {
  const { keys, gone } = event.detail;
  const body = bodyOf(event.target);
  const byKey = new Map(
    rowsOf(event.target).map((row) => [row.querySelector("[data-key]").value, row]),
  );
  for (const key of gone) byKey.get(key)?.remove();
  for (const key of keys) if (byKey.has(key)) body.append(byKey.get(key));
  settle(event.target);
});

const ready = () =>
  document.querySelectorAll("[data-table]").forEach((box) => box.setAttribute("data-ready", ""));
on("htmx:afterSwap", ready);
ready();
