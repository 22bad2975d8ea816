// Boxes that take values show chips, those that pick a name its title; or they show their text:
// whoever works with them chooses, for the session.
import { on } from "../page/listen.js";
import { NamedBox } from "./named_box.js";
import { isName } from "./parts.js";
import { ValueBox } from "./value_box.js";
import { learn } from "./value_chips.js";

// A longer text is shown as it is.
const MOST = 5_000;
const KEY = "kianda:values";

customElements.define("k-values", ValueBox);
customElements.define("k-named", NamedBox);

const showsText = () => sessionStorage.getItem(KEY) === "text";
const isTooLong = (box) => box.value.length > MOST;

export function upgradeIn(root) {
  for (const box of root.querySelectorAll(":is(input, textarea)[data-complete]:enabled")) {
    offerText(box.form);
    if (showsText() || isTooLong(box)) continue;
    const told = box.parentElement.querySelector(":scope > template[data-chips]");
    if (told) learn(box, told.content.querySelectorAll("[data-name]"));
    document.createElement(isName(box.dataset.complete) ? "k-named" : "k-values").over(box);
  }
}

// The button that turns chips into text and back.
function offerText(form) {
  const button = form?.querySelector("[data-show-values]");
  if (!button) return;
  button.hidden = false;
  button.querySelector("[data-as-text]").hidden = showsText();
  button.querySelector("[data-as-chips]").hidden = !showsText();
}

on("click", "[data-show-values]", (button) => {
  sessionStorage.setItem(KEY, showsText() ? "chips" : "text");
  if (showsText()) for (const one of document.querySelectorAll("k-values, k-named")) one.leave();
  else upgradeIn(document);
  offerText(button.form);
});

on("input", "k-values", (one, event) => {
  if (!isTooLong(one)) return;
  event.stopImmediatePropagation();
  one.leave().dispatchEvent(new Event("input", { bubbles: true }));
});

on("selectionchange", () => {
  if (document.activeElement instanceof ValueBox) document.activeElement.noteSelection();
});

on("click", "label[for]", (label) => {
  const box = document.getElementById(label.htmlFor);
  if (box instanceof ValueBox) box.focus();
});

// A function with its arguments to be filled in: Tab goes from one to the next, typing fills it in.
export function insertSlots(box, name, args) {
  const places = [];
  let text = `${name}(`;
  for (const [at, arg] of args.entries()) {
    if (at) text += ", ";
    places.push([text.length, text.length + arg.length]);
    text += arg;
  }
  box.focus();
  if (box instanceof ValueBox) return box.putWithSlots(`${text})`, places);
  const from = box.selectionStart;
  box.setRangeText(`${text})`, from, box.selectionEnd, "end");
  if (places.length) box.setSelectionRange(...places[0].map((at) => at + from));
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Parts of a form come and go.
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes)
      if (node.nodeType === Node.ELEMENT_NODE && node.isConnected) upgradeIn(node);
}).observe(document.body, { childList: true, subtree: true });
upgradeIn(document);
