// Buttons of the designer: what they send goes by script, in order, and the panes follow.
import { on, onCapture } from "../page/listen.js";
import { here, isReplacing, turnTo } from "./panes.js";
import { choose, isIdle, send, whenIdle } from "./wire.js";

export function act(words, more = {}) {
  const form = document.getElementById("act");
  send(form.action, new Map([...new FormData(form), ["act", words], ...Object.entries(more)]));
}

// Before the module that guards plain forms against double sending hears of it.
onCapture("submit", (event) => {
  const { target: form, submitter } = event;
  if (submitter?.hasAttribute("data-page")) return later(event, submitter);
  if (form.id === "choose") pick(event, submitter.value, submitter.dataset);
  else if (form.id === "act") press(event, submitter);
  else if (form.matches("[data-act]")) fromDialog(event, form, submitter);
  else if (form.matches("[data-settings]")) keepSettings(event, form, submitter);
});

// Where the last act was pressed: its menu has closed, so the button that opens that.
let addedAt = "";
function placeOf(submitter) {
  const menu = submitter.closest("[popover]");
  return menu
    ? `[popovertarget="${menu.id}"]`
    : `#d-add [name=act][value="${CSS.escape(submitter.value)}"]`;
}

// A rule that was only added goes again when its dialog is closed without OK; what was typed there
// brings it back.
onCapture("close", "#dialog", (dialog) => {
  const added = dialog.querySelector("form[data-added]")?.dataset.added;
  if (!added) return;
  act(`withdraw ${added}`);
  whenIdle(() => {
    const { activeElement: focused } = document;
    // Who has moved on by then stays where they are.
    if (focused !== document.body && !focused.closest(".k-rules, #d-canvas")) return;
    const place = addedAt && document.querySelector(addedAt);
    if (place?.checkVisibility()) place.focus();
  });
});

on("dialog:reopens", ({ detail }) => {
  if (!new URL(detail.url, location).searchParams.has("added")) return;
  act("redo");
  detail.ready = new Promise((done) => {
    whenIdle(done);
  });
});

// To another page only when what was typed last has arrived.
function later(event, submitter) {
  if (isIdle()) return;
  event.preventDefault();
  event.stopPropagation();
  whenIdle(() => document.getElementById(submitter.id).click());
}

on("click", "a[data-choose]", (link, event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  document.getElementById("dialog")?.close();
  pick(event, link.dataset.choose, link.dataset);
});

async function pick(event, at, { goto: pane, inner }) {
  event.preventDefault();
  closeMenus();
  await choose(at);
  if (!pane) return;
  turnTo(pane);
  if (pane === "palette") document.getElementById("d-find").focus();
  else toProperties(inner);
}

function press(event, submitter) {
  event.preventDefault();
  addedAt = placeOf(submitter);
  closeMenus();
  if (submitter.getAttribute("aria-disabled") === "true") return;
  if (submitter.dataset.kind) turnTo(submitter.dataset.kind === "rule" ? "props" : "canvas");
  act(submitter.value);
}

function fromDialog(event, form, submitter) {
  event.preventDefault();
  const values = new FormData(form, submitter);
  delete form.dataset.typed;
  document.getElementById("dialog")?.close();
  send(form.action, values);
}

function keepSettings(event, form, submitter) {
  event.preventDefault();
  const acts = submitter?.name === "s!act";
  const name = acts ? submitter.value.replace(/^\w+:/, "s") : document.activeElement?.name;
  if (name) send(form.action, changed(form, name, acts ? submitter : null));
}

// Only the setting that was changed: what others have done to its neighbours meanwhile stays.
function changed(form, name, submitter) {
  const place = `s/${name.split("/")[1]}`;
  return [...new FormData(form, submitter)].filter(([one, value]) =>
    one.startsWith("s/")
      ? one === place || one.startsWith(`${place}/`)
      : one !== "s!shown" || `s/${value}` === place,
  );
}

on("change", (event) => {
  const { form, name } = event.target;
  if (form?.matches("[data-settings]") && name?.startsWith("s/") && !isReplacing())
    send(form.action, changed(form, name, null));
});

// Leaving the page, or turning to another window, keeps what is half typed.
on("visibilitychange", () => {
  if (document.hidden && document.activeElement?.form?.matches("[data-settings]"))
    document.activeElement.blur();
});

export function closeMenus() {
  document.querySelectorAll(".k-menu:popover-open").forEach((menu) => menu.hidePopover());
}

// To the place that a flaw is about, else to the title.
export function toProperties(inner = "") {
  const names = inner ? [`s${inner}`, `s/${inner.split("/")[1]}`] : [];
  const found = [...names, "s/title"]
    .map((name) => document.querySelector(`#d-props [name="${CSS.escape(name)}"]`))
    .find(Boolean);
  const rule = document.querySelector('#d-props .k-rule[aria-current="true"] > .k-rule-text');
  const place =
    rule && here.at.startsWith("rule:") ? rule : (found ?? document.getElementById("d-props"));
  place.closest("details:not([open])")?.setAttribute("open", "");
  place.focus();
  // A title is typed anew more often than mended.
  if (place.matches("input[name='s/title']")) place.select();
}
