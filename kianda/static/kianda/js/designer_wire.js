// Carries acts to the server one after the other. What cannot be sent now is kept in this tab, and
// sent when the connection, or the session, is back.
import { button, here, note, read, say, show, tell } from "./designer_panes.js";

const KEY = `kianda:designer:${location.pathname}:${document.body.dataset.user}`;
const LONGEST_MS = 20_000;
let queue = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
let busy = false;
let lost = false;
let waits = 1000;
let timer;
let choice = 0;
let asked = null;
let signing = false;

function keep() {
  sessionStorage.setItem(KEY, JSON.stringify(queue));
}

export function isIdle() {
  return !busy && !queue.length;
}

// Sends an act: the address, and what stands in its form.
export function send(url, values) {
  const item = { url, values: [...values].filter(([name]) => !["csrfmiddlewaretoken", "revision"].includes(name)), choice };
  // Enter in a text field is a change and a press: one edit.
  if (url.endsWith("/settings/") && JSON.stringify(queue.at(-1)?.values) === JSON.stringify(item.values)) return;
  queue.push(item);
  keep();
  pump();
}

async function pump() {
  clearTimeout(timer);
  if (busy || !queue.length) return;
  busy = true;
  words("Keeping…");
  const item = queue[0];
  item.revision = item.again ? item.revision : here.revision;
  try {
    const answer = await post(item);
    busy = false;
    if (answer) took(item, answer);
  } catch {
    busy = false;
    loose(item);
  }
}

async function post(item) {
  const body = new URLSearchParams(item.values);
  body.set("revision", item.revision);
  if (item.again) body.set("again", "1");
  const headers = { "X-Designer": "1", "X-CSRFToken": here.token };
  const response = await fetch(item.url, { method: "POST", body, headers, signal: AbortSignal.timeout(LONGEST_MS) });
  if (response.status >= 502) throw new Error("not reached");
  const answer = read(await response.text());
  if (answer) return answer;
  if (response.redirected && response.url.includes("sign-in")) ended();
  else refusedWhole(response);
  return null;
}

function took(item, answer) {
  queue.shift();
  keep();
  if (lost) say("The connection is back. All edits are kept.");
  [lost, waits] = [false, 1000];
  const refused = answer.dataset.refused;
  if (item.choice === choice) show(answer, true);
  else look();
  if (refused) note(refused, answer.dataset.stale === "True" ? button("Do mine all the same", () => again(item)) : null);
  tell(answer);
  words("");
  if (answer.dataset.opens) open(answer.dataset.opens);
  pump();
}

function again(item) {
  note("");
  queue.push({ ...item, again: false, choice });
  keep();
  pump();
}

function loose(item) {
  // It may have arrived: the server is told, so that it is not done twice.
  item.again = true;
  keep();
  lost = true;
  const many = queue.length === 1 ? "1 edit waits." : `${queue.length} edits wait.`;
  note(`Connection lost. Edits are kept here and sent when it is back. ${many}`);
  words("Not sent yet");
  timer = setTimeout(pump, waits);
  waits = Math.min(waits * 2, 15_000);
}

function ended() {
  const link = document.createElement("a");
  link.className = "btn btn-sm btn-primary";
  link.href = `/sign-in/?next=${encodeURIComponent(location.pathname + location.search)}&expired=1`;
  link.textContent = "Sign in";
  link.addEventListener("click", () => (signing = true));
  keep();
  note("Your session has ended. Your edits are kept here; they are sent when you have signed in again.", link);
  words("Not sent yet");
}

function refusedWhole(response) {
  queue.shift();
  keep();
  const gone = response.status === 404 ? "The design, or this part of it, is no longer there." : `That did not work: the server answered ${response.status}.`;
  note(`${gone} The edit was not kept.`, button("Load the page again", () => location.reload()));
}

function words(text) {
  const place = document.querySelector("#d-kept [data-kept]");
  if (place) place.textContent = text || place.dataset.kept;
}

// Selects an element, or looks again at what is selected.
export async function look(at = here.at, more = {}) {
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams({ at, form: here.form, ...more });
  if (document.querySelector("#d-outline:not([hidden])")) query.set("left", "outline");
  const signal = asked.signal;
  try {
    const response = await fetch(`${location.pathname}?${query}`, { headers: { "X-Designer": "1" }, signal });
    if (response.status === 204) return null;
    const answer = read(await response.text());
    if (signal.aborted) return null;
    if (answer && Number(answer.dataset.revision) >= here.revision) show(answer);
    if (!answer && response.redirected) ended();
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") note("Connection lost. Edits are kept here and sent when it is back.");
    if (error.name !== "AbortError") lost = true;
    return null;
  }
}

export async function choose(at, more) {
  choice += 1;
  for (const box of document.querySelectorAll("#d-sheet [data-box]")) box.setAttribute("aria-pressed", String(box.value === at));
  const answer = await look(at, more);
  if (answer && !queue.length) note("");
  return answer;
}

export function open(url) {
  window.htmx?.ajax("GET", url, { source: document.getElementById("main"), target: "#dialog", swap: "innerHTML" });
}

window.addEventListener("online", pump);
window.addEventListener("beforeunload", (event) => {
  if (queue.length && !signing) event.preventDefault();
});
document.addEventListener("designer-changed", () => look());
pump();
