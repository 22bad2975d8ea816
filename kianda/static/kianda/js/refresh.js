// Parts that refresh by themselves ([data-refresh], hx-trigger="every 15s") do so only while the
// page is seen and nobody has focus inside them; a connection that is lost is said once.
import { toast } from "./toast.js";

document.addEventListener("htmx:configRequest", (event) => {
  if ("refresh" in event.detail.elt.dataset && !event.detail.triggeringEvent) event.detail.headers["X-Refresh"] = "1";
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!("refresh" in part.dataset) || event.detail.requestConfig.triggeringEvent) return;
  const busy = part.contains(document.activeElement) || part.querySelector(":popover-open, dialog[open]");
  if (document.hidden || busy) event.preventDefault();
});

let lost = false;
document.addEventListener("htmx:sendError", (event) => {
  event.detail.elt.closest?.("[data-refresh]")?.setAttribute("data-stale", "");
  if (!lost) toast("Connection lost. What you see may be old; it is tried again.");
  lost = true;
});
document.addEventListener("htmx:afterOnLoad", () => {
  lost = false;
});
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 400 && !("refresh" in event.detail.elt.dataset)) {
    toast(`That did not work: the server answered ${event.detail.xhr.status}. Nothing was changed here.`);
  }
});
