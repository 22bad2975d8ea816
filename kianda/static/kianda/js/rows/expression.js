// The expression builder: a larger box, its result as one types, and what can be put into it.
import { on } from "../page/listen.js";
import { openModal } from "../page/dialog.js";
import { changed, wait } from "../page/float.js";
import { about, ask, complain, ready, write } from "./parts.js";
import { chooseTab, tabAfter } from "../page/tabs.js";

let box = null;
let root = null;

function dialog() {
  let found = document.getElementById("k-builder");
  if (!found) {
    found = document.createElement("dialog");
    Object.assign(found, { id: "k-builder", className: "k-dialog k-builder" });
    found.setAttribute("aria-labelledby", "k-builder-title");
    found.addEventListener("close", () => box?.focus());
    document.body.append(found);
  }
  return found;
}

export async function build(field, form) {
  [box, root] = [field, form];
  const label = field.getAttribute("aria-label") ?? "";
  const html = await ask(root, "builder", {
    which: field.dataset.complete,
    text: field.value,
    label,
  });
  complain(field.closest("[data-control]") ?? field.parentElement.parentElement, html);
  if (!html) return;
  const made = dialog();
  made.innerHTML = `<div data-settings-form>${html}</div>`;
  Object.assign(made.firstElementChild.dataset, { parts: root.dataset.parts, ...about(root) });
  made.querySelectorAll("[role=tree]").forEach(ready);
  openModal(made);
  const text = made.querySelector("textarea");
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
  result();
}

const result = wait(200, async () => {
  const text = document.getElementById("k-builder-text");
  if (!text) return;
  const html = await ask(root, "result", { text: text.value, which: text.dataset.complete });
  const place = document.getElementById("k-builder-result");
  if (typeof html !== "string" || !place) return;
  place.innerHTML = html;
  const wrong = place.querySelector(".k-note--bad");
  text.classList.toggle("is-invalid", Boolean(wrong));
  if (wrong) text.setAttribute("aria-invalid", "true");
  else text.removeAttribute("aria-invalid");
  text.setAttribute("aria-describedby", place.id);
});

on("input", (event) => {
  if (event.target.id === "k-builder-text") result();
});

on("click", "#k-builder", (made, event) => {
  const text = document.getElementById("k-builder-text");
  if (event.target.closest("[data-builder-close]")) made.close();
  if (event.target.closest("[data-builder-ok]")) {
    write(box, box.tagName === "INPUT" ? text.value.replace(/\s*\n\s*/g, " ") : text.value);
    made.close();
    changed(box);
  }
  if (event.target.closest("[data-show-place]")) {
    const { start, end } = event.target.closest("[data-start]").dataset;
    text.focus();
    text.setSelectionRange(Number(start), Number(end));
  }
  const tab = event.target.closest("[role=tab]");
  if (tab) choose(tab);
});

function choose(tab) {
  chooseTab(tab.parentElement.children, tab);
  tab.focus();
}

on("keydown", "#k-builder [role=tab]", (tab, event) => {
  const next = tabAfter([...tab.parentElement.children], tab, event.key);
  if (!next) return;
  event.preventDefault();
  choose(next);
});
