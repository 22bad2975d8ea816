// The pages of an import: how much of a file is sent, and the search among thousands of operations.
// Without it, all operations are listed and can be chosen.
import { on } from "./page/listen.js";

const READING = new Set(["GET", "HEAD", "OPTIONS"]);

on("htmx:xhr:progress", ({ detail }) => {
  const bar = document.querySelector("[data-sent]");
  // Small files are there before anybody has read of it.
  if (!bar || !detail.lengthComputable || detail.total < 500_000) return;
  bar.hidden = false;
  bar.querySelector("progress").value = (100 * detail.loaded) / detail.total;
});

function words(place, values) {
  return place.dataset.words.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString());
}

// Commas stand between alternatives, blanks between words that all have to be there.
function wanted(text) {
  const alternatives = text
    .toLowerCase()
    .split(",")
    .map((part) => part.split(/\s+/).filter(Boolean))
    .filter((part) => part.length);
  return (said) =>
    !alternatives.length || alternatives.some((part) => part.every((word) => said.includes(word)));
}

class Operations {
  constructor(form) {
    this.form = form;
    this.search = form.querySelector("[data-search]");
    this.groups = [...form.querySelectorAll(".k-ops details")].map((details) => ({
      details,
      open: details.open,
      ticked: details.querySelector("[data-ticked]"),
      rows: [...details.querySelectorAll("li")].map((row) => this.row(row, details)),
    }));
    this.rows = this.groups.flatMap((group) => group.rows);
    for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;
    this.filter();
  }

  row(element, details) {
    const [verb, title, path] = element.querySelectorAll("span, code");
    const group = details.querySelector("summary .k-cut").textContent;
    return {
      element,
      box: element.querySelector("input"),
      title: title.textContent,
      reads: READING.has(verb.textContent),
      said: `${verb.textContent} ${title.textContent} ${path.textContent} ${group}`.toLowerCase(),
    };
  }

  filter() {
    const matches = wanted(this.search.value);
    const verbs = this.form.querySelector("[name=verbs]:checked").value;
    const narrowed = Boolean(this.search.value.trim() || verbs);
    for (const row of this.rows) {
      row.shown = matches(row.said) && (!verbs || (verbs === "read") === row.reads);
      row.element.hidden = !row.shown;
    }
    for (const group of this.groups) {
      const shown = group.rows.some((row) => row.shown);
      group.details.hidden = !shown;
      group.details.open = narrowed ? shown : group.open;
    }
    this.tell();
  }

  tell() {
    const shown = this.rows.filter((row) => row.shown).length;
    const chosen = this.rows.filter((row) => row.box.checked);
    const matches = this.form.querySelector("[data-matches]");
    matches.textContent = words(matches, { shown, all: this.rows.length });
    this.form.querySelector("[data-none]").hidden = shown > 0;
    const count = this.form.querySelector("[data-count]");
    count.textContent = words(count, { n: chosen.length });
    for (const group of this.groups) {
      const n = group.rows.filter((row) => row.box.checked).length;
      group.ticked.textContent = n ? words(group.ticked, { n }) : "";
    }
    this.tellHidden(chosen.filter((row) => !row.shown));
  }

  tellHidden(rows) {
    const footer = this.form.querySelector("[data-hidden]");
    footer.hidden = rows.length === 0;
    const names = rows.slice(0, 5).map((row) => row.title);
    if (rows.length > names.length) names.push("…");
    footer.textContent = rows.length
      ? `${words(footer, { n: rows.length })} (${names.join(", ")})`
      : "";
  }

  choose(rows, checked) {
    for (const row of rows) row.box.checked = checked;
    this.chosen();
  }

  chosen() {
    this.tell();
    // What is told beside the list follows.
    this.form.dispatchEvent(new Event("kianda:chosen", { bubbles: true }));
  }
}

const form = document.querySelector("[data-import]");
if (form) {
  const operations = new Operations(form);
  on("input", "[data-search]", () => operations.filter());
  on("change", "[name=verbs]", () => operations.filter());
  on("change", "[name=op]", () => operations.chosen());
  on("click", "[data-select]", () =>
    operations.choose(
      operations.rows.filter((row) => row.shown),
      true,
    ),
  );
  on("click", "[data-clear]", () => operations.choose(operations.rows, false));
  // Enter in the search looks, and does not import.
  on("keydown", "[data-search]", (_box, event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
