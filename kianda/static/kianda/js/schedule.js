// Who types into one of several ways to say it has chosen that way.
document.addEventListener(
  "input",
  (event) => {
    const way = event.target.closest?.("[data-way]")?.querySelector('input[type="radio"]');
    if (way && way !== event.target) way.checked = true;
  },
  { capture: true },
);

// A row that follows its run waits while its menu is open.
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.detail.elt;
  if (row.matches?.("[data-row]") && row.querySelector(":popover-open")) event.preventDefault();
});

// A menu was placed by script. htmx would carry its style over as an attribute, which the policy
// of the pages forbids.
document.addEventListener("htmx:beforeSwap", (event) => {
  event.detail.target
    ?.querySelectorAll?.("[popover][style]")
    .forEach((menu) => menu.removeAttribute("style"));
});
