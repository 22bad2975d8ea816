// What stands in the frame of a preview: links and sign-in lead out of it; alone it is no page.
import { on } from "./listen.js";

const inside = document.querySelector("[data-framed]");
if (window.top === window && inside) location.replace(inside.dataset.shell);

on("click", "a[href]", (link) => {
  if (!link.hasAttribute("hx-get") && link.pathname !== location.pathname) link.target = "_top";
});

on("htmx:beforeOnLoad", (event) => {
  const to = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!to || to.endsWith("/form/")) return;
  event.preventDefault();
  window.top.location.assign(to);
});
