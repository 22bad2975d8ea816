// Puts the panes of an answer in their places; focus, scroll, folds and what is half typed stay.
import { upgradeIn } from "../rows/values.js";

const last = new Map();
// What is half typed is no change yet, although the browser says so of a box that is taken away.
let replacing = false;
export const isReplacing = () => replacing;
const state = () => document.getElementById("act");

// What was refused is shown at the address of the act; from here on the page is the designer's own.
const { action: home } = document.getElementById("choose");
if (home !== location.origin + location.pathname)
  history.replaceState(history.state, "", `${home}?at=${state().dataset.at}`);

// What the page shows now: the element selected, the form, the revision, who else is here.
export const here = {
  get at() {
    return state().dataset.at;
  },
  get form() {
    return state().dataset.form;
  },
  get revision() {
    return Number(state().dataset.revision);
  },
  get people() {
    return state().dataset.here;
  },
  get letters() {
    return state().dataset.letters === "on";
  },
};

export function setAt(at) {
  const form = state();
  form.dataset.at = form.elements.at.value = at;
  for (const box of document.querySelectorAll("#d-sheet [data-box]"))
    box.setAttribute("aria-pressed", String(box.value === at));
}

export function paneOf(element) {
  return element?.closest?.("[data-pane]")?.dataset.pane ?? "";
}

// On a phone one pane is shown at a time.
export function turnTo(pane) {
  const choice = document.getElementById(`pane-${pane}`);
  if (choice) choice.checked = true;
}

export function selectedBox() {
  const rule = document.querySelector('#d-props .k-rule[aria-current="true"] > .k-rule-text');
  const box = document.querySelector('#d-sheet [data-box][aria-pressed="true"]');
  return rule ?? box ?? document.querySelector('#d-canvas [role=tab][aria-selected="true"]');
}

// Reads an answer; what it is told to say or open is the caller's business.
export function read(text) {
  return new DOMParser().parseFromString(text, "text/html").querySelector("[data-answer]");
}

// After an act the focus follows the selection, from where one moves with arrows.
export function show(answer, { follows = false, stays = false, quiet = false } = {}) {
  const kept = remember();
  const before = here.at;
  if (follows && document.activeElement.closest("#d-canvas, .k-rules"))
    [kept.path, kept.free] = ["", true];
  for (const part of answer.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    const html = part.outerHTML;
    if (
      !old ||
      (stays && part.id === "d-props") ||
      (last.get(part.id) === html && (quiet || part.id !== "d-props"))
    )
      continue;
    last.set(part.id, html);
    keepIn(old, part, answer.dataset.renamed);
    replacing = true;
    old.replaceWith(part);
    replacing = false;
    window.htmx?.process(part);
    upgradeIn(part);
  }
  if (answer.dataset.renamed === kept.owner)
    kept.owner = document.getElementById("d-props").dataset.owner;
  recall(kept);
  if (follows && here.at !== before) selectedBox()?.scrollIntoView({ block: "nearest" });
  const address = new URL(location.href);
  address.searchParams.set("at", here.at);
  history.replaceState(history.state, "", address);
  document.dispatchEvent(new CustomEvent("designer:shown"));
}

// Folds, and the pane that a phone shows, are the person's, not the server's.
function keepIn(old, part, renamed) {
  const sameOwner = [part.dataset.owner, renamed || part.dataset.owner].includes(old.dataset.owner);
  const before = [...old.querySelectorAll("details")];
  for (const [n, fold] of sameOwner ? [...part.querySelectorAll("details")].entries() : []) {
    if (before[n] && !fold.querySelector(".k-pill--bad")) fold.open = before[n].open;
  }
  for (const choice of old.querySelectorAll("input[name=pane]:checked")) {
    part
      .querySelectorAll("input[name=pane]")
      .forEach((one) => one.toggleAttribute("checked", one.id === choice.id));
  }
}

function remember() {
  const active = document.activeElement;
  const typed = active.form?.matches("[data-settings]") && "value" in active;
  // What nobody has changed is the server's to say.
  const untouched = "defaultValue" in active && active.value === active.defaultValue;
  return {
    owner: document.getElementById("d-props").dataset.owner,
    path: pathTo(active),
    free: active === document.body || active.id === "main",
    value:
      typed && !untouched && active.type !== "checkbox" && active.type !== "radio"
        ? active.value
        : null,
    range: typed && active.type === "text" ? [active.selectionStart, active.selectionEnd] : null,
    whole:
      typed &&
      active.type === "text" &&
      active.selectionEnd - active.selectionStart === active.value.length,
    scroll: ["d-canvas", "d-props"].map((id) => [id, document.getElementById(id).scrollTop]),
  };
}

function recall(kept) {
  for (const [id, top] of kept.scroll) document.getElementById(id).scrollTop = top;
  if (document.querySelector("dialog[open]")) return;
  const again = kept.path ? document.querySelector(kept.path) : null;
  if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  else if (
    !again &&
    (kept.free || !document.activeElement || document.activeElement === document.body)
  )
    selectedBox()?.focus({ preventScroll: true });
  if (!again || kept.owner !== document.getElementById("d-props").dataset.owner) return;
  if (
    kept.value !== null &&
    again.value !== kept.value &&
    again.matches("input, textarea, k-values")
  )
    goOn(again, kept.value);
  if (!kept.range || again.type !== "text") return;
  if (kept.whole) again.select();
  else again.setSelectionRange(...kept.range);
}

// What a script writes into a box is no change to the browser: it is told when the box is left.
function goOn(box, typed) {
  box.value = typed;
  let told = false;
  box.addEventListener(
    "change",
    () => {
      told = true;
    },
    { once: true },
  );
  box.addEventListener(
    "blur",
    () => told || replacing || box.dispatchEvent(new Event("change", { bubbles: true })),
    { once: true },
  );
}

// How to find an element again in a part that was made anew.
export function pathTo(element) {
  if (!element || element === document.body || !element.closest("[data-part]")) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name && element.form?.matches("[data-settings]")) {
    const value = element.type === "radio" ? `[value="${CSS.escape(element.value)}"]` : "";
    return `[data-settings] [name="${CSS.escape(element.name)}"]${value}`;
  }
  const owner = element.closest("[data-target]")?.dataset.target;
  const scope = owner ? `[data-target="${CSS.escape(owner)}"] ` : "";
  if (element.name) return `${scope}[name="${element.name}"][value="${CSS.escape(element.value)}"]`;
  const mark = ["k-rule-text", "k-grip", "k-fieldbox"].find((name) =>
    element.classList.contains(name),
  );
  return mark ? `${scope}.${mark}` : "";
}
