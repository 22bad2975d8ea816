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
}

// An act went well, and its answer stands in another part of the form: what was wrong is over; of one
// control alone, when the act has looked at no other.
export function mendAll(form, only = "") {
  for (const control of form.querySelectorAll(only || '[aria-invalid="true"], .is-invalid'))
    mend(control);
  if (form.querySelector('[aria-invalid="true"]')) return;
  for (const said of form.querySelectorAll(".invalid-feedback, [data-summary]")) said.remove();
}
