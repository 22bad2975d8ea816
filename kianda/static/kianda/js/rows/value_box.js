// A box that takes values, as people read it: names are chips, text is text. It answers like an
// input, and what it holds stands in the real one underneath, which is what is sent.
import { chipFor, titleOf } from "./value_chips.js";
import { NOTHING, offsetAt, select, selectionIn, textOf } from "./value_place.js";
import { formulaInWords, isFormula, moved, piecesOf } from "./value_text.js";

// What leads to a box, says what it is, or is looked for in it goes with what is seen.
const MOVES = [
  "id",
  "aria-label",
  "aria-invalid",
  "aria-describedby",
  "autofocus",
  "placeholder",
  "data-complete",
  "data-left",
  "data-formula",
];

const give = (from, to) => {
  for (const name of MOVES.filter((one) => from.hasAttribute(one))) {
    to.setAttribute(name, from.getAttribute(name));
    from.removeAttribute(name);
  }
  to.classList.toggle("is-invalid", from.classList.contains("is-invalid"));
};

const shown = new WeakMap();

// What is seen of a box: where it stands for another one, that one.
export const shownFor = (box) => shown.get(box) ?? box;

export class ValueBox extends HTMLElement {
  static observedAttributes = ["data-formula"];
  #box = null;
  // Anchor and focus of what is selected in the text.
  #range = [0, 0];
  #slots = [];
  #past = [];
  #future = [];
  #run = -1;
  #told = "";
  #isComposing = false;
  #isPressed = false;

  // ---- the input that it stands for

  over(box) {
    this.#box = box;
    this.#told = box.value;
    const hadFocus = document.activeElement === box;
    this.#range = hadFocus
      ? [box.selectionStart, box.selectionEnd]
      : Array(2).fill(box.value.length);
    this.className = `form-control k-values${this.isLine ? "" : " k-values--lines"}`;
    this.setAttribute("role", "textbox");
    this.setAttribute("contenteditable", "true");
    this.setAttribute("aria-multiline", String(!this.isLine));
    if (!this.isLine) this.style.setProperty("--rows", box.rows);
    Object.assign(this, { spellcheck: false, autocapitalize: "none" });
    give(box, this);
    box.before(this);
    shown.set(box, this);
    this.#named();
    this.#draw();
    box.focus = () => this.focus();
    box.addEventListener("input", this);
    if (hadFocus) this.focus();
    box.hidden = true;
  }

  // The box underneath as it was, with what stands in it now.
  leave() {
    const [box, hadFocus] = [this.#box, document.activeElement === this];
    box.removeEventListener("input", this);
    delete box.focus;
    shown.delete(box);
    box.hidden = false;
    give(this, box);
    if (hadFocus) box.focus();
    if (hadFocus) box.setSelectionRange(this.selectionStart, this.selectionEnd);
    this.remove();
    return box;
  }

  #named() {
    const label = document.querySelector(`label[for="${CSS.escape(this.id)}"]`);
    if (label) label.id ||= `${this.id}-label`;
    if (label) this.setAttribute("aria-labelledby", label.id);
    const placeholder = this.getAttribute("placeholder");
    if (placeholder) this.setAttribute("aria-placeholder", placeholder);
  }

  get isLine() {
    return this.#box.localName === "input";
  }

  get form() {
    return this.#box.form;
  }

  get name() {
    return this.#box.name;
  }

  get type() {
    return this.isLine ? "text" : "textarea";
  }

  get defaultValue() {
    return this.#box.defaultValue;
  }

  get value() {
    return this.#box.value;
  }

  set value(text) {
    this.#box.value = this.#fitting(text);
    this.#slots = [];
    this.#range = Array(2).fill(this.value.length);
    this.draw();
  }

