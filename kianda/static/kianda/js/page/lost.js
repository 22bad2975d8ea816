// A connection that is lost and a server that fails are said above what they are about, and stay
// said until an answer comes. What was typed stays: a form is not sent into the void.
import { on } from "./listen.js";
import { ask, refusal } from "./ask.js";
import { noteOn, pressButton, said } from "./notes.js";
import { isPlain } from "./plain.js";
import { word } from "./words.js";

const FRESH_MS = 20_000;
let answered = Date.now();

function place(about) {
  const dialog = document.querySelector("dialog[open]");
  if (dialog?.contains(about)) return dialog.querySelector(".k-dialog-body") ?? dialog;
  return document.getElementById("main");
}

// The sign of what went wrong stands among the words of scripts.
function sign() {
  const words = document.querySelector('template[data-words-of="page"]');
  return words?.content.querySelector("svg")?.cloneNode(true);
}

function say(about, words, again) {
  document.querySelectorAll("[data-lost]").forEach((old) => old.remove());
  const box = place(about);
  if (!box) return;
  const note = noteOn(
    box,
    "bad",
    "alert",
    sign(),
    said(words),
    again && pressButton(word("tryAgain"), again),
  );
  note.dataset.lost = "";
  // Who pressed something far down must see it; a part that refreshes by itself moves nothing.
  if (!isRefresh(about)) note.scrollIntoView({ block: "nearest" });
}

const isRefresh = (element) => Boolean(element?.dataset && "refresh" in element.dataset);

// What was asked for is asked for once more; an act is pressed again by the person alone.
function anew({ elt, target, requestConfig }) {
  if (requestConfig.verb !== "get" || isRefresh(elt)) return null;
  return () => window.htmx.ajax("GET", requestConfig.path, { source: elt, target });
}

// What the answer before found wrong is no longer what the last one says.
function forgetFound({ elt, target }) {
  for (const part of [elt.closest("form") ?? elt.form, target])
    part?.querySelectorAll("[data-summary]").forEach((found) => found.remove());
}

on("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb === "get" || navigator.onLine) return;
  event.preventDefault();
  // Nobody else shall take it for sent.
  event.stopImmediatePropagation();
  say(event.detail.elt, word("unsent"));
});

on("htmx:sendError", (event) => {
  const { elt, requestConfig } = event.detail;
  elt.closest?.("[data-refresh]")?.setAttribute("data-stale", "");
  say(elt, word(requestConfig.verb === "get" ? "old" : "unknown"), anew(event.detail));
});

on("htmx:responseError", (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  if (isRefresh(elt)) return;
  if (requestConfig.verb !== "get") forgetFound(event.detail);
  const words = refusal(xhr.status, (name) => xhr.getResponseHeader(name), xhr.responseText);
  const typed = elt.closest("form")?.querySelector("input:not([type=hidden]), select, textarea");
  // What is gone or forbidden is so the next time too.
  const again = xhr.status >= 500 || xhr.status === 429 ? anew(event.detail) : null;
  say(elt, typed ? `${words} ${word("stillHere")}` : words, again);
});

on("htmx:afterOnLoad", (event) => {
  answered = Date.now();
  if (event.detail.failed) return;
  document.querySelectorAll("[data-lost]").forEach((note) => note.remove());
});

const reaches = async () =>
  navigator.onLine && (await ask("/healthz/live", { patience: 10_000 })).why !== "lost";

// A plain form replaces the page, so the browser's own error page would take what was typed.
on("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !isPlain(form)) return;
  if (navigator.onLine && Date.now() - answered < FRESH_MS) return;
  event.preventDefault();
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  const there = await reaches();
  delete form.dataset.asking;
  if (!there) return say(form, word("unsent"));
  answered = Date.now();
  form.requestSubmit(event.submitter);
});
