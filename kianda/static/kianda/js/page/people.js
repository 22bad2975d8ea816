// The people picker: a box that searches people and groups, a chip for each of the chosen. What is
// sent stands in the plain boxes of names below it, which are all there is without script.
import { on, onCapture } from "./listen.js";
import { ask } from "./ask.js";
import { word } from "./words.js";
import { beside, changed, float, wait } from "./float.js";

const panel = document.createElement("div");
Object.assign(panel, { className: "k-people-list", popover: "manual" });
const list = document.createElement("div");
list.id = "k-people-options";
list.setAttribute("role", "listbox");
panel.append(list);

// The box whose list is open, the option that is marked, and the box whose answer is on its way:
// who types quickly presses Enter before it has come.
let box = null;
let marked = null;
let awaited = null;
let entered = false;
let isStoring = false;

const BETWEEN = { user: /[\s,;]+/, group: /[\n,;]+/, "": /[\n,;]+/ };
const pickerOf = (node) => node.closest("[data-people]");
const boxOf = (picker) => picker.querySelector("[role=combobox]");
const chipsOf = (picker) => [...picker.querySelectorAll(".k-chip[data-ref]")];
const plainBoxes = (picker) => [...picker.querySelectorAll("[data-kind]")];
const options = () => [...list.querySelectorAll("[role=option]")];
const isFree = (picker) => "free" in picker.dataset;

// ---- what is chosen, in the chips and in the plain boxes

function refsIn(picker) {
  return plainBoxes(picker).flatMap(({ value, dataset: { kind } }) =>
    value
      .split(isFree(picker) ? /\n+/ : BETWEEN[kind])
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => (kind ? `${kind}:${name}` : name)),
  );
}

function nameIn(ref, boxes) {
  const [kind, ...rest] = ref.split(":");
  const own = boxes.find((one) => one.dataset.kind && one.dataset.kind === kind && rest.length);
  return own ? [own, rest.join(":")] : [boxes[0], ref];
}

function store(picker) {
  const boxes = plainBoxes(picker);
  const names = new Map(boxes.map((one) => [one, []]));
  for (const { dataset } of chipsOf(picker)) {
    const [own, name] = nameIn(dataset.ref, boxes);
    names.get(own).push(name);
  }
  isStoring = true;
  for (const [plain, found] of names) {
    const value = found.join("\n");
    if (plain.value === value) continue;
    plain.value = value;
    plain.dispatchEvent(new Event("input", { bubbles: true }));
    changed(plain);
    // What was wrong with it is over, beside the box that searches as well.
    boxOf(picker).dispatchEvent(new Event("input", { bubbles: true }));
  }
  isStoring = false;
}

function chipFor(picker, ref, label, mark) {
  const chip = picker
    .querySelector("template[data-chip]")
    .content.firstElementChild.cloneNode(true);
  chip.dataset.ref = ref;
  chip.querySelector(".k-chip-name").textContent = label;
  chip.querySelector("button")?.setAttribute("aria-label", word("removePerson", { name: label }));
  if (mark) {
    mark.classList.add("k-avatar--sm");
    chip.firstElementChild.replaceWith(mark);
  }
  return chip;
}

// The chips as the plain boxes say, which somebody else has written into.
function redraw(picker) {
  const known = new Map(chipsOf(picker).map((chip) => [chip.dataset.ref, chip]));
  known.forEach((chip) => chip.remove());
  for (const ref of new Set(refsIn(picker)))
    boxOf(picker).before(known.get(ref) ?? chipFor(picker, ref, ref.replace(/^(user|group):/, "")));
}

function remove(picker, chip) {
  const name = chip.querySelector(".k-chip-name").textContent;
  chip.remove();
  store(picker);
  say(picker, word("personRemoved", { name }));
}

