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

// What has the focus, and what is marked in it: a row that came back or moved only now has lost the
// focus; what comes anew, what was marked in it.
export function hold() {
  const { id, value, selectionStart: from, selectionEnd: to } = document.activeElement ?? {};
  return { id, value, from, to };
}

export function letHold({ id, value, from, to }) {
  const box = id && document.getElementById(id);
  if (!box || ![document.body, box].includes(document.activeElement)) return;
  box.focus();
  if (box.value !== value) return;
  if (typeof from === "number" && typeof box.selectionStart === "number")
    box.setSelectionRange(from, to);
}

// To follow the link itself would be a step in the history, which closes the dialog it stands in.
on("click", "[data-summary] a", (link, event) => {
  const wrong = document.getElementById(link.hash.slice(1));
  if (!wrong) return;
  event.preventDefault();
  wrong.focus();
});

// Escape takes back what was opened inside a page, as its own link to cancel does.
on("keydown", "form:has([data-cancel])", (form, event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  form.querySelector("[data-cancel]").click();
});

const main = document.getElementById("main");
if (main) toFirst(main);
on("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422 && event.detail.target.id !== "dialog") toFirst(main);
});

// In a form that comes back with an element moved or removed, the focus follows the one that moved,
// else goes to its neighbour, else to what adds one.
on("htmx:afterSettle", ({ detail }) => {
  const pressed = detail.requestConfig?.triggeringEvent?.submitter?.value;
  const [, verb, list, at] = /^(up|down|remove):(.*)\/(\d+)$/.exec(pressed) ?? [];
  if (!verb || document.activeElement !== document.body) return;
  const to = Number(at) + { up: -1, down: 1, remove: 0 }[verb];
  const [found] = [`${verb}:${list}/${to}`, `remove:${list}/${to}`, `remove:${list}/${to - 1}`]
    .concat(`add:${list}`)
    .map((value) => document.querySelector(`button:enabled[value="${CSS.escape(value)}"]`))
    .filter(Boolean);
  found?.focus();
});
