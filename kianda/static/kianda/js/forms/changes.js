// A changed field whose rules run on a change presses a button of its own. What is typed or pressed
// while such a run works is not lost: it is put into the form that answers, and pressed there.
import { on, onCapture, once } from "../page/listen.js";
import { hold, letHold } from "../page/focus.js";
import { isSending } from "../page/once.js";
import { onceReleased } from "../page/pressed.js";
import { read, write } from "../page/written.js";

const formOf = (node) => node.closest?.("[data-instance]");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function changed(node) {
  const name = node.closest?.("[data-table]")?.dataset.table ?? node.name?.replace(/^v-/, "");
  if (name)
    formOf(node)
      ?.querySelector(`[data-change="${CSS.escape(name)}"]`)
      ?.click();
}

on("change", (event) => onceReleased(() => changed(event.target)));
on("kianda:rows", (event) => onceReleased(() => changed(event.target)));

// Acts asked for while another one works, in their order. A second press of the same button is none.
let waiting = [];
onCapture("submit", (event) => {
  const form = formOf(event.target);
  if (!form || !isSending(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  if (!button?.value || (button.value === form.dataset.act && !button.dataset.change)) return;
  waiting = [...waiting.filter((act) => act !== button.value), button.value];
});

let sent;
on("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("[data-instance]")) return;
  form.dataset.act = event.detail.requestConfig.triggeringEvent?.submitter?.value ?? "";
  sent = { written: read(form), rows: rowsOf(form), revision: form.elements.revision?.value };
});

on("htmx:beforeSwap", (event) => {
  const form = document.getElementById("form");
  if (event.detail.target?.id !== "instance" || !form || !sent) return;
  const before = sent;
  const held = hold();
  sent = undefined;
  const written = read(form).filter((one) => !before.written.some((other) => same(one, other)));
  const rows = rowsOf(form);
  // No answer holds a secret; while nothing was stored, what was typed stays typed.
  const secrets = [...form.querySelectorAll("input[type=password]")].filter((field) => field.value);
  const untouched = !written.length && !secrets.length && same(rows, before.rows);
  const back = () =>
    untouched ? letHold(held) : putBack({ written, rows, held, secrets }, before);
  once("htmx:afterSwap", back);
});

const keysOf = (box) => [...box.querySelectorAll("tbody [data-key]")].map((key) => key.value);
const rowsOf = (form) =>
  [...form.querySelectorAll("[data-table]")].map((box) => [box.dataset.table, keysOf(box)]);

function putBack({ written, rows, held, secrets }, before) {
  const form = document.getElementById("form");
  if (!form) return;
  // Rows that were stored meanwhile have other names now.
  const stored = form.elements.revision?.value !== before.revision;
  write(form, stored ? written.filter(([name]) => !/^v-\w+-/.test(name)) : written);
  if (stored) return;
  for (const { name, value } of secrets) {
    const field = form.elements.namedItem(name);
    if (field?.type === "password") field.value = value;
  }
  for (const [table, keys] of rows) {
    const known = before.rows.find(([name]) => name === table)?.[1] ?? [];
    const detail = { keys, gone: known.filter((key) => !keys.includes(key)) };
    form
      .querySelector(`[data-table="${CSS.escape(table)}"]`)
      ?.dispatchEvent(new CustomEvent("kianda:order", { bubbles: true, detail }));
  }
  letHold(held);
}

on("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "instance") return;
  // What is wrong or asked has to be looked at first.
  const acts = event.detail.xhr?.status < 400 ? waiting : [];
  waiting = acts.slice(1);
  if (acts.length)
    document.querySelector(`#form button[name=act][value="${CSS.escape(acts[0])}"]`)?.click();
});
