// A toast goes after six seconds, unless somebody points at it or has focus in it.
const place = document.getElementById("toasts");

function watch(toast) {
  toast.dataset.watched = "1";
  const go = () => {
    if (toast.matches(":hover, :focus-within")) return setTimeout(go, 1500);
    toast.remove();
  };
  setTimeout(go, 6000);
}

function watchAll() {
  place?.querySelectorAll("[data-toast]:not([data-watched])").forEach(watch);
}

export function toast(text) {
  const box = document.createElement("div");
  box.className = "k-toast";
  box.dataset.toast = "";
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  place?.append(box);
}

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-toast-close]")?.closest("[data-toast]").remove();
});

if (place) new MutationObserver(watchAll).observe(place, { childList: true });
watchAll();
