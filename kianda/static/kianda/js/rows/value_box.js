// A box that takes values, as people read it: names are chips, text is text.
import { History } from "./history.js";
import { StandIn } from "./stand_in.js";
import { nodesOf } from "./value_face.js";
import { NOTHING, offsetAt, select, selectionIn, textOf } from "./value_place.js";
import { isFormula, moved, piecesOf, reachFrom, stepFrom } from "./value_text.js";

const EDITS = [
  "beforeinput",
  "compositionstart",
  "compositionend",
  "copy",
  "cut",
  "paste",
  "keydown",
];
const OTHERS = ["input", "change", "pointerdown", "mousedown", "focus", "blur"];

export class ValueBox extends StandIn {
  static observedAttributes = ["data-formula"];
  // Anchor and focus of what is selected in the text.
  range = [0, 0];
  // The places of arguments that are still to be filled in.
  #slots = [];
  #history = new History();
  // Where the letter before was typed: letters of one word are undone together.
  #run = -1;
  #told = "";
  #isComposing = false;
  #isPressed = false;

  // ---- as an input answers

  // As in an input, nothing of before can be had back then.
  set value(text) {
    this.#history = new History();
    this.#write(this.#fitting(text), [], [text.length, text.length]);
  }

  get value() {
    return super.value;
  }

  setSelectionRange(from, to) {
    this.range = [from, to];
    if (document.activeElement === this) select(this, from, to);
  }

  setRangeText(text, from = this.selectionStart, to = this.selectionEnd) {
    this.#put(this.#fitting(text), [from, to]);
  }

  // Arguments of a function that are to be filled in, as places in the text that is put in.
  putWithSlots(text, places) {
    const from = this.selectionStart;
    const slots = places.map((place) => place.map((at) => at + from));
    this.#put(text, [from, this.selectionEnd]);
    this.#slots = [...this.#slots, ...slots].sort(([one], [other]) => one - other);
    if (slots.length) this.range = slots[0];
    this.draw();
    this.#tell();
  }

  // ---- what is seen

