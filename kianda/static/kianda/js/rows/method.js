// Rows of a REST method are added and removed at once; without this the same buttons send the form.
import { on } from "../page/listen.js";
import { hold, letHold } from "../page/focus.js";
import { mendAll } from "../forms/mended.js";
import { word } from "../page/words.js";
import * as common from "./rows.js";

const form = () => document.getElementById("me");
const SECRET = /key|token|secret|password|^(authorization|cookie|set-cookie|proxy-authorization)$/i;

on("click", '#me button[name="act"]', (button, event) => {
  const [verb, pointer] = button.value.split(":");
  if (verb === "add") add(pointer.slice(1)).querySelector("input").focus();
  else if (verb === "remove") remove(button.closest("tr"));
  else if (verb === "take") take(button);
  else return;
  event.preventDefault();
});

// Enter in a row goes on to the next one, which is new after the last; in what is tried out it tries.
on("keydown", "#me :is([data-rows] tbody, #try) input", (input, event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const row = input.closest("[data-rows] tbody tr");
  if (!row) {
    const verb = input.id === "f-process_id" ? "fill" : "send";
    document.querySelector(`#try button[value="${verb}"]`).click();
    return;
  }
  const next = row.nextElementSibling ?? add(row.closest("[data-rows]").dataset.rows);
  next.querySelector("input").focus();
});

function table(key) {
  return form().querySelector(`[data-rows="${key}"]`);
}

function places(rows) {
  return [...rows.tBodies[0].rows].map((row) => Number(row.dataset.at));
}

function add(key, wanted) {
  const rows = table(key);
  const at = wanted ?? 1 + Math.max(-1, ...places(rows));
  const blank = document.querySelector(`template[data-blank="${key}"]`);
  const row = common.add(rows.tBodies[0], blank, "-1", at);
  settle(rows);
  return row;
}

function label(row) {
  const bin = row.querySelector(".k-bin button");
  bin.setAttribute("aria-label", `${bin.title} ${row.querySelector("input").value}`);
}

function remove(row) {
  const rows = row.closest("table");
  const more = rows.closest("details").querySelector('[value^="add:"]');
  common.remove(row, () => settle(rows), "input", more);
  changed();
}

function settle(rows) {
  const count = rows.tBodies[0].rows.length;
  rows.hidden = !count;
  rows.closest("details").open = true;
  rows.closest("details").querySelector("[data-count]").textContent = count;
}

// The form counts as typed in, so that its text outlives a session; the trial follows the rows.
function changed() {
  form().dataset.typed = "1";
  document.getElementById("inputs")?.dispatchEvent(new CustomEvent("rows-changed"));
}

// `take:/<path>/<path>`: each path one part of a JSON pointer.
const pathsOf = (button) =>
  button.value
    .slice("take:/".length)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
const escaped = (path) => path.replaceAll("~", "~0").replaceAll("/", "~1");

function take(button) {
  const paths = pathsOf(button);
  for (const path of paths) {
    const row = add("response_body");
    row.querySelector('[name$="/name"]').value =
      path
        .split(".")
        .filter((part) => !/^\d+$/.test(part))
        .join("_") || path;
    row.querySelector('[name$="/path"]').value = path;
    label(row);
  }
  changed();
  const group = button.parentElement;
  for (const one of group.querySelectorAll("button")) {
    const left = pathsOf(one).filter((path) => !paths.includes(path));
    one.value = `take:/${left.map(escaped).join("/")}`;
    if (!left.length) one.remove();
  }
  if (!group.querySelector("button")) group.replaceChildren(word("allTaken"));
  fillSamples();
}

// Beside each response field: what the last answer had there.
function fillSamples() {
  const found = new Map(
    [...document.querySelectorAll("#answer [data-found]")].map((one) => [
      one.dataset.found,
      one.dataset.value,
    ]),
  );
  if (!found.size) return;
  for (const row of table("response_body").tBodies[0].rows) {
    const path =
      row.querySelector('[name$="/path"]').value || row.querySelector('[name$="/name"]').value;
    const value = found.get(path) ?? "";
    row.querySelector("[data-sample]").textContent =
      value.length > 28 ? `${value.slice(0, 27)}…` : value;
  }
}

on("change", (event) => {
  if (
    /^\/(url_path|content_type)$|^\/(query|request_\w+)\/\d+\/(name|value|secret|type)$/.test(
      event.target.name ?? "",
    )
  )
    changed();
});

// Secrets typed for the trial do not travel back, nor what was typed since the question was sent.
let typed = new Map();
let held;
on("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "inputs") return;
  held = hold();
  typed = new Map(
    [...event.detail.target.querySelectorAll("input")].map((one) => [
      one.name,
      one.type === "file" ? one.files : one.value,
    ]),
  );
});

on("htmx:afterSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (target.id === "answer") {
    mendAll(form());
    fillSamples();
    target.querySelector("[data-focus]")?.focus({ preventScroll: true });
  }
  if (target.id !== "inputs") return;
  const asked = requestConfig.elt.id !== "inputs";
  // Fill in has looked at the Process ID alone.
  if (asked) mendAll(form(), "#f-process_id");
  for (const field of target.querySelectorAll("input")) {
    const had = typed.get(field.name);
    // Of a file the browser takes what was chosen, and no text.
    if (had instanceof FileList) {
      if (field.type === "file") field.files = had;
    } else if (had !== undefined && field.type !== "file" && (field.type === "password" || !asked))
      field.value = had;
  }
  letHold(held);
});

// What was typed before the session ended is put back: first the rows for it.
on("kianda:restore", (event) => {
  if (event.target.id !== "me") return;
  const names = event.detail
    .map(([name]) => /^\/(\w+|success_when\/items)\/(\d+)\/(?:name|left)$/.exec(name))
    .filter(Boolean);
  for (const rows of form().querySelectorAll("[data-rows]")) {
    const wanted = names
      .filter(([, key]) => key === rows.dataset.rows)
      .map(([, , at]) => Number(at));
    const had = places(rows);
    [...rows.tBodies[0].rows].forEach(
      (row) => wanted.includes(Number(row.dataset.at)) || row.remove(),
    );
    wanted.filter((at) => !had.includes(at)).forEach((at) => add(rows.dataset.rows, at));
    rows.closest("details").querySelector("[data-count]").textContent = rows.tBodies[0].rows.length;
  }
  setTimeout(changed);
});

// A value is hidden as soon as it counts as secret; the button says what it removes.
on("input", "#me [data-rows] tbody tr", (row, { target }) => {
  label(row);
  if (!row.closest(".k-rows--request") || target.name?.endsWith("/value")) return;
  const said = row.querySelector('[name$="/secret"]').value;
  const secret =
    said === "yes" || (said === "" && SECRET.test(row.querySelector('[name$="/name"]').value));
  row.querySelector('[name$="/value"]').type = secret ? "password" : "text";
});
