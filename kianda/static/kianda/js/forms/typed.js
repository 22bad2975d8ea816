// Typed text outlives a session that ended: it is kept in this tab, for this person, until the
// form was sent or the page was left by will. Passwords, secrets and files are never kept.
import { on, onCapture } from "../page/listen.js";
import { sessionEnded } from "../page/ask.js";
import { noteOn, said } from "../page/notes.js";
import { read, write } from "../page/written.js";
import { word } from "../page/words.js";

const store = sessionStorage;
const user = document.body.dataset.user;
const key = `kianda:typed:${location.pathname}`;
const ENDED = "kianda:session-ended";
const NOTHING_SENT = "#nothing-sent";
const dialog = document.getElementById("dialog");
// Whether something was pressed whose answer has not come yet.
let pressed = false;

function forms(root = document) {
  // What the designer's panes hold is kept by themselves, edit by edit.
  return [
    ...root.querySelectorAll(
      'form:not([data-settings]):is([method="post"], [hx-post], [hx-put], [hx-patch])',
    ),
  ];
}

function nameOf(form) {
  return form.id || form.getAttribute("hx-post") || form.getAttribute("action") || "form";
}

function keep() {
  const typed = forms()
    .filter((form) => form.dataset.typed)
    .map((form) => [nameOf(form), read(form), dialog?.contains(form) ? dialog.dataset.url : ""]);
  if (typed.length || pressed) store.setItem(key, JSON.stringify({ user, typed }));
  else store.removeItem(key);
}

// A form that comes back with what is wrong still holds what was typed.
function markRefused(root) {
  const refused = forms(root).filter((form) =>
    form.querySelector('[aria-invalid="true"], .is-invalid'),
  );
  refused.forEach((form) => form.setAttribute("data-typed", "1"));
  if (refused.length) keep();
}

// A form whose parts follow from what was chosen is drawn anew by the server from what was typed.
async function fill(form, values) {
  if (!("anew" in form.dataset)) return write(form, values) ?? form;
  const typed = new FormData();
  for (const [name, value, on] of values)
    if (on !== false) [value].flat().forEach((one) => typed.append(name, one));
  typed.append("show", "1");
  const name = nameOf(form);
  const inDialog = dialog?.contains(form);
  const place = inDialog
    ? { target: dialog, swap: "innerHTML" }
    : { target: form, swap: "outerHTML", select: "form[data-anew]" };
  await window.htmx.ajax("POST", form.getAttribute("action"), { ...place, values: typed });
  return forms(inDialog ? dialog : document).find((one) => nameOf(one) === name);
}

async function restore([name, values, url]) {
  if (url && dialog) return restoreInDialog(name, values, url, word("sessionEnded"));
  const form = forms().find((one) => nameOf(one) === name);
  if (!form) return;
  const filled = await fill(form, values);
  if (filled) filled.dataset.typed = "1";
  say(document.getElementById("main"), word("sessionEnded"));
}

async function restoreInDialog(name, values, url, sentence) {
  await window.htmx?.ajax("GET", url, { target: "#dialog", swap: "innerHTML" });
  const empty = forms(dialog).find((one) => nameOf(one) === name);
  const form = empty && (await fill(empty, values));
  if (!form) return;
  form.dataset.typed = "1";
  say(form.querySelector(".k-dialog-body") ?? form, sentence);
}

// What was typed into a dialog that is being closed; null when nothing was.
export function typedIn(place) {
  const form = forms(place).find((one) => one.dataset.typed);
  return form && place.dataset.url ? [nameOf(form), read(form), place.dataset.url] : null;
}

export function reopen([name, values, url]) {
  return restoreInDialog(name, values, url, word("hereAgain"));
}

function say(place, sentence) {
  noteOn(place, "warn", "status", said(sentence));
}

function takeKept() {
  const text = store.getItem(key);
  const ended = store.getItem(ENDED);
  store.removeItem(key);
  store.removeItem(ENDED);
  const kept = text && ended ? JSON.parse(text) : null;
  if (kept?.user !== user) return;
  kept.typed.forEach(restore);
  if (!kept.typed.length) say(document.getElementById("main"), word("nothingDone"));
}

// The session had ended and the person has signed in again in another tab: nothing was sent either.
function noteSentTooLate() {
  if (location.hash !== NOTHING_SENT) return;
  store.setItem(ENDED, "1");
  history.replaceState(history.state, "", location.pathname + location.search);
}

if (user) {
  // Once all modules of the page listen.
  on("DOMContentLoaded", () => {
    noteSentTooLate();
    takeKept();
    markRefused(document);
  });
  let waiting;
  on("input", (event) => {
    const form = event.target.form;
    const isTyped = event.isTrusted || event instanceof InputEvent;
    if (!form || !isTyped || !event.target.name) return;
    form.dataset.typed = "1";
    clearTimeout(waiting);
    waiting = setTimeout(keep, 250);
  });
  // A part that refreshes itself leads to the sign-in page, also while somebody types.
  on("pagehide", keep);
  onCapture("submit", (event) => {
    pressed = forms().includes(event.target);
    keep();
  });
  on("htmx:beforeOnLoad", (event) => {
    if (sessionEnded((name) => event.detail.xhr.getResponseHeader(name))) store.setItem(ENDED, "1");
  });
  on("htmx:afterSettle", (event) => {
    if (event.detail.xhr?.status === 422) markRefused(event.detail.target);
  });
  on("htmx:afterRequest", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (requestConfig.verb === "get" || !xhr.status || xhr.getResponseHeader("HX-Redirect")) return;
    // Answered; what is still typed on the page stays kept.
    pressed = false;
    keep();
  });
} else if (new URLSearchParams(location.search).has("expired")) {
  store.setItem(ENDED, "1");
}
