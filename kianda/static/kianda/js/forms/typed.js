// Typed text outlives a session that ended, and in forms with data-keeps also that the page was left:
// it is kept in this tab, for this person, until the form was sent or its entries were discarded.
// Passwords, secrets and files are never kept.
import { on, onCapture } from "../page/listen.js";
import { sessionEnded } from "../page/ask.js";
import { noteOn, pressButton, said } from "../page/notes.js";
import { read, write } from "../page/written.js";
import { word } from "../page/words.js";

const store = sessionStorage;
const user = document.body.dataset.user;
const KEPT = "kianda:typed:";
const key = () => `${KEPT}${location.pathname}${location.search}`;
const ENDED = "kianda:session-ended";
const NOTHING_SENT = "#nothing-sent";
const dialog = document.getElementById("dialog");
// Whether something was pressed whose answer has not come yet.
let pressed = false;
// The form that is on its way: left now, it was sent.
let sending = null;
// The forms with data-keeps whose place an answer takes, with what was typed into them.
const replaced = [];
// Says that entries have come back.
let note = null;

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
    .map((form) => [
      nameOf(form),
      read(form),
      dialog?.contains(form) ? dialog.dataset.url : "",
      "keeps" in form.dataset && form !== sending,
    ]);
  if (typed.length || pressed) store.setItem(key(), JSON.stringify({ user, typed }));
  else store.removeItem(key());
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

// What was typed into a form that was left unsent; its revision comes back with it, so that what
// others have changed since is asked about when it is sent. Tells whether there is a place for it.
async function bringBack([name, values]) {
  const form = forms().find((one) => nameOf(one) === name);
  const known = new Set(values.map(([field]) => field));
  const open = [...(form?.elements ?? [])].some(
    (field) => known.has(field.name) && field.type !== "hidden" && !field.matches(":disabled"),
  );
  if (!open) return false;
  (await fill(form, values)).dataset.typed = "1";
  return true;
}

async function bringAllBack(left) {
  const found = await Promise.all(left.map(bringBack));
  if (!found.includes(true)) return;
  note = noteOn(
    document.getElementById("main"),
    "tight",
    "status",
    said(word("broughtBack")),
    pressButton(word("discard"), discard),
  );
  keep();
}

function discard() {
  for (const form of forms()) delete form.dataset.typed;
  location.assign(location.pathname + location.search);
}

// What an answer has put in place of forms holds what was typed into those that were not sent by it;
// of the one that was sent, the server says whether its entries are still unsaved.
function takeOver() {
  for (const [name, values, isSent] of replaced.splice(0)) {
    const form = forms().find((one) => nameOf(one) === name);
    if (!form || (isSent && !("unsaved" in form.dataset))) continue;
    if (!isSent) write(form, values);
    form.dataset.typed = "1";
  }
  keep();
  if (!forms().some((form) => form.dataset.typed)) note?.remove();
}

function say(place, sentence) {
  noteOn(place, "warn", "status", said(sentence));
}

// Back leads to a form anew, and the browser fills in some of what stood there, also of what was sent.
function forgetRemembered({ persisted }) {
  const [visit] = performance.getEntriesByType("navigation");
  if (!persisted && visit?.type !== "back_forward") return;
  for (const form of forms()) if ("keeps" in form.dataset && !form.dataset.typed) form.reset();
}

function takeKept() {
  const text = store.getItem(key());
  const ended = store.getItem(ENDED);
  store.removeItem(key());
  store.removeItem(ENDED);
  const kept = text ? JSON.parse(text) : null;
  if (kept?.user !== user) return;
  if (!ended) {
    bringAllBack(kept.typed.filter(([, , , keeps]) => keeps));
    return;
  }
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
    sending = null;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 250);
  });
  // A part that refreshes itself leads to the sign-in page, also while somebody types.
  on("pagehide", keep);
  on("pageshow", forgetRemembered);
  onCapture("submit", (event) => {
    pressed = forms().includes(event.target);
    sending = event.target;
    keep();
  });
  on("htmx:beforeOnLoad", (event) => {
    if (sessionEnded((name) => event.detail.xhr.getResponseHeader(name))) store.setItem(ENDED, "1");
  });
  on("htmx:beforeSwap", (event) => {
    const { requestConfig, target } = event.detail;
    for (const form of forms(target))
      if (form.dataset.typed && "keeps" in form.dataset)
        replaced.push([nameOf(form), read(form), form.contains(requestConfig.elt)]);
  });
  on("htmx:afterSettle", (event) => {
    if (replaced.length) takeOver();
    if (event.detail.xhr?.status === 422) markRefused(event.detail.target);
  });
  on("htmx:afterRequest", (event) => {
    const { elt, requestConfig, xhr } = event.detail;
    if (requestConfig.verb === "get") return;
    sending = null;
    const header = (name) => xhr.getResponseHeader(name);
    if (!xhr.status || sessionEnded(header)) return;
    // Answered; what is still typed on the page stays kept.
    pressed = false;
    if (header("HX-Redirect")) delete elt.dataset.typed;
    keep();
  });
} else if (new URLSearchParams(location.search).has("expired")) {
  store.setItem(ENDED, "1");
} else if (!store.getItem(ENDED)) {
  // Who has signed out leaves nothing to the next one at this screen.
  for (const name of Object.keys(store)) if (name.startsWith(KEPT)) store.removeItem(name);
}
