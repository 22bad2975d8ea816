// The palette: a search that narrows while it is typed; Enter adds the first. Add, or the outline.
import { on, onCapture } from "../page/listen.js";
import { here } from "./panes.js";
import { look } from "./wire.js";
import { word } from "../page/words.js";

const find = document.getElementById("d-find");

function narrow(root, words, item) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  let hits = 0;
  for (const one of root.querySelectorAll(item)) {
    const fits = wanted.every((word) => one.dataset.words.includes(word));
    (one.closest("li") ?? one).hidden = !fits;
    hits += fits;
  }
  return hits;
}

function search() {
  const add = document.getElementById("d-add");
  const hits = narrow(add, find.value, "[data-words]");
  for (const section of add.querySelectorAll("[data-section]")) {
    section.hidden = !section.querySelector("[data-words]:not([hidden])");
    section.dataset.was ??= String(section.open);
    section.open = find.value ? true : section.dataset.was === "true";
    if (!find.value) delete section.dataset.was;
  }
  for (const title of add.querySelectorAll("h2")) {
    let next = title.nextElementSibling;
    while (next?.matches("[data-section][hidden]")) next = next.nextElementSibling;
    title.hidden = !next?.matches("[data-section]");
  }
  add.querySelector("[data-hits]").textContent = hits
    ? ""
    : word("noneCalled", { line: find.value });
  document.dispatchEvent(new CustomEvent("designer:shown"));
}

// What is called so, else what begins so, else the first that holds the words.
function best(words) {
  const shown = [...document.querySelectorAll("#d-add [data-words]")].filter((one) =>
    one.checkVisibility(),
  );
  const called = (one) => one.textContent.trim().toLowerCase();
  return (
    shown.find((one) => called(one) === words) ??
    shown.find((one) => called(one).startsWith(words)) ??
    shown[0]
  );
}

find.addEventListener("input", search);
onCapture("submit", (event) => {
  if (event.target.matches("[data-find-line]")) return event.preventDefault();
  if (!event.target.matches("[data-find-kind]")) return;
  event.preventDefault();
  if (find.value.trim()) best(find.value.trim().toLowerCase())?.click();
  find.select();
});

on("keydown", (event) => {
  if (event.target !== find || event.key !== "ArrowDown") return;
  event.preventDefault();
  document.querySelector("#d-add [data-words]:not([hidden])")?.focus();
});

on("input", (event) => {
  if (event.target.id === "d-line")
    narrow(document.getElementById("d-outline"), event.target.value, "[data-words]");
});

on("click", "[data-left]", async (link, event) => {
  event.preventDefault();
  const outline = link.dataset.left === "outline";
  for (const one of document.querySelectorAll("[data-left]"))
    one.toggleAttribute("aria-current", false);
  link.setAttribute("aria-current", "true");
  document.getElementById("d-add").hidden = outline;
  document.getElementById("d-outline").hidden = !outline;
  if (outline) await look(here.at, { left: "outline" });
});
