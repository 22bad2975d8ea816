// The dialog of one value: a text, a field or a formula, with its result as one types.
import { on } from "../page/listen.js";
import { openModal } from "../page/dialog.js";
import { changed, wait } from "../page/float.js";
import { about, ask, complain, ready, write } from "./parts.js";
import { argumentsOf, choose, chooseNamed, chosen } from "./functions.js";
import { insertSlots } from "./values.js";
import { functionAt, kindOf, shownAs, storedAs, written } from "./value_kinds.js";

let box = null;
let root = null;
let kind = "text";
// Whether the sign = made it a formula; a second one then makes it a text again.
let signed = false;
// What was stored as each kind when another one was chosen, and what that was written as then.
let drafts = {};

const textBox = () => document.getElementById("k-builder-text");
const find = (selector) => document.querySelector(`#k-builder ${selector}`);
const stored = () => storedAs(kind, textBox().value);

function dialog() {
  let found = document.getElementById("k-builder");
  if (!found) {
    found = document.createElement("dialog");
    Object.assign(found, { id: "k-builder", className: "k-dialog k-dialog--mid k-builder" });
    found.setAttribute("aria-labelledby", "k-builder-title");
    found.addEventListener("close", () => box?.focus());
    document.body.append(found);
  }
  return found;
}

// Where the value goes, by the boxes beside it.
function place() {
  const row = box.closest("[data-mapping] tr");
  const beside = (name) => row?.querySelector(`[name$="/${name}"]`)?.value ?? "";
  return {
    row_field: beside("field"),
    row_target: beside("target"),
    setting: box.name.split("/").at(-1),
  };
}

// What is written shows as what it is; an empty box as what was asked for.
export async function build(field, form, asked = "text") {
  [box, root] = [field, form];
  const labelled = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  const label = field.getAttribute("aria-label") ?? labelled?.textContent.trim() ?? "";
  const html = await ask(root, "builder", {
    which: field.dataset.complete,
    text: field.value,
    label,
    ...place(),
  });
  complain(field.closest("[data-control]") ?? field.parentElement.parentElement, html);
  if (!html) return;
  const made = dialog();
  made.innerHTML = `<div data-settings-form>${html}</div>`;
  Object.assign(made.firstElementChild.dataset, { parts: root.dataset.parts, ...about(root) });
  openModal(made);
  drafts = {};
  show(field.value ? kindOf(field.value) : asked, field.value);
  choose(find("#k-functions"), find("#k-functions [role=option]"));
  const leaf = find("[data-tree-place] [aria-selected=true]");
  ready(find("[role=tree]"), leaf);
  if (kind === "field") (leaf ?? find("[name=k-builder-kind]:checked")).focus();
  else toTheEnd();
  follow();
}

function toTheEnd() {
  const text = textBox();
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
}

// Shows a value as one of its kinds, with what belongs to that kind.
function show(next, value) {
  [kind, signed] = [next, false];
  const text = textBox();
  text.value = shownAs(kind, value);
  text.toggleAttribute("data-formula", kind === "formula");
  find(`[name=k-builder-kind][value=${kind}]`).checked = true;
  for (const part of document.querySelectorAll("#k-builder [data-for-kind]"))
    part.hidden = !part.dataset.forKind.split(" ").includes(kind);
  tell();
}

// What follows from the value wherever it came from.
function tell() {
  const value = stored();
  find("[data-stored]").textContent = value;
  find(".k-stored").hidden = !value;
  find("[data-unchosen]").hidden = kindOf(value) === "field";
  for (const leaf of document.querySelectorAll("#k-builder [data-tree-place] [data-leaf]"))
    leaf.setAttribute("aria-selected", String(leaf.dataset.value === value));
  result(value);
}

const result = wait(200, async (value) => {
  const text = textBox();
  if (!text) return;
  // What still has places to fill in is unfinished, not wrong.
  if (text.querySelector(".k-val--slot"))
    return put(find("[data-unfilled]").content.cloneNode(true));
  const html = await ask(root, "result", {
    text: value,
    which: text.dataset.complete,
    record: document.getElementById("k-builder-record")?.value ?? "",
    ...place(),
  });
  if (typeof html !== "string" || !textBox() || stored() !== value) return;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const facts = holder.content.querySelector(".k-facts");
  facts?.remove();
  put(holder.content, facts ?? "");
});

function put(outcome, facts = "") {
  const [text, line] = [textBox(), document.getElementById("k-builder-result")];
  line.replaceChildren(outcome);
  document.getElementById("k-builder-facts").replaceChildren(facts);
  const isWrong = Boolean(line.querySelector(".k-note--bad"));
  text.classList.toggle("is-invalid", isWrong);
  if (isWrong) text.setAttribute("aria-invalid", "true");
  else text.removeAttribute("aria-invalid");
}

// Another kind is chosen: what can be kept is kept, and whoever goes back finds what they had.
function change(next) {
  const value = stored();
  const draft = drafts[next];
  const back = draft && written(draft.stored, draft.as) === value ? draft.stored : null;
  drafts[kind] = { stored: value, as: next };
  show(next, back ?? written(value, next));
}

// Who chooses with the mouse goes on in the box; who does with the arrow keys may want the next one.
let pressed = false;
on("pointerdown", (event) => {
  pressed = Boolean(event.target.closest("#k-builder .k-seg"));
});

on("change", "[name=k-builder-kind]", (radio) => {
  change(radio.value);
  if (pressed && kind !== "field") toTheEnd();
  pressed = false;
});
on("change", "#k-builder-record", () => result(stored()));

on("input", "#k-builder-text", (text) => {
  // Who begins with = means a formula; with two of them a text again. Who chose a formula already
  // has the sign, and means no other.
  const value = kind === "formula" ? `=${text.value}` : text.value;
  const now = kindOf(value) === "formula";
  if (now === (kind === "formula") || !text.value) return tell();
  if (now || signed) show(now ? "formula" : "text", value);
  else show("formula", text.value);
  signed = now;
  toTheEnd();
});

// The function that is being written is the one that is explained.
function follow() {
  const text = textBox();
  if (kind !== "formula" || document.activeElement !== text) return;
  const name = functionAt(text.value, text.selectionStart);
  if (name) chooseNamed(find("#k-functions"), name);
}

on("selectionchange", follow);
on("input", "#k-builder-text", follow);

function insert() {
  const option = chosen(find("#k-functions"));
  if (option && !option.hidden)
    insertSlots(textBox(), option.dataset.function, argumentsOf(option));
}

on("click", "#k-functions [role=option]", (option) => choose(option.parentElement, option));
on("dblclick", "#k-functions [role=option]", insert);
on("click", "[data-insert-function]", insert);
on("keydown", "#k-functions, [data-find-function]", (_, event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  insert();
});

// A field of the tree is the value; `tree.js` tells of it.
on("kianda:pick", "#k-builder [data-tree-place]", (_, event) => {
  textBox().value = event.detail;
  show("field", event.detail);
});

on("click", "#k-builder", (made, event) => {
  if (event.target.closest("[data-builder-close]")) made.close();
  if (event.target.closest("[data-builder-ok]")) {
    const value = stored();
    write(box, box.type === "textarea" ? value : value.replace(/\s*\n\s*/g, " "));
    made.close();
    changed(box);
  }
  if (event.target.closest("[data-show-place]")) {
    const { start, end } = event.target.closest("[data-start]").dataset;
    const sign = kind === "formula" ? 1 : 0;
    textBox().focus();
    textBox().setSelectionRange(Number(start) - sign, Number(end) - sign);
  }
});
