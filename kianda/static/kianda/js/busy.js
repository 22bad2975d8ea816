// A button with data-busy says what it does and for how long, while its request is under way; a
// button with data-stop, which names it, is there meanwhile and ends the waiting.
document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.elt;
  const words = button.dataset?.busy;
  const label = button.querySelector?.("span");
  if (!words || !label) return;
  const before = label.textContent;
  const began = Date.now();
  const stop = document.querySelector(`[data-stop="${button.id}"]`);
  const tick = () => (label.textContent = `${words}, ${Math.round((Date.now() - began) / 1000)} s`);
  tick();
  if (stop) stop.hidden = false;
  const timer = setInterval(tick, 1000);
  event.detail.xhr.addEventListener("loadend", () => {
    clearInterval(timer);
    label.textContent = before;
    if (!stop) return;
    if (document.activeElement === stop) setTimeout(() => button.focus());
    stop.hidden = true;
  });
});

document.addEventListener("click", (event) => {
  const stop = event.target.closest?.("[data-stop]");
  if (!stop) return;
  const said = stop.parentElement.querySelector("[data-stopped]");
  if (said) said.textContent = said.dataset.stopped;
  window.htmx.trigger(`#${stop.dataset.stop}`, "htmx:abort");
});