  get #isFolded() {
    return this.isLine && isFormula(this.value) && document.activeElement !== this;
  }

  get #pieces() {
    const formula = isFormula(this.value) || "formula" in this.dataset;
    return piecesOf(this.value, { slots: this.#slots, formula });
  }

  draw() {
    if (this.#isComposing) return;
    this.toggleAttribute("data-empty", !this.value);
    const pieces = this.#isFolded ? [{ kind: "formula" }] : this.#pieces;
    this.replaceChildren(...nodesOf(this, pieces));
    this.#mark();
    if (document.activeElement === this) select(this, ...this.range);
  }

  #mark() {
    for (const [at, chip] of this.querySelectorAll(".k-val--slot").entries()) {
      const [from, to] = this.#slots[at] ?? [];
      const isActive = from === this.selectionStart && to === this.selectionEnd;
      chip.classList.toggle("is-active", isActive);
    }
  }

  // The caret, and what is selected, is known although the focus is elsewhere.
  noteSelection() {
    if (this.#isComposing) return;
    this.range = selectionIn(this) ?? this.range;
    this.#mark();
  }

  // ---- edits

  #fitting(text) {
    const plain = text.replaceAll("\r\n", "\n").replaceAll(NOTHING, "");
    return this.isLine ? plain.replace(/\s*\n\s*/g, " ") : plain;
  }

  get #state() {
    return { text: this.value, slots: this.#slots, range: this.range };
  }

  #write(text, slots, range) {
    this.box.value = text;
    this.#slots = slots;
    this.range = range;
    this.draw();
  }

  #put(text, [from, to]) {
    const isRun = from === to && this.#run === from && /^\w$/.test(text);
    if (!isRun) this.#history.note(this.#state);
    this.#run = text.length === 1 ? from + 1 : -1;
    const caret = from + text.length;
    const whole = this.value.slice(0, from) + text + this.value.slice(to);
    this.#write(whole, moved(this.#slots, from, to, text.length), [caret, caret]);
  }

  #type(text, place) {
    this.#put(this.#fitting(text), place);
    this.#tell();
  }

  // As the browser does when a person types; what scripts write is told by other events.
  #tell() {
    this.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  #settle() {
    if (this.#told !== this.value) this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #step(step) {
    const state = step(this.#state);
    if (!state) return;
    this.#run = -1;
    this.#write(state.text, state.slots, state.range);
    this.#tell();
  }

  get #selected() {
    return [this.selectionStart, this.selectionEnd];
  }

  // What an edit of the browser is about.
  #reach(event) {
    const { inputType: kind } = event;
    const [target] = event.getTargetRanges();
    const aimed = target && [
      offsetAt(this, target.startContainer, target.startOffset),
      offsetAt(this, target.endContainer, target.endOffset),
    ];
    if (["insertReplacementText", "insertFromDrop"].includes(kind) && aimed) return aimed;
    const [from, to] = this.#selected;
    if (from !== to || kind.startsWith("insert")) return [from, to];
    const by = kind.endsWith("Forward") ? 1 : -1;
    const isOfLine = kind.includes("Line");
    return reachFrom(this.#pieces, this.value, from, by, { isOfLine, aimed });
  }

  // What the browser itself has written, as a keyboard does that composes.
  #readBack() {
    const [text, range] = [this.#fitting(textOf(this)), selectionIn(this)];
    if (text === this.value) return this.draw();
    this.#history.note(this.#state);
    this.#write(text, [], range ?? [text.length, text.length]);
    this.#tell();
  }

  // ---- what happens to it

  connectedCallback() {
    for (const kind of [...EDITS, ...OTHERS]) this.addEventListener(kind, this);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.draw();
  }

  handleEvent(event) {
    // The browser tells of what is selected only afterwards.
    if (EDITS.includes(event.type)) this.noteSelection();
    this[`on_${event.type}`](event);
  }

  on_beforeinput(event) {
    if (this.#isComposing || !event.cancelable) return;
    event.preventDefault();
    const kind = event.inputType;
    const isBreak = ["insertParagraph", "insertLineBreak"].includes(kind);
    const text = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
    if (kind === "historyUndo") this.#step(this.#history.undo);
    else if (kind === "historyRedo") this.#step(this.#history.redo);
    else if (isBreak && this.isLine) {
      this.#settle();
      this.send();
    } else if (isBreak) this.#type("\n", this.#selected);
    else if (kind.startsWith("delete")) this.#type("", this.#reach(event));
    else if (kind.startsWith("insert")) this.#type(text, this.#reach(event));
  }

  on_input(event) {
    if (event.target === this.box) {
      this.range = this.range.map((at) => Math.min(at, this.value.length));
      this.draw();
    } else if (event.isTrusted) {
      event.stopPropagation();
      if (!this.#isComposing) this.#readBack();
    }
  }

  on_compositionstart() {
    this.#isComposing = true;
  }

  on_compositionend() {
    this.#isComposing = false;
    this.#readBack();
  }

  on_copy(event) {
    const [from, to] = this.#selected;
    if (from === to) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", this.value.slice(from, to));
  }

  on_cut(event) {
    this.on_copy(event);
    if (event.defaultPrevented) this.#type("", this.#selected);
  }

  on_paste(event) {
    event.preventDefault();
    this.#type(event.clipboardData.getData("text/plain"), this.#selected);
  }

  on_keydown(event) {
    if (event.isComposing || event.altKey) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      this.#step(key === "y" || event.shiftKey ? this.#history.redo : this.#history.undo);
    } else if (key === "arrowleft") this.#move(event, -1);
    else if (key === "arrowright") this.#move(event, 1);
    else if (key === "tab") this.#toSlot(event);
  }

  #move(event, by) {
    const [anchor, focus] = this.range;
    event.preventDefault();
    const edge = by < 0 ? this.selectionStart : this.selectionEnd;
    const next = stepFrom(this.#pieces, this.value, focus, by);
    if (event.shiftKey) this.setSelectionRange(anchor, next);
    else if (anchor !== focus) this.setSelectionRange(edge, edge);
    else this.setSelectionRange(next, next);
  }

  // Tab goes from one argument to the next, and behind the last one on to what follows the box.
  #toSlot(event) {
    const [from, to] = this.#selected;
    const next = event.shiftKey
      ? this.#slots.findLast(([, end]) => end <= from)
      : this.#slots.find(([start]) => start >= to);
    if (!next) return;
    event.preventDefault();
    this.setSelectionRange(...next);
  }

  on_pointerdown(event) {
    this.#isPressed = !event.target.closest("[data-folded]");
  }

  // A formula that is pressed is built, not typed over.
  on_mousedown(event) {
    if (event.target.closest("[data-folded]")) event.preventDefault();
  }

  on_focus() {
    this.#told = this.value;
    const wasFolded = this.querySelector("[data-folded]");
    if (wasFolded) this.draw();
    else if (!this.#isPressed) select(this, ...this.range);
    this.#isPressed = false;
  }

  on_blur() {
    this.#isPressed = false;
    this.#run = -1;
    this.#settle();
    if (this.#isFolded) this.draw();
  }

  on_change() {
    this.#told = this.value;
  }
}
