// What stands in the frame of a preview: links and sign-in lead out of it; alone it is no page.
const inside = document.querySelector("[data-framed]");
if (window.top === window && inside) location.replace(inside.dataset.shell);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (link && !link.hasAttribute("hx-get") && link.pathname !== location.pathname)
    link.target = "_top";
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const to = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!to || to.endsWith("/form/")) return;
  event.preventDefault();
  window.top.location.assign(to);
});
