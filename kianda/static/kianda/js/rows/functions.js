// The functions beside a formula: searched, chosen by keys or by where the caret is, inserted.
import { on } from "../page/listen.js";

const options = (list) => [...list.querySelectorAll("[role=option]")];
const shown = (list) => options(list).filter((one) => !one.hidden);
const listIn = (halves) => halves.querySelector("#k-functions");

export function choose(list, option) {
  if (!option || option.getAttribute("aria-selected") === "true") return;
  for (const one of options(list)) one.setAttribute("aria-selected", String(one === option));
  list.setAttribute("aria-activedescendant", option.id);
  for (const about of list.closest(".k-halves").querySelectorAll("[data-about]"))
    about.hidden = about.dataset.about !== option.dataset.function;
  if (!option.hidden) option.scrollIntoView({ block: "nearest" });
}

export const chosen = (list) => list.querySelector("[aria-selected=true]");

// Names are written in any case.
export function chooseNamed(list, name) {
  const low = name.toLowerCase();
  choose(
    list,
    options(list).find((one) => one.dataset.function.toLowerCase() === low),
  );
}

export const argumentsOf = (option) => option.dataset.arguments.split(" ");

function move(list, event) {
  const all = shown(list);
  const at = all.indexOf(chosen(list));
  const next = {
    ArrowDown: all[Math.min(at + 1, all.length - 1)],
    ArrowUp: all[Math.max(at - 1, 0)],
    Home: all[0],
    End: all.at(-1),
  }[event.key];
  if (!next || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  choose(list, next);
}

on("keydown", "#k-functions", move);
on("keydown", "[data-find-function]", (search, event) => {
  if (event.key.startsWith("Arrow")) move(listIn(search.closest(".k-halves")), event);
});

on("input", "[data-find-function]", (search) => {
  const list = listIn(search.closest(".k-halves"));
  const words = search.value.trim().toLowerCase();
  for (const one of options(list)) one.hidden = !one.textContent.toLowerCase().includes(words);
  const found = shown(list);
  list.parentElement.querySelector("[data-no-function]").hidden = found.length > 0;
  if (!found.includes(chosen(list))) choose(list, found[0]);
});
