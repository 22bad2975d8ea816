// Completion: after "[" the names that fit, in an expression the functions, in a name box the names.
import { on, onCapture } from "../page/listen.js";
import { beside, changed, float, wait } from "../page/float.js";
import { ask, isName, rootOf, write } from "./parts.js";
import { isFormula } from "./value_text.js";
import { word as said } from "../page/words.js";

const list = document.createElement("ul");
Object.assign(list, { id: "k-complete", className: "k-complete", popover: "manual" });
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", said("fitting"));
let box = null;
let word = null;
let now = -1;
// The box whose names are on their way, and whether Enter has been pressed meanwhile. Names that
// are shown while others are on their way are for what stood there before.
let awaited = null;
let entered = false;
let inputs = 0;
// The box that Ctrl and Space were pressed in: names and functions are offered, whatever stands there.
let wide = null;

// What is being written at the caret: where it begins, and what may stand there.
function wordAt(field) {
  const begun = wordBegun(field);
  if (wide !== field || begun?.which === field.dataset.complete) return begun;
  const which = field.dataset.complete;
  const caret = field.selectionStart ?? field.value.length;
  const before = field.value.slice(0, caret);
  if (isName(which)) return { which, from: 0, to: field.value.length, text: before };
  const [text] = /(?:[A-Za-z]\w*)?$/.exec(before);
  return { which, functions: takesCalls(field), from: caret - text.length, to: caret, text };
}

const takesCalls = (field) => "formula" in field.dataset || isFormula(field.value);

function wordBegun(field) {
  const which = field.dataset.complete;
  const caret = field.selectionStart ?? field.value.length;
  const before = field.value.slice(0, caret);
  if (isName(which))
    return before ? { which, from: 0, to: field.value.length, text: before } : null;
  const name = /(?:^|[^[])\[(\w[\w.-]*)?$/.exec(before);
  if (name) {
    const text = name[1] ?? "";
    const close = field.value[caret] === "]" ? 1 : 0;
    return { which, from: caret - text.length - 1, to: caret + close, text };
  }
  const call = takesCalls(field) && /(?:^|[^\w.[])([A-Za-z]\w*)$/.exec(before);
  const quoted = call && (before.split('"').length + before.split("'").length) % 2;
  return call && !quoted
    ? { which: "function", from: caret - call[1].length, to: caret, text: call[1] }
    : null;
}

const look = wait(120, async (field) => {
  if (document.activeElement !== field) return;
  const found = wordAt(field);
  if (!found) {
    awaited = null;
    return close();
  }
  const asked = inputs;
  const html = await ask(rootOf(field), "completion", {
    which: found.which,
    q: found.text,
    id: list.id,
    functions: found.functions ? "1" : "",
  });
  // Who has typed on meanwhile is asked for again.
  if (html === undefined || inputs !== asked) return;
  awaited = null;
  if (html && document.activeElement === field && wordAt(field)?.to === found.to)
    open(field, found, html);
  else close();
  if (entered && box) take(list.children[now]);
});

function open(field, found, html) {
  [box, word] = [field, found];
  list.innerHTML = html;
  float(list, field);
  list.showPopover();
  beside(list, field);
  field.setAttribute("aria-controls", list.id);
  if (field.tagName === "INPUT") field.setAttribute("aria-expanded", "true");
  mark(0);
}

export function close() {
  wide = null;
  if (!box) return;
  box.setAttribute("aria-expanded", "false");
  if (box.tagName !== "INPUT") box.removeAttribute("aria-expanded");
  box.removeAttribute("aria-activedescendant");
  if (list.matches(":popover-open")) list.hidePopover();
  box = null;
}

function mark(next) {
  const options = list.children;
  options[now]?.setAttribute("aria-selected", "false");
  now = (next + options.length) % options.length;
  options[now].setAttribute("aria-selected", "true");
  options[now].scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", options[now].id);
}

function take(option) {
  const [field, at] = [box, wordAt(box) ?? word];
  close();
  write(field, option.dataset.value, at);
  changed(field);
  field.focus();
}

on("focusin", "input[data-complete]", (field) => {
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
});

on("input", "[data-complete]", (field, event) => {
  // What a person types, in an input or among chips; scripts tell of what they write by other events.
  if (!(event instanceof InputEvent)) return;
  entered = false;
  inputs += 1;
  awaited = wordAt(field) ? field : null;
  // What is shown is for what stood there before: Tab and Enter are for what comes next.
  if (!awaited && field === box) close();
  look(field);
});

onCapture("keydown", (event) => {
  if (event.key !== " " || !event.ctrlKey || !event.target.matches("[data-complete]")) return;
  event.preventDefault();
  wide = awaited = event.target;
  entered = false;
  inputs += 1;
  look(event.target);
});

on("focusout", (event) => {
  if (event.target === awaited) awaited = null;
  if (event.target === wide) wide = null;
  if (event.target === box) close();
});

// Who types quickly presses Enter before the names are there: it is for them, not for the form.
onCapture("keydown", (event) => {
  if (
    event.target !== awaited ||
    !(event.key === "Enter" || (event.key === "Tab" && box && !event.shiftKey))
  )
    return;
  event.preventDefault();
  event.stopImmediatePropagation();
  entered = true;
});

onCapture("keydown", (event) => {
  if (!box || event.target !== box) return;
  const act = {
    ArrowDown: () => mark(now + 1),
    ArrowUp: () => mark(now - 1),
    Enter: () => take(list.children[now]),
    Tab: () => take(list.children[now]),
    Escape: close,
  }[event.key];
  if (!act || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // Tab completes and stays; the next one goes on.
  event.preventDefault();
  event.stopPropagation();
  act();
});

list.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  const option = event.target.closest("[role=option]");
  if (option) take(option);
});

// A name that is no longer there gives way to the one that was probably meant.
on("click", "[data-use]", (use) => {
  const { use: meant, gone, box: id } = use.dataset;
  const field = document.getElementById(id);
  write(field, field.value === gone ? meant : field.value.replaceAll(`[${gone}]`, `[${meant}]`));
  field.classList.remove("is-invalid");
  field.removeAttribute("aria-invalid");
  use.closest(".invalid-feedback").remove();
  field.focus();
  changed(field);
});

onCapture("scroll", (event) => event.target !== list && close());
