import { on } from "./listen.js";

// The first wrong control that is seen, else what says that something is wrong.
export function firstWrong(root) {
  const wrong = [...root.querySelectorAll('[aria-invalid="true"], .is-invalid')].find((one) =>
    one.checkVisibility(),
  );
  return wrong ?? root.querySelector("[data-focus]");
}

// After an answer with errors, focus goes to the first wrong control, else to what says so.
function toFirst(root) {
  const first = firstWrong(root);
  first?.closest("details:not([open])")?.setAttribute("open", "");
  first?.focus();
}

const main = document.getElementById("main");
if (main) toFirst(main);
on("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422 && event.detail.target.id !== "dialog") toFirst(main);
});
