// An element that stands for an input: it is found, named and asked as that would be, and what it
// holds stands in the input underneath, which is what is sent.

// What leads to a box, says what it is, or is looked for in it goes with what is seen.
const MOVES = [
  "id",
  "autofocus",
  "placeholder",
  "data-complete",
  "data-left",
  "data-formula",
].concat(["aria-label", "aria-invalid", "aria-describedby"]);
const shown = new WeakMap();

// What is seen of a box: what stands for it, else the box.
export const shownFor = (box) => shown.get(box) ?? box;

function give(from, to) {
  for (const name of MOVES.filter((one) => from.hasAttribute(one))) {
    to.setAttribute(name, from.getAttribute(name));
    from.removeAttribute(name);
  }
  to.classList.toggle("is-invalid", from.classList.contains("is-invalid"));
}

export class StandIn extends HTMLElement {
  #box = null;

  over(box) {
    this.#box = box;
    this.range = [box.value.length, box.value.length];
    const hadFocus = document.activeElement === box;
    if (hadFocus) this.range = [box.selectionStart, box.selectionEnd];
    this.className = "form-control";
    this.setAttribute("role", "textbox");
    this.setAttribute("contenteditable", "true");
    this.setAttribute("aria-multiline", String(!this.isLine));
    Object.assign(this, { spellcheck: false, autocapitalize: "none" });
    if (!this.isLine) this.style.setProperty("--rows", box.rows);
    give(box, this);
    box.before(this);
    shown.set(box, this);
    this.#named();
    this.draw();
    box.focus = () => this.focus();
    // What others write into the box underneath is shown.
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

  get box() {
    return this.#box;
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

  get selectionStart() {
    return Math.min(...this.range);
  }

  get selectionEnd() {
    return Math.max(...this.range);
  }

  select() {
    this.setSelectionRange(0, this.value.length);
  }

  // As a box of one line does it: the first button of its form says how.
  send() {
    [...(this.form?.elements ?? [])].find((one) => one.type === "submit" && !one.disabled)?.click();
  }
}
