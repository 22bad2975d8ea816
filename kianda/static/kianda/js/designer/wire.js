// Carries acts to the server one after the other. What cannot be sent now is kept in this tab, and
// sent when the connection, or the session, is back.
import { ask, isAsked } from "../page/ask.js";
import { on, once } from "../page/listen.js";
import {
  complain,
  disconnected,
  ended,
  isSigningIn,
  note,
  refusedWhole,
  say,
  tell,
  words,
} from "./notes.js";
import { here, read, setAt, show } from "./panes.js";
import { pressButton } from "../page/notes.js";
import { word } from "../page/words.js";

const BY_SCRIPT = { "X-Designer": "1" };
const KEY = `kianda:designer:${location.pathname}:${document.body.dataset.user}`;
const queue = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
let busy = false;
let lost = false;
// Whether what is selected could not be asked for.
let isBehind = false;
let waits = 1000;
let timer;
let choice = 0;
let resting;

function keep() {
  sessionStorage.setItem(KEY, JSON.stringify(queue));
  document.getElementById("main").dataset.waiting = queue.length;
}

export function isIdle() {
  return !busy && !queue.length;
}

// Does something once every edit has arrived: leaving for the preview, say.
export function whenIdle(then) {
  if (isIdle()) then();
  else once("designer:idle", then);
}

// Sends an act: the address, and what stands in its form.
export function send(url, values) {
  const item = {
    url,
    values: [...values].filter(([name]) => !["csrfmiddlewaretoken", "revision"].includes(name)),
    choice,
  };
  // Enter in a text field is a change and a press: one edit.
  if (
    url.endsWith("/settings/") &&
    JSON.stringify(queue.at(-1)?.values) === JSON.stringify(item.values)
  )
    return;
  clearTimeout(resting);
  queue.push(item);
  keep();
  pump();
}

async function pump() {
  clearTimeout(timer);
  if (busy || !queue.length) return;
  busy = true;
  words(word("keeping"));
  const item = queue[0];
  // What is insisted on is still about what the person had seen when it was made.
  if (!item.again) item[item.insists ? "over" : "revision"] = here.revision;
  const body = new URLSearchParams(item.values);
  body.set("revision", item.revision);
  if (item.insists) body.set("over", item.over);
  if (item.again) body.set("again", "1");
  const answer = await ask(item.url, { body, headers: BY_SCRIPT });
  busy = false;
  const panes = read(answer.text ?? "");
  if (panes) took(item, panes);
  else if (answer.why === "lost") loose(item);
  // Signed in again in another tab counts too: only a page that is loaded anew may send.
  else if (answer.why === "ended") ended();
  else {
    queue.shift();
    keep();
    refusedWhole(answer);
  }
}

function reached() {
  if (lost) say(word("back"));
  [lost, waits] = [false, 1000];
}

function took(item, answer) {
  queue.shift();
  follow(answer);
  reached();
  const refused = answer.dataset.refused;
  // What was typed and refused stays where it was typed.
  const isLost = Boolean(refused) && item.url.endsWith("/settings/");
  const stays = isLost && answer.dataset.stale !== "True";
  if (item.choice === choice) show(answer, { follows: true, stays });
  else look();
  if (stays) complain(answer);
  const listed = Boolean(refused) && list(item, refused);
  note(
    listed ? "" : refused,
    answer.dataset.stale === "True" ? pressButton(word("doMine"), () => again(item)) : null,
  );
  tell(answer);
  if (listed) say(refused);
  words(isLost ? word("editLost") : "");
  if (answer.dataset.opens) open(answer.dataset.opens);
  if (queue.length) pump();
  else document.dispatchEvent(new CustomEvent("designer:idle"));
}

// What stands in the way of a version is listed at once.
function list(item, words) {
  const saves = item.values.some(([name, value]) => name === "act" && value === "save");
  if (!saves || !document.querySelector("#d-count.k-bad")) return false;
  const lead = document.querySelector("#d-flaws [data-lead]");
  lead.textContent = words;
  lead.hidden = false;
  document.getElementById("d-flaws").showPopover();
  return true;
}

// What waits behind a new name is about the same element.
function follow({ dataset: { renamed, renamedTo } }) {
  for (const item of renamed ? queue : [])
    item.values = item.values.map(([name, value]) => [name, value === renamed ? renamedTo : value]);
  keep();
}

function again(item) {
  note("");
  queue.push({ ...item, again: false, insists: true, choice });
  keep();
  pump();
}

function loose(item) {
  // It may have arrived: the server is told, so that it is not done twice.
  item.again = true;
  keep();
  lost = true;
  disconnected(queue.length);
  timer = setTimeout(pump, waits);
  waits = Math.min(waits * 2, 15_000);
}

// Selects an element, or looks again at what is selected.
export async function look(at = here.at, more = {}) {
  // Who asks for news alone does not take the place of what was chosen and is not shown yet.
  const isNews = "since" in more;
  if (isNews && isAsked("look")) return null;
  if (isNews && isBehind) return look();
  const query = new URLSearchParams({ at, form: here.form, ...more });
  if (document.querySelector("#d-outline:not([hidden])")) query.set("left", "outline");
  const { why, text } = await ask(`${location.pathname}?${query}`, {
    kind: "look",
    headers: BY_SCRIPT,
  });
  if (why === "lost") {
    disconnected(queue.length);
    lost = true;
  } else if (!why && lost && isIdle()) {
    reached();
    note("");
    words("");
  }
  if (!isNews && why !== "replaced") isBehind = why === "lost";
  if (why === "ended") ended();
  if (!text) return null;
  // An act has moved the selection on meanwhile; an answer about the one before would move it back.
  if (at !== here.at) return look();
  const answer = read(text);
  if (answer && Number(answer.dataset.revision) >= here.revision) {
    follow(answer);
    show(answer, { quiet: isNews });
  }
  return answer;
}

// The selection counts at once; with `delay` its panes are asked for when the arrows rest, or come
// with the answer to the next act.
export async function choose(at, delay = 0) {
  choice += 1;
  setAt(at);
  clearTimeout(resting);
  if (delay)
    await new Promise((done) => {
      resting = setTimeout(done, delay);
    });
  const answer = await look(at);
  if (answer && !queue.length) note("");
  return answer;
}

export function open(url) {
  window.htmx?.ajax("GET", url, {
    source: document.getElementById("main"),
    target: "#dialog",
    swap: "innerHTML",
  });
}

on("online", pump);
on("beforeunload", (event) => {
  if (queue.length && !isSigningIn()) event.preventDefault();
});
on("designer-changed", () => look());
pump();
