// The page of an instance: forms as tabs, and how long a pressed button has been at work.
import { on } from "../page/listen.js";
import { tellSeconds } from "../page/busy.js";
import "./changes.js";
import { chooseTab, tabAfter } from "../page/tabs.js";
import { word } from "../page/words.js";

const box = document.getElementById("instance");

// An address may name the form to open first.
let first = true;

function tabs() {
  const list = box.querySelector("[data-tabs]:not([role])");
  if (!list) return;
  list.setAttribute("role", "tablist");
  const all = [...list.querySelectorAll("a")];
  for (const tab of all) {
    const part = partOf(tab);
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", part.id);
    part.setAttribute("role", "tabpanel");
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      chooseTab(all, tab);
    });
  }
  list.addEventListener("keydown", (event) => {
    const next = tabAfter(all, document.activeElement, event.key);
    if (!next) return;
    event.preventDefault();
    chooseTab(all, next);
    next.focus();
  });
  const named = first ? all.find((tab) => tab.getAttribute("href") === location.hash) : undefined;
  // What runs on opening shows the page once more.
  first = first && box.querySelector("[data-load]") !== null;
  chooseTab(all, named ?? all.find((tab) => "open" in tab.dataset) ?? all[0]);
}

function partOf(tab) {
  return document.getElementById(tab.getAttribute("href").slice(1));
}

// A link of the error summary opens the form in which its field stands.
on("click", "#form a[href^='#f-']", (link, event) => {
  const field = document.getElementById(link.getAttribute("href").slice(1));
  const part = field?.closest("[role=tabpanel]");
  if (!part) return;
  const all = [...box.querySelectorAll("[role=tab]")];
  chooseTab(
    all,
    all.find((tab) => partOf(tab) === part),
  );
  event.preventDefault();
  field.focus();
});

let told;
on("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("[data-instance]")) return;
  const button = event.detail.requestConfig.triggeringEvent?.submitter;
  const place = form.querySelector("[data-progress]");
  if (!button?.dataset.press || !place) return;
  told = tellSeconds(place, word("running", { button: button.dataset.press }));
});

on("htmx:afterRequest", (event) => {
  if (!event.detail.elt.matches?.("[data-instance]")) return;
  told?.();
  const place = document.querySelector("[data-progress]");
  if (place) place.textContent = "";
});

on("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "instance") return;
  tabs();
  box.querySelector("[data-focus], [role=alert]")?.focus();
});

tabs();
// Modules run before htmx has looked at the page: pressed then, the button would send a plain form.
on("DOMContentLoaded", () => box.querySelector("[data-load]")?.click());
