// Asks the server for a part of a settings form, with what stands in the form now.
import { ask as askServer } from "../page/ask.js";
import { word } from "../page/words.js";

// What is looked up without what stands in the form.
const LOOKED_UP = ["tree", "completion"];
// Why the last question had no answer, in words.
let whyNot = "";

export function rootOf(node) {
  return node.closest("[data-settings-form]");
}

// What a question is about: the element, and the data source that is chosen in its form.
export function about(root) {
  const prefix = root.dataset.prefix;
  const target = root.dataset.target ?? root.closest("[data-settings]")?.dataset.settings ?? "";
  const source =
    root.querySelector(`[name="${CSS.escape(`${prefix}/datasource`)}"]:checked`)?.value ??
    root.dataset.source ??
    "";
  const process =
    root.querySelector(`[name="${CSS.escape(`${prefix}/process`)}"]`)?.value ??
    root.dataset.process ??
    "";
  return { prefix, target, source, process };
}

export function values(root) {
  const found = new URLSearchParams();
  for (const [name, value] of new FormData(root.closest("form")))
    if (typeof value === "string") found.append(name, value);
  return found;
}

// A new question of the same kind takes the place of one that is still on its way, which then has
// no answer (undefined). Null: it could not be asked.
export async function ask(root, part, more = {}, form = new URLSearchParams()) {
  for (const [name, value] of Object.entries({ ...about(root), ...more })) form.set(name, value);
  const url = `${root.dataset.parts}${part}/`;
  const { why, text, words } = LOOKED_UP.includes(part)
    ? await askServer(`${url}?${form}`, { kind: part })
    : await askServer(url, { kind: part, body: form });
  if (why === "replaced") return undefined;
  // The form itself still stands, and tells when it cannot be sent.
  whyNot = words ?? word(why === "ended" ? "partExpired" : "partLost");
  return why ? null : text;
}

// Beside what was asked for: why there was no answer; gone with the next answer.
export function complain(place, answer) {
  place.querySelector(":scope > [data-complaint]")?.remove();
  if (answer !== null) return;
  const note = document.createElement("p");
  note.className = "k-note k-note--warn k-note--tight";
  note.dataset.complaint = "";
  note.setAttribute("role", "alert");
  note.textContent = whyNot;
  place.append(note);
}

// Writes into a box as a person would, so that everybody who listens hears of it.
export function write(box, text, { from = 0, to = box.value.length } = {}) {
  box.setRangeText(text, from, to, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Whether a box holds one name and nothing else: what is picked takes the place of all of it.
export const isName = (which) =>
  ["field", "own_field", "field_or_form", "other_field", "target"].includes(which);

// Picking one thing in a box that takes texts: it takes the place of a single name, else it is added.
export function insert(box, value, whole) {
  if (whole || !box.value || /^\[[^\]]*\]?$/.test(box.value)) write(box, value);
  else write(box, value, { from: box.selectionStart, to: box.selectionEnd });
}

// The Tab key leads to one item of a tree, the first or the chosen; the arrows lead on from there.
export function ready(tree, chosen = null) {
  (chosen ?? tree?.querySelector("[role=treeitem]"))?.setAttribute("tabindex", "0");
}
