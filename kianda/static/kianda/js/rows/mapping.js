// Rows of mappings and conditions: added, moved and removed at once, by the same buttons that send
// the form without script. Each row shows the value that it would carry.
import { on, onCapture } from "../page/listen.js";
import { carry, noted } from "../forms/carried.js";
import { changed, wait } from "../page/float.js";
import { ask, complain, rootOf, values } from "./parts.js";
import { word } from "../page/words.js";
import { onMove, say } from "./rows.js";
import { upgradeIn } from "./values.js";

const ACT = '[data-settings-form] button[name$="!act"]';

onCapture("click", ACT, (button, event) => {
  const control = button.closest("[data-control]");
  if (!control || event.button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!button.disabled) press(control, button, button.closest("[data-at]"));
});

// The answer to an edit before may have put a new control in the place of the one that was pressed.
function standing(control) {
  if (control.isConnected) return control;
  const owner = control.closest("[data-owner]")?.dataset.owner;
  const found = [
    ...document.querySelectorAll(
      `[data-owner] [data-control="${CSS.escape(control.dataset.control)}"]`,
    ),
  ];
  return owner ? found.find((one) => one.closest("[data-owner]").dataset.owner === owner) : null;
}

async function press(pressed, { name, value }, row) {
  let control = pressed;
  let root = rootOf(control);
  const [verb, place] = value.split(":");
  const form = values(root);
  form.set(name, value);
  const next = after(control, row, verb);
  const before = noted(control);
  const html = await ask(root, "control", { setting: control.dataset.control }, form);
  control = standing(pressed);
  if (!control) return;
  root = rootOf(control);
  complain(control, html);
  if (!html) return;
  const fresh = made(html);
  const carried = carry(control, fresh, before, { prefix: root.dataset.prefix, act: value });
  swap(control, fresh);
  root.closest("form").dataset.typed = "1";
  if (!carried()) (fresh.querySelector("[autofocus]") ?? next(fresh))?.focus();
  // A row that nothing is written in yet is not kept: there is nothing to keep.
  if (["remove", "up", "down", "by_name"].includes(verb) || (verb === "keep" && named(fresh, row)))
    changed(fresh.querySelector("[data-whole]"));
  cover(fresh);
  if (verb === "by_name") tellMapped(fresh, rowsIn(fresh).length - rowsIn(control).length);
  if (verb === "up" || verb === "down") say(root, word("movedOf", position(fresh, place, verb)));
}

const rowsIn = (control) => [...control.querySelectorAll("tbody > [data-at]")];

// What the names have given, below the rows: also that it was nothing.
function tellMapped(control, added) {
  const line = document.createElement("p");
  line.className = "k-small k-muted";
  line.setAttribute("role", "status");
  control.append(line);
  const many = added === 1 ? word("rowAdded") : word("rowsAdded", { count: added });
  line.textContent = added > 0 ? many : word("noneAlike");
}

// Below the dialog: which places of the request nothing goes to yet.
const cover = wait(150, async (control) => {
  const root = rootOf(control);
  const line = root?.closest("form")?.querySelector("[data-coverage]");
  if (!line || control.dataset.mapping !== "input_mapping") return;
  const words = await ask(root, "coverage", {}, values(root));
  if (typeof words === "string") line.innerHTML = words;
});

function made(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("[data-control]");
}

function swap(control, fresh) {
  if (control.open) fresh.open = true;
  const focused = control.contains(document.activeElement) ? document.activeElement.id : "";
  control.replaceWith(fresh);
  upgradeIn(fresh);
  if (focused) document.getElementById(focused)?.focus();
}

const named = (fresh, row) =>
  Boolean(fresh.querySelector(`[data-at="${row?.dataset.at}"] [name$="/name"]`)?.value);

// Where the focus goes when no row was added: to the same place, or to what is there now.
function after(control, row, verb) {
  const rows = [...control.querySelectorAll("[data-at]")];
  const at = rows.indexOf(row);
  const to = verb === "up" ? at - 1 : verb === "down" ? at + 1 : at;
  return (fresh) => {
    const now = [...fresh.querySelectorAll("[data-at]")].filter((one) => !one.closest("template"));
    const there = now[Math.min(Math.max(to, 0), now.length - 1)];
    if (at < 0)
      return fresh.querySelector(`[value^="${verb}:"]`) ?? fresh.querySelector('[value^="add:"]');
    return there?.querySelector("input, textarea") ?? fresh.querySelector('[value^="add:"]');
  };
}

function position(fresh, place, verb) {
  const at = Number(place.split("/").at(-1)) + (verb === "up" ? 0 : 2);
  return { place: at, count: fresh.querySelectorAll("tbody > [data-at]").length };
}

// Another type of an element has other settings.
onCapture("change", "[data-control] select[data-rerender]", (select, event) => {
  event.stopImmediatePropagation();
  const control = select.closest("[data-control]");
  const { name } = control.querySelector('[value^="add:"]');
  press(control, { name, value: "keep:" }, select.closest("[data-at]"));
});

onMove("[data-control] tr[data-at]", '[value^="up:"]', (row, step) => {
  const { name, value } = row.querySelector('[value^="up:"]');
  if (step < 0 ? !row.previousElementSibling : !row.nextElementSibling) return;
  const act = { name, value: step < 0 ? value : value.replace("up:", "down:") };
  press(row.closest("[data-control]"), act, row);
});

const sample = wait(250, async (row) => {
  const control = row.closest("[data-mapping]");
  const root = control && rootOf(control);
  // Rows of rules that map nothing show no sample.
  if (!root || !row.querySelector("[data-sample]")) return;
  const texts = {};
  for (const box of row.querySelectorAll("[name]")) texts[box.name.split("/").at(-1)] = box.value;
  const html = await ask(root, "sample", { control: control.dataset.mapping, ...texts });
  if (typeof html === "string" && row.isConnected)
    row.querySelector("[data-sample]").innerHTML = html;
});

on("input", "[data-mapping] tr[data-at]", (row) => {
  const about = row.querySelector('[name$="/target"], [name$="/field"]')?.value;
  const bin = row.querySelector('[value^="remove:"]');
  if (about && bin) bin.setAttribute("aria-label", `${bin.title} ${about}`);
  sample(row);
  cover(row.closest("[data-mapping]"));
});

// What was typed before the session ended is put back with as many rows as there were.
on("kianda:restore", (event) => {
  for (const root of event.target.querySelectorAll("[data-settings-form]"))
    restore(root, event.detail);
});

async function restore(root, typed) {
  for (const control of root.querySelectorAll("[data-control]")) {
    const form = new URLSearchParams(
      typed.filter(([, , on]) => on !== false).map(([name, value]) => [name, value]),
    );
    form.append(`${root.dataset.prefix}!shown`, control.dataset.control.slice(1));
    form.set(`${root.dataset.prefix}!act`, "keep:");
    const html = await ask(root, "control", { setting: control.dataset.control }, form);
    if (html) swap(control, made(html));
  }
}
