// The editor of a definition: line numbers, a mark at each line that something is said about, links
// to lines. Without it the same page has the text, the list of sentences, and Save.
const form = document.querySelector("[data-editor]");
const area = form?.querySelector("textarea");

const gutter = form?.querySelector(".k-editor-gutter");
const numbers = form?.querySelector("[data-numbers]");
const marks = form?.querySelector("[data-marks]");
const sentences = form?.querySelector("[data-words]");
const status = form?.querySelector("[data-status]");
const links = [...(form?.querySelectorAll("[data-line]") ?? [])];
const HEIGHT = 20;
const TOP = 8;
let lines = 0;

function count() {
  let found = 1;
  for (let at = area.value.indexOf("\n"); at >= 0; at = area.value.indexOf("\n", at + 1))
    found += 1;
  if (found === lines) return;
  lines = found;
  numbers.textContent = Array.from({ length: lines }, (_, n) => n + 1).join("\n");
  gutter.style.width = `${Math.max(3, String(lines).length + 2)}ch`;
}

function follow() {
  numbers.style.transform =
    marks.style.transform =
    sentences.style.transform =
      `translateY(${-area.scrollTop}px)`;
}

function draw() {
  const drawn = new Set();
  for (const link of links) {
    const { line, kind, sentence } = link.dataset;
    const top = TOP + (Number(line) - 1) * HEIGHT;
    const strip = document.createElement("div");
    strip.className = `k-mark k-mark--${kind}`;
    strip.style.top = `${top}px`;
    marks.append(strip);
    if (drawn.has(line)) continue;
    drawn.add(line);
    const words = document.createElement("div");
    words.className = `k-mark-text k-mark-text--${kind}`;
    words.style.top = `${top}px`;
    words.textContent = sentence;
    // Above the text, so that a long line does not run through it; gone with the first change.
    sentences.append(words);
  }
}

function goTo(line) {
  let at = 0;
  for (let n = 1; n < line; n += 1) {
    const next = area.value.indexOf("\n", at);
    if (next < 0) break;
    at = next + 1;
  }
  const end = area.value.indexOf("\n", at);
  area.focus();
  area.setSelectionRange(at, end < 0 ? area.value.length : end);
  area.scrollTop = Math.max(0, (line - 6) * HEIGHT);
  area.scrollLeft = 0;
  follow();
}

if (area) {
  gutter.hidden = false;
  count();
  draw();
  follow();
  form.querySelector("[data-focus]")?.focus();
  area.addEventListener("scroll", follow, { passive: true });
  area.addEventListener("input", () => {
    // The lines have moved on: the marks would stand at the wrong ones.
    marks.replaceChildren();
    sentences.replaceChildren();
    count();
  });
  form.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.line));
  });
  // Before anything else hears of it: a text that cannot be taken is not sent at all.
  form.addEventListener(
    "submit",
    (event) => {
      if (new Blob([area.value]).size <= Number(area.dataset.limit)) return;
      event.preventDefault();
      status.textContent = area.dataset.limitWords;
      status.classList.add("k-bad");
      area.setAttribute("aria-invalid", "true");
      area.focus();
    },
    true,
  );
}
