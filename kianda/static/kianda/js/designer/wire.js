// Carries acts to the server one after the other. What cannot be sent now is kept in this tab, and
// sent when the connection, or the session, is back.
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

const KEY = `kianda:designer:${location.pathname}:${document.body.dataset.user}`;
const LONGEST_MS = 20_000;
const queue = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
let busy = false;
let lost = false;
let waits = 1000;
let timer;
let choice = 0;
let asked = null;
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
  item.revision = item.again ? item.revision : here.revision;
  const answer = await post(item).catch(() => undefined);
  busy = false;
  if (answer) took(item, answer);
  else if (answer === undefined) loose(item);
}

async function post(item) {
  const body = new URLSearchParams(item.values);
  body.set("revision", item.revision);
  if (item.again) body.set("again", "1");
  const headers = { "X-Designer": "1", "X-CSRFToken": here.token };
  const response = await fetch(item.url, {
    method: "POST",
    body,
    headers,
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  if (response.status >= 502) throw new Error("not reached");
  const answer = read(await response.text());
  if (answer) return answer;
  // Signed in again in another tab counts too: only a page that is loaded anew may send.
  const isOver = response.redirected && response.url.includes("sign-in");
  if (isOver || response.headers.has("X-Nothing-Sent")) ended();
  else {
    queue.shift();
    keep();
    refusedWhole(response.status);
  }
  return null;
}

function took(item, answer) {
  queue.shift();
  if (answer.dataset.renamed) follow(answer.dataset.renamed, answer.dataset.renamedTo);
  keep();
  if (lost) say(word("back"));
  [lost, waits] = [false, 1000];
  const refused = answer.dataset.refused;
  // What was typed and refused stays where it was typed.
  const stays =
    Boolean(refused) && item.url.endsWith("/settings/") && answer.dataset.stale !== "True";
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
  words("");
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
function follow(old, now) {
  for (const item of queue)
    item.values = item.values.map(([name, value]) => [name, value === old ? now : value]);
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
  disconnected(queue.length);
  timer = setTimeout(pump, waits);
  waits = Math.min(waits * 2, 15_000);
}

// Selects an element, or looks again at what is selected.
export async function look(at = here.at, more = {}) {
  // Who asks for news alone does not take the place of what was chosen and is not shown yet.
  const isNews = "since" in more;
  if (isNews && asked) return null;
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  const query = new URLSearchParams({ at, form: here.form, ...more });
  if (document.querySelector("#d-outline:not([hidden])")) query.set("left", "outline");
  const { signal } = mine;
  try {
    const response = await fetch(`${location.pathname}?${query}`, {
      headers: { "X-Designer": "1" },
      signal,
    });
    if (response.status === 204) return null;
    const answer = read(await response.text());
    if (signal.aborted) return null;
    // An act has moved the selection on meanwhile; an answer about the one before would move it back.
    if (at !== here.at) return look();
    if (answer && Number(answer.dataset.revision) >= here.revision) show(answer, { quiet: isNews });
    if (!answer && response.redirected) ended();
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") disconnected(queue.length);
    if (error.name !== "AbortError") lost = true;
    return null;
  } finally {
    if (asked === mine) asked = null;
  }
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
