// Passkeys: a [data-passkey] button asks the browser for one and sends its form with the answer.
// The options stand in the JSON block it names, or come from the address that it names. A browser
// that has no passkeys, or may not use them at this address, gets a note instead of the button.
import { ask } from "./ask.js";

const { webauthnJSON } = window;
// An address of numbers has no name that a passkey could belong to.
const isNumber = /^[\d.]+$|^\[/.test(window.location.hostname);
const usable = window.isSecureContext && !isNumber && webauthnJSON?.supported();

async function optionsOf({ options, from }) {
  if (options) return JSON.parse(document.getElementById(options).textContent);
  const { text, why } = await ask(from, { headers: { Accept: "application/json" } });
  if (why) throw new Error(why);
  return JSON.parse(text).request_options;
}

async function use(button) {
  const failed = document.getElementById(button.dataset.failed);
  failed.hidden = true;
  button.disabled = true;
  try {
    const found = await webauthnJSON[button.dataset.passkey](await optionsOf(button.dataset));
    button.form.elements.credential.value = JSON.stringify(found);
    button.form.submit();
  } catch {
    // Cancelled, timed out, none there: browsers do not tell which.
    failed.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

document.querySelectorAll("[data-passkey]").forEach((button) => {
  const missing = document.getElementById(button.dataset.missing);
  if (missing) missing.hidden = Boolean(usable);
  button.hidden = !usable;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    use(button);
  });
});
