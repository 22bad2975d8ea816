// Typed text outlives a session that ended: it is kept in this tab, for this person, until the
// form was sent or the page was left by will. Passwords and secrets are never kept.
const store = sessionStorage;
const user = document.body.dataset.user;
const key = (path) => `kianda:typed:${path}`;
const ENDED = "kianda:session-ended";

const isSecret = (field) => field.type === "password" || field.type === "hidden" || field.type === "file" || "secret" in field.dataset;

function forms() {
  return [...document.querySelectorAll('form[method="post"], form[hx-post], form[hx-put], form[hx-patch]')];
}

function nameOf(form, n) {
  return form.id || form.getAttribute("action") || form.getAttribute("hx-post") || `form ${n}`;
}

function read(form) {
  return [...form.elements]
    .filter((field) => field.name && !isSecret(field) && field.type !== "submit" && field.type !== "button")
    .map((field) => [field.name, field.value, field.type === "checkbox" || field.type === "radio" ? field.checked : null]);
}

function keep() {
  const typed = forms()
    .map((form, n) => ({ form, n }))
    .filter(({ form }) => form.dataset.typed)
    .map(({ form, n }) => [nameOf(form, n), read(form)]);
  if (typed.length) store.setItem(key(location.pathname), JSON.stringify({ user, typed }));
}

function write(form, values) {
  const left = values.slice();
  for (const field of form.elements) {
    const at = left.findIndex(([name, value, on]) => name === field.name && (on === null || value === field.value));
    if (at < 0 || isSecret(field)) continue;
    const [[, value, on]] = left.splice(at, 1);
    if (on === null) field.value = value;
    else field.checked = on;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function restore() {
  const text = store.getItem(key(location.pathname));
  const ended = store.getItem(ENDED);
  store.removeItem(ENDED);
  if (!text) return;
  store.removeItem(key(location.pathname));
  const kept = JSON.parse(text);
  if (!ended || kept.user !== user) return;
  let any = false;
  forms().forEach((form, n) => {
    const found = kept.typed.find(([name]) => name === nameOf(form, n));
    if (!found) return;
    write(form, found[1]);
    any = true;
  });
  if (any) say();
}

function say() {
  const note = document.createElement("div");
  note.className = "k-note k-note--warn";
  note.setAttribute("role", "status");
  const words = document.createElement("div");
  words.textContent = "Your session had ended, so nothing was sent yet. What you typed is here again; passwords and secrets have to be entered anew.";
  note.append(words);
  document.getElementById("main").prepend(note);
}

if (user) {
  restore();
  let waiting;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !event.isTrusted) return;
    form.dataset.typed = "1";
    clearTimeout(waiting);
    waiting = setTimeout(keep, 250);
  });
  document.addEventListener("submit", keep, true);
} else if (new URLSearchParams(location.search).has("expired")) {
  store.setItem(ENDED, "1");
}
