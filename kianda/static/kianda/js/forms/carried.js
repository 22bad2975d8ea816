// What is typed into the rows of a control while the server makes them anew stands in the new ones.
import { changed } from "../page/float.js";
import { isTicked } from "../page/written.js";
import { shownFor } from "../rows/stand_in.js";

const boxes = (control) =>
  [
    ...control.querySelectorAll("input:not([type=hidden], [type=password]), select, textarea"),
  ].filter((box) => box.name);
const keyOf = (box) => (isTicked(box) ? `${box.name} ${box.value}` : box.name);
const stands = (box) => (isTicked(box) ? box.checked : box.value);

export function noted(control) {
  return new Map(boxes(control).map((box) => [keyOf(box), stands(box)]));
}

// Names hold the place of their row: an act that moves or removes a row gives others new ones.
function renamed(name, prefix, act) {
  const [verb, place = ""] = act.split(":");
  const at = place.lastIndexOf("/");
  const [rows, moved] = [`${prefix}${place.slice(0, at + 1)}`, Number(place.slice(at + 1))];
  if (!["up", "down", "remove"].includes(verb) || !name.startsWith(rows)) return name;
  const [number, ...rest] = name.slice(rows.length).split("/");
  const now = {
    up: swapped(moved, moved - 1),
    down: swapped(moved, moved + 1),
    remove: without(moved),
  }[verb](Number(number));
  return now === null ? "" : [`${rows}${now}`, ...rest].join("/");
}

const swapped = (one, other) => (number) =>
  number === one ? other : number === other ? one : number;
const without = (gone) => (number) =>
  number === gone ? null : number > gone ? number - 1 : number;

// The box that somebody types in keeps the focus, and its caret.
export function carry(control, fresh, before, { prefix, act }) {
  const typed = boxes(control).filter(
    (box) => before.has(keyOf(box)) && before.get(keyOf(box)) !== stands(box),
  );
  const held = typed.find((box) => shownFor(box) === document.activeElement);
  const there = new Map(boxes(fresh).map((box) => [keyOf(box), box]));
  const now = [];
  let focused = null;
  for (const box of typed) {
    const name = renamed(box.name, prefix, act);
    const one = there.get(isTicked(box) ? `${name} ${box.value}` : name);
    if (!one) continue;
    if (isTicked(box)) one.checked = box.checked;
    else one.value = box.value;
    now.push(one);
    if (box === held) focused = [one, shownFor(box).selectionStart];
  }
  return () => {
    for (const box of now) {
      box.dispatchEvent(new Event("input", { bubbles: true }));
      // The browser knows of no change in a box that it has not seen change.
      if (box === focused?.[0])
        shownFor(box).addEventListener("blur", () => changed(shownFor(box)), { once: true });
      else changed(box);
    }
    if (!focused) return false;
    const [one, caret] = focused;
    const box = shownFor(one);
    box.focus();
    if (caret !== null && caret !== undefined) box.setSelectionRange?.(caret, caret);
    return true;
  };
}
