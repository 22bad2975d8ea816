// Parts that refresh by themselves ([data-refresh], hx-trigger="every 15s") do so only while the
// page is seen and nobody has focus inside them,
// or has opened a question there.
import { on } from "./listen.js";

on("htmx:configRequest", (event) => {
  if ("refresh" in event.detail.elt.dataset && !event.detail.triggeringEvent)
    event.detail.headers["X-Refresh"] = "1";
});

on("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!("refresh" in part.dataset) || event.detail.requestConfig.triggeringEvent) return;
  const busy =
    part.contains(document.activeElement) ||
    part.querySelector(":popover-open, dialog[open], form.k-task-more");
  if (document.hidden || busy) event.preventDefault();
});

// What is no longer there will not be there the next time: it is not asked for again.
on("htmx:responseError", (event) => {
  const { elt: part, xhr } = event.detail;
  if (![404, 410].includes(xhr.status) || !part.matches('[hx-trigger*="every "]')) return;
  part.removeAttribute("hx-get");
  part.removeAttribute("hx-trigger");
  window.htmx.process(part);
});
