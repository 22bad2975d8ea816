// The settings of an authentication scheme: those that matter with what is chosen, and rows of names
// and values. Without this the server shows them for what was chosen last, with rows to spare.
import { on } from "../page/listen.js";
import * as common from "./rows.js";

const box = () => document.getElementById("auth-fields");

// `grant=password|jwt_bearer client_auth=none`: one of these settings has one of these values.
function matters(rule) {
  const [setting, values] = rule.split("=");
  const chosen = box().querySelector(`[name="/auth/${setting}"]`);
  return values.split("|").includes(chosen?.value);
}

function settle() {
  for (const part of box()?.querySelectorAll("[data-shown-for]") ?? []) {
    part.hidden = !part.dataset.shownFor.split(" ").some(matters);
  }
}

// Buttons that do nothing without script are there only with it.
function reveal() {
  const found = box()?.querySelectorAll("[data-named-add], [data-named-remove]") ?? [];
  for (const button of found) button.hidden = false;
}

on("change", "#auth-fields select", settle);
on("htmx:afterSwap", reveal);
reveal();

on("click", "[data-named-add]", (button) => {
  const list = button.closest("fieldset");
  const rows = list.querySelector("[data-named-values]");
  const at = 1000 + rows.childElementCount + Number(list.dataset.added ?? 0);
  list.dataset.added = String(Number(list.dataset.added ?? 0) + 1);
  const row = common.add(rows, list.querySelector("template"), "-1", String(at));
  reveal();
  row.querySelector("input").focus();
});

on("click", "[data-named-remove]", (button) => {
  const list = button.closest("fieldset");
  const row = button.closest("[data-named-row]");
  common.remove(row, () => {}, "input", list.querySelector("[data-named-add]"));
});

// Whoever says that a value is secret wants it hidden at once.
on("change", "[data-named-row] [type=checkbox]", (box) => {
  const value = box.closest("[data-named-row]").querySelector('[name$="/value"]');
  value.type = box.checked ? "password" : "text";
});
