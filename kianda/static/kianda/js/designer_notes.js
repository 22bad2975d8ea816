// What the designer says: to readers of the screen, above the panes, beside a control, as a toast.
import { pressButton } from "./notes.js";
import { toast } from "./toast.js";

let signing = false;

export function isSigningIn() {
  return signing;
}

// The word beside the title; without one, when the last edit was kept.
export function words(text) {
  const place = document.querySelector("#d-kept [data-kept]");
  if (place) place.textContent = text || place.dataset.kept;
}

export function disconnected(waiting) {
  const many = { 0: "", 1: " 1 edit waits." }[waiting] ?? ` ${waiting} edits wait.`;
  note(`Connection lost. Edits are kept here and sent when it is back.${many}`, null, true);
  words("Not sent yet");
}

export function ended() {
  const link = document.createElement("a");
  link.className = "btn btn-sm btn-primary";
  link.href = `/sign-in/?next=${encodeURIComponent(location.pathname + location.search)}&expired=1`;
  link.textContent = "Sign in";
  link.addEventListener("click", () => (signing = true));
  note("Your session has ended. Your edits are kept here; they are sent when you have signed in again.", link, true);
  words("Not sent yet");
}

export function refusedWhole(status) {
  const gone = status === 404 ? "The design, or this part of it, is no longer there." : `That did not work: the server answered ${status}.`;
  note(`${gone} The edit was not kept.`, pressButton("Load the page again", () => location.reload()));
}

export function say(words) {
  const place = document.getElementById("d-say");
  place.textContent = "";
  // Emptied first, so that the same words are read again.
  if (words) setTimeout(() => (place.textContent = words), 30);
}

// A note above the panes that stays until its cause is gone; `act` is a button beside it.
export function note(words, act, unreached = false) {
  const box = document.getElementById("d-lost");
  box.toggleAttribute("data-unreached", unreached);
  box.hidden = !words;
  box.querySelector("[data-words]").textContent = words ?? "";
  box.querySelector("button, a")?.remove();
  if (act) box.append(act);
}

// Beside the control that it is about: why what was typed there was not kept.
export function complain(answer) {
  const control = document.querySelector(`#d-props [name="${CSS.escape(`s${answer.dataset.place}`)}"]`);
  if (!control) return;
  control.setAttribute("aria-invalid", "true");
  control.classList.add("is-invalid");
  const words = document.createElement("div");
  words.className = "invalid-feedback d-block";
  words.id = `${control.id}-refused`;
  words.textContent = answer.dataset.refused;
  document.getElementById(words.id)?.remove();
  control.after(words);
  control.setAttribute("aria-describedby", words.id);
}

export function tell(answer) {
  const { say: words, news, notices, undo } = answer.dataset;
  if (news) toast(news);
  // Who outside still knows a field by its old name: that stays until the next act.
  if (notices) note(`It has a new name. Somebody outside still uses the old one: ${notices}`);
  if (undo !== "True" || !words) return say(words);
  toast(words);
  const box = document.querySelector("#toasts > :last-child");
  // Gone only after the press has been sent: a button without a place sends nothing.
  const back = pressButton("Undo", () => setTimeout(() => box.remove()));
  back.type = "submit";
  back.setAttribute("form", "act");
  back.name = "act";
  back.value = "undo";
  box?.append(back);
}
