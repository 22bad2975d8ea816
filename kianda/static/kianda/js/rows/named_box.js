// A box that picks one name shows what that is called for as long as nobody is in it: over the box,
// which stays what is found, typed into, asked and sent.
import { wordsFor } from "./value_chips.js";

export class NamedBox extends HTMLElement {
  #box = null;

  over(box) {
    // Parts of a form are looked through more than once.
    if (box.draw) return;
    this.#box = box;
    box.draw = () => this.#show(wordsFor(box));
    this.setAttribute("aria-hidden", "true");
    box.after(this);
    for (const kind of ["input", "blur"]) box.addEventListener(kind, this);
    box.draw();
  }

  // The box underneath as it was.
  leave() {
    for (const kind of ["input", "blur"]) this.#box.removeEventListener(kind, this);
    delete this.#box.draw;
    this.#show(null);
    this.remove();
  }

  // What is being typed is no name yet.
  handleEvent() {
    if (document.activeElement === this.#box) this.#show(null);
    else this.#box.draw();
  }

  // Who hears the box hears its name, and then what it is called.
  #show(words) {
    this.replaceChildren(...(words?.cloneNode(true).childNodes ?? []));
    if (words) this.#box.setAttribute("aria-description", words.textContent);
    else this.#box.removeAttribute("aria-description");
  }
}
