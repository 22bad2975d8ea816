// A button with data-busy says what it does and for how long, while its request is under way.
document.addEventListener("htmx:beforeRequest", (event) => {
  const words = event.detail.elt.dataset?.busy;
  const label = event.detail.elt.querySelector?.("span");
  if (!words || !label) return;
  const before = label.textContent;
  const began = Date.now();
  const tick = () => (label.textContent = `${words}, ${Math.round((Date.now() - began) / 1000)} s`);
  tick();
  const timer = setInterval(tick, 1000);
  event.detail.xhr.addEventListener("loadend", () => {
    clearInterval(timer);
    label.textContent = before;
  });
});
