// Ctrl K (or Cmd K) opens the command bar; arrows and Enter work inside it.
import { on } from "./listen.js";

on("keydown", (event) => {
  if (
    event.key.toLowerCase() !== "k" ||
    !(event.ctrlKey || event.metaKey) ||
    event.altKey ||
    event.shiftKey
  )
    return;
  const link = [...document.querySelectorAll("a[data-find]")].find((one) => one.checkVisibility());
  if (!link || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  link.click();
});

on("click", "a[data-find]", (link, event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !window.htmx) return;
  event.preventDefault();
  document.querySelector("#rail:popover-open")?.hidePopover();
  window.htmx.ajax("GET", link.getAttribute("href"), {
    source: link,
    target: "#dialog",
    swap: "innerHTML",
  });
});

on("keydown", "[data-command-bar]", (bar, event) => {
  if (!["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  const links = [...bar.querySelectorAll("[data-result]")];
  const field = bar.querySelector("input[type=search]");
  const now = links.indexOf(document.activeElement);
  if (event.key === "Enter") {
    if (document.activeElement !== field || !links.length) return;
    event.preventDefault();
    links[0].click();
    return;
  }
  event.preventDefault();
  const next = event.key === "ArrowDown" ? now + 1 : now - 1;
  (next < 0 ? field : (links[next] ?? links.at(-1)))?.focus();
});
