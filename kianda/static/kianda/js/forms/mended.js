// The sentence beside a control stands until what it is about is changed.
import { onCapture } from "../page/listen.js";

onCapture("input", '[aria-invalid="true"]', (control) => mend(control));

function mend(control) {
  const named = (control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  const errors = named.filter((id) => document.getElementById(id)?.matches(".invalid-feedback"));
  const rest = named.filter((id) => !errors.includes(id));
  for (const id of errors) document.getElementById(id).remove();
  if (rest.length) control.setAttribute("aria-describedby", rest.join(" "));
  else control.removeAttribute("aria-describedby");
  control.removeAttribute("aria-invalid");
  for (const one of [control, ...control.querySelectorAll(".is-invalid")])
    one.classList.remove("is-invalid");
  for (const summary of document.querySelectorAll("[data-summary]")) follow(summary, control);
}

// The summary says how many fields are left. What was mended stays in it, struck out: nothing below
// moves while somebody types.
function follow(summary, control) {
  const items = [...summary.querySelectorAll("li")];
  for (const item of items) {
    const link = item.querySelector(":scope > a");
    const place = link && document.getElementById(link.hash.slice(1));
    if (!place?.contains(control) && !control.contains(place)) continue;
    if (place.querySelector('[aria-invalid="true"]')) continue;
    const struck = document.createElement("s");
    struck.append(...item.childNodes);
    item.append(struck);
  }
  const left = items.filter((item) => !item.querySelector(":scope > s")).length;
  const told = summary.querySelector("h2 > [data-left]");
  const words = (left ? items[left - 1] : told).dataset.left;
  if (told.textContent === words) return;
  // It is no alarm any more.
  summary.removeAttribute("role");
  told.textContent = words;
  if (!left) summary.classList.replace("k-note--bad", "k-note--warn");
}

// An act went well, and its answer stands in another part of the form: what was wrong is over; of one
// control alone, when the act has looked at no other.
export function mendAll(form, only = "") {
  for (const control of form.querySelectorAll(only || '[aria-invalid="true"], .is-invalid'))
    mend(control);
  if (form.querySelector('[aria-invalid="true"]')) return;
  for (const said of form.querySelectorAll(".invalid-feedback, [data-summary]")) said.remove();
}
