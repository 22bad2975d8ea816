// What htmx puts into #dialog is opened; focus goes back to who opened it; Back closes what is open
// on top. What was typed into a dialog that is closed without being sent can be had back.
import { on, onCapture } from "./listen.js";
import { firstWrong } from "./focus.js";
import { toast } from "./toast.js";
import { reopen, typedIn } from "../forms/typed.js";
import { word } from "./words.js";

const dialog = document.getElementById("dialog");
// Those that are open, the topmost last; each has an entry of its own in the history.
const stack = [];
let opener = null;
let leaving = 0;

export function openModal(element) {
  element.showModal();
  stack.push(element);
  history.pushState({ ...history.state, dialogs: stack.length }, "");
  element.addEventListener("close", () => gone(element), { once: true });
}

function gone(element) {
  const at = stack.lastIndexOf(element);
  if (at < 0) return;
  stack.splice(at, 1);
  if (!history.state?.dialogs) return;
  leaving += 1;
  history.back();
}

function open() {
  if (dialog.open) return;
  dialog.className = `k-dialog ${dialog.firstElementChild?.dataset.dialogClass ?? ""}`.trim();
  openModal(dialog);
}

// To what is wrong, to what the page asks for, to the first box or choice; where there is none, to the
// button that changes nothing. Never to the cross, nor to a button that nobody sees.
function focusFirst() {
  const boxes = [...dialog.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const box = boxes.find((one) => !one.disabled && one.checkVisibility());
  const choice =
    dialog.querySelector(".k-dialog-body button") ?? dialog.querySelector("footer .btn");
  const first = firstWrong(dialog) ?? dialog.querySelector("[autofocus]") ?? box ?? choice;
  first?.focus();
}

on("htmx:beforeRequest", (event) => {
  if (event.detail.target !== dialog) return;
  if (event.detail.requestConfig.verb === "get")
    dialog.dataset.url = event.detail.requestConfig.path;
  if (dialog.open) return;
  const focused = document.activeElement;
  opener = focused === document.body ? event.detail.elt : focused;
});

on("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog) return;
  if (dialog.childElementCount === 0) return dialog.close();
  open();
  focusFirst();
});

on("click", "#dialog [data-close]", (_, event) => {
  event.preventDefault();
  dialog.close();
});

dialog?.addEventListener("close", () => {
  offerBack();
  // This is told a little after the closing: who has moved on by then stays where they are.
  const moved =
    document.activeElement !== document.body && !dialog.contains(document.activeElement);
  dialog.replaceChildren();
  if (!moved) (opener?.isConnected ? opener : document.getElementById("main"))?.focus();
  opener = null;
});

function offerBack() {
  const kept = typedIn(dialog);
  if (!kept) return;
  const title = document.getElementById("dialog-title")?.textContent.trim();
  toast(word("notKept", { title }), word("openAgain"), () => openAgain(kept));
}

// What the dialog is about may have to come back first: who listens says when it is there.
async function openAgain(kept) {
  const detail = { url: kept[2], ready: null };
  document.dispatchEvent(new CustomEvent("dialog:reopens", { detail }));
  await detail.ready;
  reopen(kept);
}

// Before htmx hears of it: closing a dialog is not going to another page.
onCapture("popstate", (event) => {
  if (!leaving && !stack.length) return;
  event.stopImmediatePropagation();
  if (leaving) leaving -= 1;
  else stack.pop().close();
});
