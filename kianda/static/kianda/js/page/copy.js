// [data-copy] copies its text and answers in words for two seconds.
import { on } from "./listen.js";
import { word } from "./words.js";

on("click", "[data-copy]", async (button) => {
  const done = await write(button.dataset.copy);
  const answer = document.createElement("span");
  answer.className = "k-small k-muted k-copied";
  answer.setAttribute("role", "status");
  button.parentElement.querySelector(".k-copied")?.remove();
  button.after(answer);
  answer.textContent = word(done ? "copied" : "pressCopy");
  setTimeout(() => answer.remove(), 2000);
});

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard without TLS: mark the text, so that the person can copy it.
    return copyByHand(text);
  }
}

function copyByHand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
