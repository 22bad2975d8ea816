// Trees to pick from: beside a box, in the dialog of one value, in the choice of a data source.
import { on } from "../page/listen.js";
import { beside, changed, float, wait } from "../page/float.js";
import { ask, complain, insert, isName, ready, rootOf, write } from "./parts.js";
import { word } from "../page/words.js";
import { build } from "./expression.js";

// No div: that would be laid out as the body of the dialog that it floats in.
const pop = document.createElement("section");
Object.assign(pop, { id: "k-pop", className: "k-pop", popover: "auto" });
let box = null;
let button = null;

on("click", "[data-pick]", async (pressed) => {
  const field = pressed.parentElement.querySelector("[data-complete]");
  const root = rootOf(field);
  const label = field.getAttribute("aria-label");
  const slow = setTimeout(
    () => put(`<p class="k-small k-muted" role="status">${word("loading")}</p>`, field),
    300,
  );
  const html = await ask(root, "tree", { which: pressed.dataset.pick, label });
  clearTimeout(slow);
  if (html === null && pop.matches(":popover-open")) pop.hidePopover();
  complain(pressed.closest("[data-control]") ?? pressed.parentElement.parentElement, html);
  if (!html) return;
  [box, button] = [field, pressed];
  pop.setAttribute("role", "dialog");
  pop.setAttribute("aria-label", label);
  put(html, field);
  const writes = !isName(pressed.dataset.pick) && !inBuilder(field);
  if (writes) pop.firstElementChild.append(builder(root));
  ready(pop.querySelector("[role=tree]"));
  beside(pop, field);
  button.setAttribute("aria-expanded", "true");
  pop.querySelector("input").focus();
});

on("click", "k-values [data-folded]", (chip) => {
  const field = chip.closest("k-values");
  build(field, rootOf(field));
});

function put(html, field) {
  pop.innerHTML = html;
  if (!pop.matches(":popover-open")) {
    float(pop, field);
    pop.showPopover();
  }
  beside(pop, field);
}

function builder(root) {
  const made = document.createElement("button");
  Object.assign(made, {
    type: "button",
    className: "btn btn-sm k-quiet",
    textContent: word("expression"),
  });
  made.addEventListener("click", () => {
    const field = box;
    pop.hidePopover();
    build(field, root, "formula");
  });
  return made;
}

pop.addEventListener("toggle", (event) => {
  if (event.newState === "closed") button?.setAttribute("aria-expanded", "false");
});

function pick(item) {
  const { value } = item.dataset;
  const place = item.closest("[data-tree-place]");
  if (place)
    return place.dispatchEvent(new CustomEvent("kianda:pick", { bubbles: true, detail: value }));
  pop.hidePopover();
  // What is written in its own dialog is never replaced by a name.
  if (inBuilder(box)) write(box, value, { from: box.selectionStart, to: box.selectionEnd });
  else insert(box, value, isName(box.dataset.complete));
  box.focus();
  changed(box);
}

const inBuilder = (field) => field.id === "k-builder-text";

const shown = (tree) =>
  [...tree.querySelectorAll("[role=treeitem]")].filter((one) => one.checkVisibility());

function go(item) {
  if (!item) return;
  for (const one of item.closest("[role=tree]").querySelectorAll('[tabindex="0"]'))
    one.setAttribute("tabindex", "-1");
  item.setAttribute("tabindex", "0");
  item.focus();
}

function fold(item, open) {
  if (!item.hasAttribute("aria-expanded")) return;
  item.setAttribute("aria-expanded", String(open));
  if (open && item.dataset.part) load(item);
}

// What a branch of a large tree holds is asked for when it is opened for the first time.
async function load(item) {
  const { part } = item.dataset;
  const group = item.querySelector(":scope > [role=group]");
  delete item.dataset.part;
  item.setAttribute("aria-busy", "true");
  const { asks } = item.closest("[role=tree]").dataset;
  const html = await ask(rootOf(item) ?? rootOf(box), "tree", { which: asks, part });
  item.removeAttribute("aria-busy");
  complain(item, html);
  if (html) group.innerHTML = html;
  else {
    // Not yet: another question came between, or there was no answer.
    item.dataset.part = part;
    item.setAttribute("aria-expanded", "false");
  }
}

