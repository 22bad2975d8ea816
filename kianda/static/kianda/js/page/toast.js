// A toast goes after six seconds (one with something to press after twenty), unless somebody points at it or has focus in it.
import { on } from "./listen.js";
import { pressButton } from "./notes.js";

const place = document.getElementById("toasts");

function watch(toast) {
  toast.dataset.watched = "1";
  const go = () => {
    if (toast.matches(":hover, :focus-within")) return setTimeout(go, 1500);
    toast.remove();
  };
  // What cannot be had in another way waits longer.
  setTimeout(go, "waits" in toast.dataset ? 20_000 : 6000);
}

function watchAll() {
  place?.querySelectorAll("[data-toast]:not([data-watched])").forEach(watch);
}

// `label` is a button beside the words: what it does is done once.
export function toast(text, label, press) {
  const box = document.createElement("div");
  box.className = "k-toast";
  box.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  if (label) {
    const once = () => {
      box.remove();
      press();
    };
    box.append(pressButton(label, once));
    box.dataset.waits = "";
  }
  place?.append(box);
}

on("click", "[data-toast-close]", (button) => button.closest("[data-toast]").remove());

if (place) new MutationObserver(watchAll).observe(place, { childList: true });
watchAll();