function pick(picker, ref, label, mark) {
  const chosen = chipsOf(picker);
  const same = chosen.find((chip) => chip.dataset.ref === ref);
  if (same) return;
  if (!("multiple" in picker.dataset)) chosen.forEach((chip) => chip.remove());
  boxOf(picker).before(chipFor(picker, ref, label, mark));
  say(picker, word("personAdded", { name: label }));
}

// What is typed and was not chosen from the list: the server says whether anybody is called so.
function take(input) {
  const picker = pickerOf(input);
  const text = input.value.trim();
  input.value = "";
  if (!text) return;
  const kind = plainBoxes(picker)[0].dataset.kind;
  const exact = options().find((one) => box === input && isCalled(one, text));
  if (exact) pickOption(picker, exact);
  else
    for (const name of text.split(isFree(picker) ? /\n+/ : BETWEEN[kind]))
      if (name) pick(picker, refOf(name.trim(), kind), name.trim());
  store(picker);
}

const refOf = (name, kind) => (!kind || /^(user|group):/.test(name) ? name : `${kind}:${name}`);

function isCalled({ dataset }, text) {
  const low = text.toLowerCase();
  return [dataset.label, dataset.detail, dataset.ref].some((one) => one?.toLowerCase() === low);
}

function pickOption(picker, option) {
  const mark = option.querySelector(".k-avatar")?.cloneNode(true);
  const { ref, label } = option.dataset;
  const there = chipsOf(picker).find((chip) => chip.dataset.ref === ref);
  if (there && option.getAttribute("aria-selected") === "true") there.remove();
  else pick(picker, ref, label, mark);
}

function say(picker, sentence) {
  picker.querySelector("[role=status]").textContent = sentence;
}

// ---- the list

function choicesOf(picker, words) {
  const template = picker.querySelector("template[data-choices]");
  if (!template) return [];
  const group = template.content.firstElementChild.cloneNode(true);
  const low = words.toLowerCase();
  for (const one of group.querySelectorAll("[role=option]")) {
    const { label, ref } = one.dataset;
    if (!label.toLowerCase().includes(low) && !ref.toLowerCase().includes(low)) one.remove();
  }
  return group.querySelector("[role=option]") ? [group] : [];
}

// In a box that takes any text: a field or an expression, as people or as groups.
const isValue = (picker, words) => isFree(picker) && /^[[=]/.test(words);

const look = wait(120, async (input) => {
  const picker = pickerOf(input);
  const words = input.value.trim();
  const url = picker.dataset.people;
  const found = isValue(picker, words)
    ? { text: "" }
    : await ask(`${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(words)}`, {
        kind: "people",
      });
  if (found.why === "replaced" || document.activeElement !== input) return;
  if (input.value.trim() !== words) return;
  awaited = null;
  list.innerHTML = found.text ?? "";
  list.append(...choicesOf(picker, words));
  if (options().length) open(input, words);
  else {
    close();
    if (words) say(picker, found.why ? (found.words ?? word("peopleLost")) : word("noneFits"));
  }
  if (!entered) return;
  entered = false;
  if (box === input && marked) choose(marked);
  else take(input);
});

function open(input, words) {
  const picker = pickerOf(input);
  const chosen = new Set(chipsOf(picker).map((chip) => chip.dataset.ref));
  for (const one of options()) {
    one.setAttribute("aria-selected", String(chosen.has(one.dataset.ref)));
    one.classList.toggle("is-chosen", chosen.has(one.dataset.ref));
  }
  box = input;
  marked = null;
  list.setAttribute("aria-label", word("peopleFound"));
  if ("multiple" in picker.dataset) list.setAttribute("aria-multiselectable", "true");
  else list.removeAttribute("aria-multiselectable");
  float(panel, input);
  panel.showPopover();
  panel.style.width = `${picker.querySelector(".k-chipbox").offsetWidth}px`;
  beside(panel, picker.querySelector(".k-chipbox"));
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "true");
  // Who types a whole name means this one, not the first that holds it.
  if (words)
    mark(
      Math.max(
        0,
        options().findIndex((one) => isCalled(one, words)),
      ),
    );
}

