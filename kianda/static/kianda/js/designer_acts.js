// Buttons of the designer: what they send goes by script, in order, and the panes follow.
import { here, turnTo } from "./designer_panes.js";
import { choose, send } from "./designer_wire.js";

export function act(words, more = {}) {
  const form = document.getElementById("act");
  send(form.action, new Map([...new FormData(form), ["act", words], ...Object.entries(more)]));
}

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    if (submitter?.hasAttribute("data-page")) return;
    if (form.id === "choose") pick(event, submitter.value, submitter.dataset);
    else if (form.id === "act") press(event, submitter);
    else if (form.matches("[data-act]")) fromDialog(event, form, submitter);
    else if (form.matches("[data-settings]")) keepSettings(event, form, submitter);
  },
  // Before the module that guards plain forms against double sending hears of it.
  { capture: true },
);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-choose]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
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
  closeMenus();
  if (submitter.getAttribute("aria-disabled") === "true") return;
  if (submitter.dataset.kind) turnTo(submitter.dataset.kind === "rule" ? "props" : "canvas");
  act(submitter.value);
}

function fromDialog(event, form, submitter) {
  event.preventDefault();
  const values = new FormData(form, submitter);
  document.getElementById("dialog")?.close();
  send(form.action, values);
}

function keepSettings(event, form, submitter) {
  event.preventDefault();
  send(form.action, new FormData(form, submitter));
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-settings]") && event.target.name) send(form.action, new FormData(form));
});

// Leaving the page, or turning to another window, keeps what is half typed.
document.addEventListener("visibilitychange", () => {
  if (document.hidden && document.activeElement?.form?.matches("[data-settings]")) document.activeElement.blur();
});

export function closeMenus() {
  document.querySelectorAll(".k-menu:popover-open").forEach((menu) => menu.hidePopover());
}

// To the place that a flaw is about, else to the title.
export function toProperties(inner = "") {
  const names = inner ? [`s${inner}`, `s/${inner.split("/")[1]}`] : [];
  const found = [...names, "s/title"].map((name) => document.querySelector(`#d-props [name="${CSS.escape(name)}"]`)).find(Boolean);
  const rule = document.querySelector('#d-props .k-rule[aria-current="true"] > .k-rule-text');
  const place = rule && here.at.startsWith("rule:") ? rule : (found ?? document.getElementById("d-props"));
  place.closest("details:not([open])")?.setAttribute("open", "");
  place.focus();
}
