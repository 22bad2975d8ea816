// Who types into one of several ways to say it has chosen that way.
import { on, onCapture } from "./page/listen.js";

onCapture("input", "[data-way]", (way, { target }) => {
  const choice = way.querySelector('input[type="radio"]');
  if (choice && choice !== target) choice.checked = true;
});

// A row that follows its run waits while its menu is open.
on("htmx:beforeRequest", (event) => {
  const row = event.detail.elt;
  if (row.matches?.("[data-row]") && row.querySelector(":popover-open")) event.preventDefault();
});

// A menu was placed by script. htmx would carry its style over as an attribute, which the policy
// of the pages forbids.
on("htmx:beforeSwap", (event) => {
  event.detail.target
    ?.querySelectorAll?.("[popover][style]")
    .forEach((menu) => menu.removeAttribute("style"));
});
