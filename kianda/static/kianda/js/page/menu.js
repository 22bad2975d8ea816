// Menus are popovers: a "..." menu opens at its button, and the arrows move inside. Those of a list
// are details, which open without a script: here they are kept on the page, and closed.
import { on, onCapture } from "./listen.js";

onCapture("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("[popover][data-at-button]") || event.newState !== "open") return;
  const button = document.querySelector(`[popovertarget="${menu.id}"]`);
  const at = button.getBoundingClientRect();
  const below = at.bottom + menu.offsetHeight + 8 < innerHeight;
  menu.style.inset = "auto";
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - menu.offsetHeight - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
  items(menu)[0]?.focus();
});

function items(menu) {
  return [...menu.querySelectorAll("a[href], button:not([disabled]), input:checked")];
}

on("keydown", ".k-menu[popover]", (menu, event) => {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const all = items(menu);
  const now = all.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key];
  event.preventDefault();
  all.at(next % all.length)?.focus();
});

// The colours change as they are chosen; the server keeps the choice and writes it into every page.
on("change", ".k-menu input[name=theme]", ({ value }) => {
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
  // The profile, when it is open, must not bring the old ones back.
  const chosen = document.querySelector("#main select[name=theme]");
  if (chosen) chosen.value = value;
});

// A menu whose act has been chosen is done, unless it is a choice among several.
on("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("[data-stays]")) return;
  const menu = event.detail.elt.closest?.(".k-menu[popover]");
  if (menu?.matches(":popover-open")) menu.hidePopover();
});

const OPEN = "details.k-pop[open]";

onCapture("toggle", ({ target }) => {
  if (!target.matches?.(OPEN)) return;
  const menu = target.querySelector(".k-menu");
  menu.style.translate = "";
  const { left, right } = menu.getBoundingClientRect();
  const over = Math.min(0, document.documentElement.clientWidth - 8 - right);
  menu.style.translate = `${Math.max(over, 8 - left)}px`;
});

on("click", ({ target }) => {
  for (const one of document.querySelectorAll(OPEN))
    if (target.isConnected && !one.contains(target)) one.open = false;
});

on("keydown", (event) => {
  const one = document.querySelector(OPEN);
  if (event.key !== "Escape" || !one || document.querySelector("dialog[open]")) return;
  one.open = false;
  one.querySelector("summary").focus();
});

// In a low window the main menu scrolls: where one is, is in sight.
document.querySelector(".k-rail > [aria-current]")?.scrollIntoView({ block: "nearest" });
