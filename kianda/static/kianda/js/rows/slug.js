// The unique name is filled in while the display name is typed, until somebody writes it themselves.
// It hears every form of the page, those that come later in a dialog too.
import { on } from "../page/listen.js";

// Letters that are no others with a mark; the server has the same ones (kianda/lib/names.py).
const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ł: "l", ı: "i" };

function plain(text) {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[ßæœøđðþłı]/g, (letter) => LETTERS[letter]);
}

function slug(text) {
  return plain(text)
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}

function pair(form) {
  const title = form?.querySelector("#f-title");
  const name = form?.querySelector("#f-name");
  return title && name && !name.readOnly ? { title, name } : null;
}

function own({ title, name }) {
  if (name.dataset.own !== undefined) return name.dataset.own === "1";
  return name.defaultValue !== "" && name.defaultValue !== slug(title.defaultValue);
}

function takeAsOwn(name) {
  name.dataset.own = name.value ? "1" : "";
}

function fill(found) {
  if (found && !own(found)) found.name.value = slug(found.title.value);
}

on("input", (event) => {
  const found = pair(event.target.form);
  if (!found) return;
  if (event.target === found.title) fill(found);
  if (event.target === found.name && event.isTrusted) takeAsOwn(found.name);
});
// Whoever types faster than this script arrives has a name all the same, and keeps the own one.
for (const form of document.forms) {
  const found = pair(form);
  if (found && found.name.value !== found.name.defaultValue) takeAsOwn(found.name);
  else fill(found);
}
