// What the designer says: to readers of the screen, above the panes, beside a control, as a toast.
import { pressButton } from "../page/notes.js";
import { toast } from "../page/toast.js";
import { word } from "../page/words.js";

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
  const many = waiting === 1 ? word("editWaits") : word("editsWait", { count: waiting });
  note(waiting ? `${word("disconnected")} ${many}` : word("disconnected"), null, true);
  words(word("notSentYet"));
}

export function ended() {
  const link = document.createElement("a");
  link.className = "btn btn-sm btn-primary";
  link.href = `/sign-in/?next=${encodeURIComponent(location.pathname + location.search)}&expired=1`;
  link.textContent = word("signIn");
  link.addEventListener("click", () => {
    signing = true;
  });
  note(word("editsKept"), link, true);
  words(word("notSentYet"));
}

export function refusedWhole({ status, words }) {
  const gone = status === 404 ? word("designGone") : words;
  note(
    `${gone} ${word("editLost")}`,
    pressButton(word("loadAgain"), () => location.reload()),
  );
}

export function say(words) {
  const place = document.getElementById("d-say");
  place.textContent = "";
  // Emptied first, so that the same words are read again.
  if (words) setTimeout(() => place.replaceChildren(words), 30);
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
  const control = document.querySelector(
    `#d-props [name="${CSS.escape(`s${answer.dataset.place}`)}"]`,
  );
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
  if (notices) note(word("renamed", { notices }));
  if (undo !== "True" || !words) return say(words);
  toast(words);
  const box = document.querySelector("#toasts > :last-child");
  // Gone only after the press has been sent: a button without a place sends nothing.
  const back = pressButton(word("undo"), () => setTimeout(() => box.remove()));
  back.type = "submit";
  back.setAttribute("form", "act");
  back.name = "act";
  back.value = "undo";
  box?.append(back);
}
