// What htmx puts into #dialog is opened; focus goes back to who opened it; Back closes it.
const dialog = document.getElementById("dialog");
let opener = null;
let leaving = false;

function open() {
  if (dialog.open) return;
  dialog.className = `k-dialog ${dialog.firstElementChild?.dataset.dialogClass ?? ""}`.trim();
  dialog.showModal();
  history.pushState({ ...history.state, dialog: true }, "");
}

function focusFirst() {
  const wrong = dialog.querySelector('[aria-invalid="true"], .is-invalid, [data-focus]');
  const first = wrong ?? dialog.querySelector("[autofocus]");
  first?.focus();
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target !== dialog) return;
  if (event.detail.requestConfig.verb === "get") dialog.dataset.url = event.detail.requestConfig.path;
  if (dialog.open) return;
  const focused = document.activeElement;
  opener = focused === document.body ? event.detail.elt : focused;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog) return;
  if (dialog.childElementCount === 0) return dialog.close();
  open();
  focusFirst();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#dialog [data-close]")) return;
  event.preventDefault();
  dialog.close();
});

dialog?.addEventListener("close", () => {
  dialog.replaceChildren();
  (opener?.isConnected ? opener : document.getElementById("main"))?.focus();
  opener = null;
  if (history.state?.dialog) {
    leaving = true;
    history.back();
  }
});

// Before htmx hears of it: closing a dialog is not going to another page.
window.addEventListener(
  "popstate",
  (event) => {
    if (leaving || dialog?.open) {
      event.stopImmediatePropagation();
      leaving = false;
      if (dialog.open) dialog.close();
    }
  },
  { capture: true },
);
