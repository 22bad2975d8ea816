// Groups with one tab stop: arrows, Home and End move inside. On the form, in the tabs and in rule
// lists they select as well.
import { on, onCapture } from "../page/listen.js";
import { choose } from "./wire.js";

const ITEMS = {
  x: "button, a[href], input",
  y: "summary, button, a[href]",
  canvas: "[data-box]",
  rules: ":scope > .k-rule > .k-rule-text, :scope .k-rules--inner > .k-rule > .k-rule-text",
};
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function items(group) {
  const all = [...group.querySelectorAll(ITEMS[group.dataset.rove])];
  return all.filter((one) => one.checkVisibility() && !one.closest(".k-menu"));
}

function settle() {
  for (const group of document.querySelectorAll("[data-rove]")) {
    const all = items(group);
    const now = all.find((one) => one === document.activeElement) ?? all.find(isChosen) ?? all[0];
    for (const one of all) one.tabIndex = one === now ? 0 : -1;
  }
  for (const row of document.querySelectorAll(".k-rule")) {
    for (const one of row.querySelectorAll(":scope > .k-grip, :scope > .k-row button"))
      one.tabIndex = -1;
  }
}

function isChosen(one) {
  return (
    one.matches('[aria-pressed="true"], [aria-selected="true"], [aria-current="true"]') ||
    one.parentElement.matches('.k-rule[aria-current="true"]')
  );
}

on("focusin", "[data-rove]", (group, event) => {
  const all = items(group);
  if (all.includes(event.target))
    for (const one of all) one.tabIndex = one === event.target ? 0 : -1;
});

on("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented)
    return;
  const group = event.target.closest?.("[data-rove]");
  if (!group || event.target.closest(".k-menu") || event.target.matches("input")) return;
  if (group.dataset.rove === "rules" && ["ArrowLeft", "ArrowRight"].includes(event.key))
    return across(event);
  const all = items(group);
  const now = all.indexOf(
    event.target.closest(".k-rule")?.querySelector(":scope > .k-rule-text") ?? event.target,
  );
  const next = { Home: 0, End: all.length - 1 }[event.key] ?? now + (STEPS[event.key] ?? NaN);
  if (!all[next]) return;
  event.preventDefault();
  all[next].focus();
  const target = targetOf(all[next], group);
  if (target) choose(target, 120);
});

function targetOf(item, group) {
  if (group.dataset.rove === "rules") return item.dataset.rule;
  return item.form?.id === "choose" && item.matches("[data-box], [role=tab]") ? item.value : "";
}

// Inside a rule: its handle, text, switch and menu.
function across(event) {
  const row = event.target.closest(".k-rule");
  const all = [".k-grip", ".k-rule-text", ".k-switch", "[popovertarget]"].map((name) =>
    row.querySelector(name),
  );
  const next = all[all.indexOf(event.target) + STEPS[event.key]];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

on("designer:shown", settle);
onCapture("toggle", (event) => event.target.matches?.("details") && settle());
settle();
