// Typed text outlives a session that ended: it is kept in this tab, for this person, until the
// form was sent or the page was left by will. Passwords, secrets and files are never kept.
import { read, write } from "./written.js";

const store = sessionStorage;
const user = document.body.dataset.user;
const key = `kianda:typed:${location.pathname}`;
const ENDED = "kianda:session-ended";
const ENDED_WORDS =
  "Your session had ended, so nothing was sent yet. What you typed is here again; passwords and secrets have to be entered anew.";
const dialog = document.getElementById("dialog");

function forms(root = document) {
  // What the designer's panes hold is kept by themselves, edit by edit.
  return [...root.querySelectorAll('form:not([data-settings]):is([method="post"], [hx-post], [hx-put], [hx-patch])')];
}

function nameOf(form) {
  return form.id || form.getAttribute("hx-post") || form.getAttribute("action") || "form";
}

function keep() {
  const typed = forms()
    .filter((form) => form.dataset.typed)
    .map((form) => [nameOf(form), read(form), dialog?.contains(form) ? dialog.dataset.url : ""]);
  if (typed.length) store.setItem(key, JSON.stringify({ user, typed }));
}

function restore([name, values, url]) {
  if (url && dialog) return restoreInDialog(name, values, url, ENDED_WORDS);
  const form = forms().find((one) => nameOf(one) === name);
  if (!form) return;
  write(form, values);
  say(document.getElementById("main"), ENDED_WORDS);
}

async function restoreInDialog(name, values, url, sentence) {
  await window.htmx?.ajax("GET", url, { target: "#dialog", swap: "innerHTML" });
  const form = forms(dialog).find((one) => nameOf(one) === name);
  if (!form) return;
  write(form, values);
  form.dataset.typed = "1";
  say(form.querySelector(".k-dialog-body") ?? form, sentence);
}

// What was typed into a dialog that is being closed; null when nothing was.
export function typedIn(place) {
  const form = forms(place).find((one) => one.dataset.typed);
  return form && place.dataset.url ? [nameOf(form), read(form), place.dataset.url] : null;
}

export function reopen([name, values, url]) {
  return restoreInDialog(name, values, url, "What you typed is here again.");
}

function say(place, sentence) {
  const note = document.createElement("div");
  note.className = `k-note k-note--warn${place.matches(".k-grid") ? " k-w12" : ""}`;
  note.setAttribute("role", "status");
  const words = document.createElement("div");
  words.textContent = sentence;
  note.append(words);
  place.prepend(note);
}

function takeKept() {
  const text = store.getItem(key);
  const ended = store.getItem(ENDED);
  store.removeItem(key);
  store.removeItem(ENDED);
  const kept = text && ended ? JSON.parse(text) : null;
  return kept?.user === user ? kept.typed : [];
}

if (user) {
  // Once all modules of the page listen.
  document.addEventListener("DOMContentLoaded", () => takeKept().forEach(restore));
  let waiting;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !event.isTrusted || !event.target.name) return;
    form.dataset.typed = "1";
    clearTimeout(waiting);
    waiting = setTimeout(keep, 250);
  });
  document.addEventListener("submit", keep, true);
} else if (new URLSearchParams(location.search).has("expired")) {
  store.setItem(ENDED, "1");
}