function close() {
  if (!box) return;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
  box.removeAttribute("aria-controls");
  if (panel.matches(":popover-open")) panel.hidePopover();
  box = null;
}

function mark(at) {
  const all = options();
  marked?.classList.remove("is-active");
  marked = all.at(at % all.length);
  marked.classList.add("is-active");
  marked.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", marked.id);
}

const step = (by) => {
  const now = options().indexOf(marked);
  mark(now < 0 && by < 0 ? -1 : now + by);
};

function choose(option) {
  const [input, picker] = [box, pickerOf(box)];
  pickOption(picker, option);
  input.value = "";
  close();
  store(picker);
  input.focus();
}

// ---- keys, presses, typing

on("input", "[data-people] [role=combobox]", (input, event) => {
  if (!event.isTrusted) return;
  entered = false;
  awaited = input.value.trim() ? input : null;
  if (input.form) input.form.dataset.typed = "1";
  if (awaited) look(input);
  else close();
});

function onEnter(input, event) {
  if (awaited === input) entered = true;
  else if (box === input && marked) choose(marked);
  else if (input.value.trim()) take(input);
  // An empty box leaves the key to the form.
  else return;
  event.preventDefault();
}

function onBackspace(input) {
  const last = chipsOf(pickerOf(input)).at(-1);
  if (!input.value && last) remove(pickerOf(input), last);
}

function onArrow(input, event, by) {
  event.preventDefault();
  if (box === input) return step(by);
  if (awaited === input) return;
  entered = false;
  look(input);
}

function onEscape(input, event) {
  if (box !== input) return;
  event.preventDefault();
  event.stopPropagation();
  awaited = null;
  close();
}

const KEYS = {
  ArrowDown: (input, event) => onArrow(input, event, 1),
  ArrowUp: (input, event) => onArrow(input, event, -1),
  Enter: onEnter,
  Tab: (input) => box === input && marked && awaited !== input && choose(marked),
  Backspace: onBackspace,
  Escape: onEscape,
};

onCapture("keydown", "[data-people] [role=combobox]", (input, event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
  KEYS[event.key]?.(input, event);
});

on("focusout", "[data-people] [role=combobox]", (input) => {
  // Not left, where the part of the page that it stands in is replaced.
  queueMicrotask(() => input.isConnected && leave(input));
});

function leave(input) {
  if (awaited === input) awaited = null;
  take(input);
  if (box === input) close();
}

// What was typed goes on in the new box, and with it the answer that is on its way, or the list;
// also when Enter was pressed already.
on("focusin", "[data-people] [role=combobox]", (input) => {
  if ([awaited, box].every((old) => old?.isConnected ?? true)) return;
  close();
  queueMicrotask(() => {
    awaited = input.value.trim() ? input : null;
    if (awaited) look(input);
  });
});

// Sent by a key while something is typed.
onCapture("submit", (event) => {
  for (const input of event.target.querySelectorAll("[data-people] [role=combobox]")) take(input);
});

panel.addEventListener("pointerdown", (event) => {
  // The box keeps the focus.
  event.preventDefault();
});
panel.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option && box) choose(option);
});

on("click", "[data-unpick]", (button) => {
  const picker = pickerOf(button);
  remove(picker, button.closest(".k-chip"));
  boxOf(picker).focus();
});

on("click", ".k-chipbox", (place, event) => {
  const input = place.querySelector("[role=combobox]:not(:disabled)");
  if (!input || event.target.closest("[data-unpick]")) return;
  input.focus();
  if (box !== input) look(input);
});

// A link to what is wrong leads to the picker as a whole.
on("focusin", "[data-people]", (picker, event) => {
  if (event.target === picker) boxOf(picker).focus();
});

on("input", "[data-kind]", (plain) => {
  if (!isStoring && pickerOf(plain)) redraw(pickerOf(plain));
});

onCapture("scroll", (event) => !panel.contains(event.target) && close());