  get selectionStart() {
    return Math.min(...this.#range);
  }

  get selectionEnd() {
    return Math.max(...this.#range);
  }

  setSelectionRange(from, to) {
    this.#range = [from, to];
    if (document.activeElement === this) select(this, from, to);
  }

  select() {
    this.setSelectionRange(0, this.value.length);
  }

  setRangeText(text, from = this.selectionStart, to = this.selectionEnd) {
    this.#put(this.#fitting(text), from, to);
  }

  // Arguments of a function that are to be filled in, as places in the text that is put in.
  putWithSlots(text, slots) {
    const from = this.selectionStart;
    this.#put(text, from, this.selectionEnd);
    this.#slots.push(...slots.map((slot) => slot.map((at) => at + from)));
    this.#slots.sort(([one], [other]) => one - other);
    this.draw();
    if (slots.length) this.setSelectionRange(...slots[0].map((at) => at + from));
    this.#tell();
  }

  // ---- what is seen

  get #isFolded() {
    return this.isLine && isFormula(this.value) && document.activeElement !== this;
  }

  draw() {
    if (this.#isComposing) return;
    this.#draw();
    if (document.activeElement === this) select(this, ...this.#range);
  }

  #draw() {
    const nodes = [];
    const caret = (node) => {
      if (typeof nodes.at(-1) !== "string" && typeof node !== "string") nodes.push(NOTHING);
      nodes.push(node);
    };
    const pieces = this.#isFolded ? [{ kind: "formula" }] : this.#pieces;
    for (const piece of pieces) caret(this.#drawn(piece));
    if (typeof nodes.at(-1) !== "string" || nodes.at(-1).endsWith("\n")) nodes.push(NOTHING);
    this.replaceChildren(...nodes);
    this.toggleAttribute("data-empty", !this.value);
    this.#mark();
  }

  get #pieces() {
    const formula = isFormula(this.value) || "formula" in this.dataset;
    return piecesOf(this.value, { slots: this.#slots, formula });
  }

  #drawn({ kind, name, from, to }) {
    if (kind === "text") return this.value.slice(from, to);
    if (kind === "name") return chipFor(this, name);
    const made = document.createElement("span");
    if (kind === "function") {
      made.className = "k-fn";
      made.textContent = name;
      return made;
    }
    if (kind === "formula") return this.#folded();
    Object.assign(made, { className: "k-val k-val--slot", contentEditable: "false" });
    made.textContent = made.dataset.text = name;
    return made;
  }

  #folded() {
    const { content } = document.querySelector("template[data-formula-chip]");
    const chip = content.firstElementChild.cloneNode(true);
    chip.contentEditable = "false";
    chip.dataset.text = this.value;
    chip.lastElementChild.textContent = formulaInWords(this.value, (name) => titleOf(this, name));
    return chip;
  }

  #mark() {
    const [from, to] = [this.selectionStart, this.selectionEnd];
    const chips = this.querySelectorAll(".k-val--slot");
    for (const [at, chip] of chips.entries()) {
      const [start, end] = this.#slots[at] ?? [];
      chip.classList.toggle("is-active", from === start && to === end);
    }
  }

  // ---- edits

  #fitting(text) {
    const plain = text.replaceAll("\r\n", "\n").replaceAll(NOTHING, "");
    return this.isLine ? plain.replace(/\s*\n\s*/g, " ") : plain;
  }