on("click", ".k-treepick [role=treeitem]", (item) => {
  if (item.matches("[data-leaf]")) pick(item);
  else fold(item, item.getAttribute("aria-expanded") !== "true");
});

on("keydown", ".k-treepick [role=treeitem]", (item, event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const all = shown(item.closest("[role=tree]"));
  const at = all.indexOf(item);
  const open = item.getAttribute("aria-expanded") === "true";
  const act = {
    ArrowDown: () => go(all[at + 1]),
    ArrowUp: () => go(all[at - 1]),
    Home: () => go(all[0]),
    End: () => go(all.at(-1)),
    ArrowRight: () => (open ? go(all[at + 1]) : fold(item, true)),
    ArrowLeft: () => (open ? fold(item, false) : go(item.parentElement.closest("[role=treeitem]"))),
    Enter: () => (item.matches("[data-leaf]") ? pick(item) : fold(item, !open)),
    " ": () => (item.matches("[data-leaf]") ? pick(item) : fold(item, !open)),
  }[event.key];
  if (act) {
    event.preventDefault();
    act();
  } else if (event.key.length === 1) {
    const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    go(
      rest.find((one) =>
        one.getAttribute("aria-label").toLowerCase().startsWith(event.key.toLowerCase()),
      ),
    );
  }
});

// The search above a tree leaves what holds its words, with the branches that they stand in.
function place(search) {
  return search.closest("[data-source-picker], [data-tree-place], .k-pop");
}

// In a tree that does not stand there whole the server looks.
const upper = new WeakMap();
const look = wait(200, async (search, scope, tree) => {
  const q = search.value.trim();
  const html =
    q && (await ask(rootOf(tree) ?? rootOf(box), "tree", { which: tree.dataset.asks, q }));
  complain(scope, html === null ? null : "");
  if (typeof html !== "string" || q !== search.value.trim()) return;
  tree.innerHTML = q ? html : upper.get(tree);
  ready(tree);
  scope.querySelector("[data-no-hits]").hidden = Boolean(tree.querySelector("[data-leaf]"));
});

on("input", "[data-filter-tree]", (search) => {
  const words = search.value.trim().toLowerCase();
  const scope = place(search);
  const large = scope.querySelector("[role=tree][data-asks]");
  if (large) {
    if (!upper.has(large)) upper.set(large, large.innerHTML);
    look(search, scope, large);
    return;
  }
  let hits = 0;
  for (const leaf of scope.querySelectorAll("[data-leaf]")) {
    const branch = leaf.closest("[data-branch]")?.querySelector(".k-node")?.textContent ?? "";
    leaf.hidden = !`${leaf.textContent} ${leaf.dataset.value ?? ""} ${branch}`
      .toLowerCase()
      .includes(words);
    hits += !leaf.hidden;
  }
  for (const branch of scope.querySelectorAll("[data-branch]")) {
    branch.hidden = Boolean(words) && !branch.querySelector("[data-leaf]:not([hidden])");
    const details = branch.querySelector("details");
    if (details && words) details.open = true;
    else if (words) fold(branch, true);
  }
  scope.querySelector("[data-no-hits]").hidden = hits > 0;
});

on("keydown", "[data-filter-tree]", (search, event) => {
  if (!["ArrowDown", "Enter"].includes(event.key)) return;
  const scope = place(search);
  const tree = scope.querySelector("[role=tree]");
  event.preventDefault();
  if (!tree) {
    const radio =
      [...scope.querySelectorAll("[data-leaf]:not([hidden]) input")].find((one) =>
        one.checkVisibility(),
      ) ?? scope.querySelector("summary");
    radio?.focus();
    if (event.key === "Enter" && radio?.type === "radio") radio.checked = true;
  } else if (event.key === "Enter") {
    const leaf = shown(tree).find((one) => one.matches("[data-leaf]"));
    if (leaf) pick(leaf);
  } else go(shown(tree)[0]);
});
