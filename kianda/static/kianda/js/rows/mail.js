// The message of a rule: marks put in by buttons, and how it will be read, while it is written.
import { on } from "../page/listen.js";
import { wait } from "../page/float.js";
import { ask, complain, rootOf, values, write } from "./parts.js";

// What goes before and after the chosen words, and what is written where none are chosen. `[[` is a
// plain bracket in a text of a design.
const MARKS = {
  bold: ["**", "**"],
  italic: ["*", "*"],
  list: ["\n- ", ""],
  link: ["[[", "](https://)"],
  button: ["\n\n[[", "]([process.url])\n\n"],
};

on("click", "[data-marks] [data-mark]", ({ dataset, parentElement }) => {
  const box = document.getElementById(parentElement.dataset.marks);
  const { selectionStart: from, selectionEnd: to } = box;
  const [before, after] = MARKS[dataset.mark];
  const words = box.value.slice(from, to) || dataset.words || "";
  box.focus();
  write(box, `${before}${words}${after}`, { from, to });
  const start = from + before.length;
  box.setSelectionRange(start, start + words.length);
});

async function show(section) {
  const root = rootOf(section);
  const html = await ask(root, "mail", {}, values(root));
  complain(section, html);
  if (typeof html !== "string" || !section.isConnected) return;
  section.querySelector("[data-mail-shown]").innerHTML = html;
}

const showSoon = wait(400, show);
const sectionIn = (node) => rootOf(node)?.querySelector("[data-mail-preview]");

for (const event of ["input", "change"])
  on(event, (told) => {
    const section = sectionIn(told.target);
    if (section) showSoon(section);
  });

on("click", "[data-mail-test]", async (button) => {
  const root = rootOf(button);
  button.disabled = true;
  const told = await ask(root, "mail-test", {}, values(root));
  button.disabled = false;
  complain(button.parentElement, told);
  const place = root.querySelector("[data-mail-tested]");
  if (typeof told === "string" && place) place.innerHTML = told;
});

// Both need a script; a part that has just come shows them.
function begin() {
  for (const section of document.querySelectorAll("[data-mail-preview][hidden]")) {
    section.hidden = false;
    for (const bar of rootOf(section).querySelectorAll("[data-marks]")) bar.hidden = false;
    show(section);
  }
}

on("htmx:load", begin);
begin();