  #put(text, from, to) {
    const isRun = from === to && text.length === 1 && this.#run === from && /\w/.test(text);
    if (!isRun) this.#past.push(this.#state);
    this.#future = [];
    this.#run = from === to ? from + text.length : -1;
    this.#slots = moved(this.#slots, from, to, text.length);
    this.#box.value = this.value.slice(0, from) + text + this.value.slice(to);
    this.#range = Array(2).fill(from + text.length);
    this.draw();
  }

  #type(text, [from, to]) {
    this.#put(this.#fitting(text), from, to);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  get #state() {
    return { text: this.value, slots: this.#slots, range: this.#range };
  }

  #step(from, to) {
    if (!from.length) return;
    to.push(this.#state);
    const { text, slots, range } = from.pop();
    this.#box.value = text;
    [this.#slots, this.#range, this.#run] = [slots, range, -1];
    this.draw();
    this.#tell();
  }

  // What a key that deletes takes away: a chip whole, else what the browser says.
  #reach(event) {
    const selected = [this.selectionStart, this.selectionEnd];
    const [target] = event.getTargetRanges();
    const aimed = target && [
      offsetAt(this, target.startContainer, target.startOffset),
      offsetAt(this, target.endContainer, target.endOffset),
    ];
    const isPlaced = ["insertReplacementText", "insertFromDrop"].includes(event.inputType);
    if (selected[0] !== selected[1] || event.inputType.startsWith("insert"))
      return isPlaced && aimed ? aimed : selected;
    const [caret] = selected;
    const isBack = !event.inputType.endsWith("Forward");
    const chips = this.#pieces.filter(({ kind }) => kind === "name" || kind === "slot");
    const chip = chips.find(({ from, to }) => (isBack ? to : from) === caret);
    if (chip && !event.inputType.includes("Line")) return [chip.from, chip.to];
    const [from, to] =
      aimed && aimed[0] !== aimed[1] ? aimed : isBack ? [caret - 1, caret] : [caret, caret + 1];
    const cut = chips.filter((one) => one.from < to && one.to > from);
    return [
      Math.max(0, Math.min(from, ...cut.map((one) => one.from))),
      Math.max(to, ...cut.map((one) => one.to)),
    ];
  }

  // The box underneath sends its form so, and the first button of the form says how.
  #send() {
    this.#settle();
    [...(this.form?.elements ?? [])].find((one) => one.type === "submit" && !one.disabled)?.click();
  }

  #settle() {
    if (this.#told === this.value) return;
    this.#told = this.value;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #move(event, by) {
    const [anchor, focus] = this.#range;
    const chips = this.#pieces.filter(({ kind }) => kind === "name" || kind === "slot");
    const chip = chips.find(({ from, to }) => (by < 0 ? to : from) === focus);
    const edge = by < 0 ? this.selectionStart : this.selectionEnd;
    const letter = by < 0 ? this.value.slice(0, focus) : this.value.slice(focus);
    const step = (by < 0 ? [...letter].at(-1) : [...letter][0])?.length ?? 0;
    const next = chip ? (by < 0 ? chip.from : chip.to) : focus + by * step;
    if (event.shiftKey) this.setSelectionRange(anchor, next);
    else if (anchor !== focus) this.setSelectionRange(edge, edge);
    else this.setSelectionRange(next, next);
    event.preventDefault();
  }

  // Tab goes from one argument to the next, and behind the last one on to what follows the box.
  #toSlot(event) {
    const by = event.shiftKey ? -1 : 1;
    const [from, to] = [this.selectionStart, this.selectionEnd];
    const next =
      by > 0
        ? this.#slots.find(([start]) => start >= to)
        : this.#slots.findLast(([, end]) => end <= from);
    if (!next) return;
    event.preventDefault();
    this.setSelectionRange(...next);
  }

  // ---- what happens to it

  connectedCallback() {
    for (const kind of HEARD) this.addEventListener(kind, this);
  }

  attributeChangedCallback() {
    if (this.#box) this.draw();
  }

  handleEvent(event) {
    // The browser tells of what is selected only afterwards.
    if (USES_SELECTION.includes(event.type)) this.noteSelection();
    this[`on_${event.type}`](event);
  }

  on_beforeinput(event) {
    if (this.#isComposing || !event.cancelable) return;
    event.preventDefault();
    const kind = event.inputType;
    if (kind === "historyUndo") this.#step(this.#past, this.#future);
    else if (kind === "historyRedo") this.#step(this.#future, this.#past);
    else if (/^insert(Paragraph|LineBreak)$/.test(kind) && this.isLine) this.#send();
    else if (/^insert(Paragraph|LineBreak)$/.test(kind)) this.#type("\n", this.#reach(event));
    else if (kind.startsWith("delete")) this.#type("", this.#reach(event));
    else if (kind.startsWith("insert"))
      this.#type(event.data ?? event.dataTransfer?.getData("text/plain") ?? "", this.#reach(event));
  }

  // What the browser itself has written, as a keyboard does that composes, is read back; what others
  // have written into the box underneath is shown.
  on_input(event) {
    if (event.target === this.#box) {
      if (this.#range.some((at) => at > this.value.length)) this.#range.fill(this.value.length);
      this.draw();
    } else if (event.isTrusted) {
      event.stopPropagation();
      if (!this.#isComposing) this.#readBack();
    }
  }

  #readBack() {
    const [text, range] = [this.#fitting(textOf(this)), selectionIn(this)];
    if (text === this.value) return this.draw();
    this.#past.push(this.#state);
    this.#future = [];
    this.#slots = [];
    this.#box.value = text;
    this.#range = range ?? Array(2).fill(text.length);
    this.draw();
    this.#tell();
  }

  on_compositionstart() {
    this.#isComposing = true;
  }

  on_compositionend() {
    this.#isComposing = false;
    this.#readBack();
  }

  on_copy(event) {
    if (this.selectionStart === this.selectionEnd) return;
    event.preventDefault();
    event.clipboardData.setData(
      "text/plain",
      this.value.slice(this.selectionStart, this.selectionEnd),
    );
  }

  on_cut(event) {
    this.on_copy(event);
    if (event.defaultPrevented) this.#type("", [this.selectionStart, this.selectionEnd]);
  }

  on_paste(event) {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    this.#type(text, [this.selectionStart, this.selectionEnd]);
  }

  on_keydown(event) {
    if (event.isComposing || event.altKey) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isCommand && (key === "z" || key === "y")) {
      event.preventDefault();
      if (key === "y" || event.shiftKey) this.#step(this.#future, this.#past);
      else this.#step(this.#past, this.#future);
    }
    if (isCommand) return;
    if (key === "arrowleft") this.#move(event, -1);
    if (key === "arrowright") this.#move(event, 1);
    if (key === "tab" && this.#slots.length) this.#toSlot(event);
  }

  on_pointerdown(event) {
    // A formula that is pressed is built, not typed over.
    if (event.target.closest("[data-folded]")) event.preventDefault();
    else this.#isPressed = true;
  }

  on_mousedown(event) {
    if (event.target.closest("[data-folded]")) event.preventDefault();
  }

  on_pointerup() {
    this.#isPressed = false;
  }

  on_focus() {
    this.#told = this.value;
    const wasFolded = this.querySelector("[data-folded]");
    if (wasFolded) this.#draw();
    if (wasFolded || !this.#isPressed) select(this, ...this.#range);
  }

  on_blur() {
    this.#isPressed = false;
    this.#run = -1;
    this.#settle();
    if (this.#isFolded) this.#draw();
  }

  on_change() {
    this.#told = this.value;
  }

  // The caret, and what is selected, is known although the focus is elsewhere.
  noteSelection() {
    if (this.#isComposing) return;
    this.#range = selectionIn(this) ?? this.#range;
    this.#mark();
  }
}

const USES_SELECTION = ["beforeinput", "copy", "cut", "paste", "keydown"];
const HEARD = [
  "beforeinput",
  "input",
  "compositionstart",
  "compositionend",
  "copy",
  "cut",
  "paste",
  "keydown",
  "pointerdown",
  "mousedown",
  "pointerup",
  "focus",
  "blur",
  "change",
];
