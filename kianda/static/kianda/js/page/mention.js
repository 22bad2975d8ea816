// Mentions: who types @ and part of a name in a comment is offered the people who fit, and chooses
// one for whom the user name is written.
import { on, onCapture } from "./listen.js";
import { ask } from "./ask.js";
import { word } from "./words.js";
import { beside, changed, float, wait } from "./float.js";

const BOX = "[data-mentions]";
const list = document.createElement("div");
Object.assign(list, { id: "k-mentions", className: "k-people-list", popover: "manual" });
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", word("peopleFound"));

// The box whose list is open, and the option that is marked.
let box = null;
let marked = null;

const options = () => [...list.querySelectorAll("[role=option]")];

// What stands between an @ and the caret; null where no name is being typed. An @ in an address
// begins none.
function typedName(field) {
  const before = field.value.slice(0, field.selectionStart);
  return /(?:^|[^\p{L}\p{N}_.@+-])@([\p{L}\p{N}_.@+-]*)$/u.exec(before)?.[1] ?? null;
}

const look = wait(120, async (field) => {
  const name = typedName(field);
  if (name === null) return close();
  const url = `${field.dataset.mentions}&q=${encodeURIComponent(name)}`;
  const found = await ask(url, { kind: "mentions" });
  if (found.why === "replaced") return;
  if (document.activeElement !== field || typedName(field) !== name) return close();
  list.innerHTML = found.text ?? "";
  if (options().length) open(field);
  else close();
});

function open(field) {
  box = field;
  float(list, field);
  list.showPopover();
  beside(list, field);
  field.setAttribute("aria-controls", list.id);
  mark(0);
}

function close() {
  if (!box) return;
  box.removeAttribute("aria-activedescendant");
  box.removeAttribute("aria-controls");
  if (list.matches(":popover-open")) list.hidePopover();
  box = null;
}

function mark(at) {
  const all = options();
  marked = all.at(at % all.length);
  for (const one of all) {
    one.classList.toggle("is-active", one === marked);
    one.setAttribute("aria-selected", String(one === marked));
  }
  marked.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", marked.id);
}

const step = (by) => mark(options().indexOf(marked) + by);

function choose(option) {
  const field = box;
  close();
  const to = field.selectionStart;
  const from = to - (typedName(field) ?? "").length;
  field.setRangeText(`${option.dataset.ref.replace(/^user:/, "")} `, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  changed(field);
  field.focus();
}

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: () => choose(marked),
  Tab: () => choose(marked),
  Escape: close,
};

on("input", BOX, (field, event) => {
  if (!event.isTrusted) return;
  if (typedName(field) === null) close();
  else look(field);
});

onCapture("keydown", BOX, (field, event) => {
  if (box !== field || !(event.key in KEYS) || event.isComposing) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  KEYS[event.key]();
});

on("focusout", BOX, close);
onCapture("scroll", (event) => !list.contains(event.target) && close());

list.addEventListener("pointerdown", (event) => {
  // The box keeps the focus.
  event.preventDefault();
});
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && box) choose(option);
});
