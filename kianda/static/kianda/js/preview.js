// The page of a preview: the width of the frame, debug on and off, and frame and debugger in step.
import { on } from "./page/listen.js";

const frame = document.getElementById("frame");
const pane = document.getElementById("debugger");
const shell = document.getElementById("main");

document.querySelector("[data-widths]").addEventListener("click", (event) => {
  const link = event.target.closest("[data-width]");
  if (!link) return;
  event.preventDefault();
  for (const one of link.parentElement.children) one.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  frame.className = `k-frame k-frame--${link.dataset.width}`;
  remember("width", link.dataset.width);
});

const toggle = document.querySelector("form[data-debug]");
let acting = false;
let stepping = false;
let opened = false;
let focused = "";
const debugs = () => toggle.querySelector("button").getAttribute("aria-pressed") === "true";
toggle.addEventListener("submit", (event) => {
  event.preventDefault();
  setDebug(!debugs());
});

function setDebug(on) {
  const button = toggle.querySelector("button");
  button.setAttribute("aria-pressed", String(on));
  button.value = on ? "0" : "1";
  shell.classList.toggle("k-preview--alone", !on);
  remember("debug", on ? "1" : "0");
  tellFrame();
}

function remember(name, value) {
  const url = new URL(location.href);
  url.searchParams.set(name, value);
  history.replaceState(history.state, "", url);
  toggle.elements.width.value = url.searchParams.get("width") ?? "desktop";
}

// What is pressed in the form runs, or pauses, as the page says at that moment.
function tellFrame() {
  const input = frame.contentDocument?.querySelector("input[data-debug]");
  if (input) input.value = debugs() ? "1" : "0";
}

// What the debugger shows belongs to what the form shows: it is asked anew when they differ.
function follow() {
  const inside = frame.contentDocument?.querySelector("[data-framed]");
  if (!inside) return;
  if (inside.dataset.shell !== frame.dataset.shell) {
    // The instance was made: from here on the page is about it.
    location.replace(`${inside.dataset.shell}${location.search}`);
    return;
  }
  tellFrame();
  const { state } = inside.dataset;
  if (!state.startsWith("/") && !debugs()) setDebug(true);
  if (state !== pane.querySelector("[data-state]")?.dataset.state && !acting) refreshPane();
}

function refreshPane() {
  window.htmx?.ajax("GET", `${frame.dataset.shell}?debug=1`, {
    target: "#debugger",
    swap: "innerHTML",
  });
}

function watch() {
  follow();
  frame.contentDocument?.addEventListener("htmx:afterSettle", follow);
}
frame.addEventListener("load", watch);
if (
  frame.contentDocument?.readyState === "complete" &&
  frame.contentDocument.querySelector("[data-framed]")
)
  watch();

// After an act of the debugger the form shows the values of that moment.
on("htmx:beforeRequest", (event) => {
  if (event.detail.target !== pane || event.detail.requestConfig.verb !== "post") return;
  acting = true;
  stepping = event.detail.requestConfig.path.endsWith("/debugger/");
  opened = pane.querySelector("[data-keep]")?.open ?? false;
  const button = event.detail.requestConfig.triggeringEvent?.submitter;
  focused = button ? nameOf(button) : "";
});

on("htmx:afterSettle", (event) => {
  if (event.detail.target !== pane) return;
  const kept = pane.querySelector("[data-keep]");
  if (kept && opened) kept.open = true;
  if (!acting) return;
  const wrong = pane.querySelector("[role=alert]");
  (wrong ?? again(focused) ?? pane).focus();
  if (stepping) frame.contentWindow?.location.reload();
  acting = stepping = false;
});

const nameOf = (button) => button.getAttribute("aria-label") ?? button.textContent.trim();

function again(name) {
  const all = [...pane.querySelectorAll("button")];
  return (
    all.find((one) => nameOf(one) === name) ??
    all.find((one) => one.classList.contains("btn-primary"))
  );
}

// The keys of the debugger, wherever focus is.
const KEYS = { F10: "step", F8: "continue" };
function onKey(event) {
  const act = KEYS[event.key];
  const button = act && pane.querySelector(`button[name=act][value=${act}]`);
  if (!button || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  button.click();
}
on("keydown", onKey);
frame.addEventListener("load", () => frame.contentDocument?.addEventListener("keydown", onKey));
