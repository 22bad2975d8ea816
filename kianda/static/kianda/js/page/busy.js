// A button with data-busy says what it does and for how long, while its request is under way; a
// button with data-stop, which names it, is there meanwhile and ends the waiting.
import { on } from "./listen.js";

// Says in a place what is going on and for how long, until what it returns is called.
export function tellSeconds(place, words) {
  const began = Date.now();
  const tick = () =>
    place.replaceChildren(`${words}, ${Math.round((Date.now() - began) / 1000)} s`);
  tick();
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
}

on("htmx:beforeRequest", (event) => {
  const button = event.detail.elt;
  const words = button.dataset?.busy;
  const label = button.querySelector?.("span");
  if (!words || !label) return;
  const before = label.textContent;
  const stop = document.querySelector(`[data-stop="${button.id}"]`);
  if (stop) stop.hidden = false;
  const told = tellSeconds(label, words);
  event.detail.xhr.addEventListener("loadend", () => {
    told();
    label.textContent = before;
    if (!stop) return;
    if (document.activeElement === stop) setTimeout(() => button.focus());
    stop.hidden = true;
  });
});

on("click", "[data-stop]", (stop) => {
  const said = stop.parentElement.querySelector("[data-stopped]");
  if (said) said.textContent = said.dataset.stopped;
  window.htmx.trigger(`#${stop.dataset.stop}`, "htmx:abort");
});
