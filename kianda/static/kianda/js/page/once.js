import { on, onCapture } from "./listen.js";
import { isPlain } from "./plain.js";

// A double click has one effect: while a form is being sent, it is not sent again.
on("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !isPlain(form)) return;
  if (form.dataset.sending) return event.preventDefault();
  form.dataset.sending = "1";
  form.setAttribute("aria-busy", "true");
});

// Back shows the page as it was left, with its forms free again.
on("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach((form) => {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  });
});

// Both clicks of a double click are one act, also when the first was answered before the second, or
// has put another row in place: of what calls out, and of what acts on a row.
onCapture("click", "[data-busy], [data-row] [type=submit]", (_, event) => {
  if (event.detail < 2) return;
  event.preventDefault();
  event.stopImmediatePropagation();
});

// Not a mark on the form: for a moment htmx gives the attributes of the old form to the new one,
// which would then be taken for one that is being sent.
const sending = new WeakSet();
export const isSending = (form) => sending.has(form);

// Before htmx puts it in line behind the first one, to be sent as soon as that is answered.
on("htmx:confirm", (event) => {
  const { elt, verb } = event.detail;
  if (verb !== "get" && sending.has(elt) && !elt.closest("[hx-sync]")) event.preventDefault();
});

on("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (requestConfig.verb === "get") return;
  if (sending.has(elt)) return event.preventDefault();
  sending.add(elt);
  elt.setAttribute("aria-busy", "true");
});

on("htmx:afterRequest", (event) => {
  // On the way to another page the act stays done.
  if (event.detail.xhr?.getResponseHeader("HX-Redirect")) return;
  sending.delete(event.detail.elt);
  event.detail.elt.removeAttribute("aria-busy");
});
