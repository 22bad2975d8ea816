// The keyboard map of the designer; `?` lists it. Keys of text fields, menus and dialogs go first.
import { on } from "../page/listen.js";
import { act, closeMenus, toProperties } from "./acts.js";
import { here, paneOf, selectedBox, turnTo } from "./panes.js";
import { choose } from "./wire.js";

const PANES = ["palette", "canvas", "props"];
const WITH_CTRL = {
  z: (event) => act(event.shiftKey ? "redo" : "undo"),
  y: () => act("redo"),
  x: (event) => held(event, "cut"),
  c: (event) => held(event, "copy"),
  v: (event) => act(`paste ${targetOf(event)}`),
  d: (event) => act(`duplicate ${targetOf(event)}`),
  PageUp: () => otherForm(-1),
  PageDown: () => otherForm(1),
};

on("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const acted = anywhere(event) || (!isTyping(event.target) && besideText(event));
  if (acted) event.preventDefault();
});

function isTyping(element) {
  return element.matches?.(
    "textarea, select, k-values, input:not([type=checkbox], [type=radio], [type=button])",
  );
}

function anywhere(event) {
  const command = event.ctrlKey || event.metaKey;
  if (event.key === "F6") return toPane(event.shiftKey ? -1 : 1);
  if (event.key === "F2") {
    turnTo("props");
    toProperties();
    return true;
  }
  if (command && event.key.toLowerCase() === "s") return blurred(() => act("save"));
  if (command && event.key === "Enter")
    return blurred(() => document.getElementById("d-preview").click());
  return event.key === "Escape" && back(event);
}

// What is half typed is kept first.
function blurred(then) {
  if (document.activeElement?.form?.matches("[data-settings]")) document.activeElement.blur();
  then();
  return true;
}

function besideText(event) {
  if (event.target.closest?.(".k-menu:popover-open")) return false;
  const command = event.ctrlKey || event.metaKey;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (command && WITH_CTRL[name]) return WITH_CTRL[name](event) !== false;
  if (command) return false;
  if (event.altKey) return step(event);
  if (event.key === "Delete") {
    act(`remove ${targetOf(event)}`);
    return true;
  }
  if (event.key === "?") {
    document.getElementById("d-keys").click();
    return true;
  }
  if (event.key === " " && event.target.matches(".k-rule-text, .k-grip")) {
    act(`switch ${targetOf(event)}`);
    return true;
  }
  return letter(event);
}

function letter(event) {
  if (event.key.toLowerCase() !== "a" || !here.letters || paneOf(event.target) !== "canvas")
    return false;
  turnTo("palette");
  document.querySelector('[data-left="add"]')?.click();
  document.getElementById("d-find").select();
  return true;
}

// What has the focus; else what is selected.
function targetOf(event) {
  return event.target.closest?.("[data-target]")?.dataset.target ?? here.at;
}

function held(event, verb) {
  // Text that is marked is copied as text.
  if (!getSelection().isCollapsed) return false;
  act(`${verb} ${targetOf(event)}`);
  return true;
}

function step(event) {
  const by = { ArrowUp: "earlier", ArrowLeft: "earlier", ArrowDown: "later", ArrowRight: "later" }[
    event.key
  ];
  if (!by || !event.target.closest("[data-target], #d-canvas, #d-props")) return false;
  act(`${by} ${targetOf(event)}`);
  return true;
}

function otherForm(by) {
  const tabs = [...document.querySelectorAll("#d-canvas [role=tab]")];
  // What was chosen last counts, although its panes may still be on their way.
  const chosen = tabs.findIndex((tab) => tab.value === here.at);
  const now =
    chosen < 0 ? tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true") : chosen;
  const next = tabs[now + by];
  if (!next) return true;
  // The focus goes along: the next key is about the form that is seen.
  if (paneOf(document.activeElement) === "canvas") next.focus();
  choose(next.value);
  return true;
}

function toPane(by) {
  const now = PANES.indexOf(paneOf(document.activeElement));
  const pane = PANES.at((now + by + PANES.length) % PANES.length);
  turnTo(pane);
  if (pane === "canvas") selectedBoxOnCanvas().focus();
  else if (pane === "palette")
    document.querySelector("#d-add:not([hidden]) #d-find, #d-outline [tabindex='0']")?.focus();
  else toProperties();
  return true;
}

// All that can be added is there again.
function clear(search) {
  search.value = "";
  search.dispatchEvent(new Event("input", { bubbles: true }));
}

function selectedBoxOnCanvas() {
  const box = document.querySelector('#d-sheet [data-box][aria-pressed="true"]');
  return (
    box ??
    document.querySelector('#d-canvas [role=tab][aria-selected="true"]') ??
    document.getElementById("d-addform")
  );
}

// A menu closes, the search lets go; else the selection widens: form, then process.
function back(event) {
  if (document.querySelector(".k-menu:popover-open")) {
    closeMenus();
    return true;
  }
  if (event.target.matches("#d-find, #d-line") || paneOf(event.target) === "palette") {
    turnTo("canvas");
    if (event.target.id === "d-find") clear(event.target);
    selectedBoxOnCanvas().focus();
    return true;
  }
  if (isTyping(event.target)) {
    selectedBox()?.focus();
    return true;
  }
  if (here.at === "process") return false;
  const form = here.at.startsWith("form:") ? "process" : here.form || "process";
  choose(form);
  (
    document.querySelector('#d-canvas [role=tab][aria-selected="true"]') ??
    document.getElementById("d-addform")
  ).focus();
  return true;
}
