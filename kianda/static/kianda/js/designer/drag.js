// Dragging with a pointer: fields, rules and forms to another place, kinds from the palette onto the
// form. The server decides; what is dropped outside stays where it was, and that is said.
import { on, onCapture } from "../page/listen.js";
import { act } from "./acts.js";
import { mark, placeAt, unmark } from "./drop.js";
import { note, say } from "./notes.js";
import { turnTo } from "./panes.js";
import { word } from "../page/words.js";

const FAR = 6;
const EDGE = 48;
let drag = null;
let released = false;

on("pointerdown", (event) => {
  if (event.button !== 0 || !event.isPrimary || event.target.closest(".k-menu")) return;
  const kind = event.target.closest("#d-add [data-kind]");
  const item = event.target.closest("[data-drag]");
  const grip = event.target.closest("[data-grip]");
  // A finger scrolls; it drags only by the handle.
  if (event.pointerType !== "mouse" && !grip) return;
  if (!kind && (!item || (item.dataset.drag === "rule" && !grip))) return;
  if (!grip && event.target.closest(".k-handles, .k-switch, [popovertarget]")) return;
  drag = {
    kind,
    item,
    x: event.clientX,
    y: event.clientY,
    id: event.pointerId,
    ghost: null,
    place: null,
  };
});

on("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < FAR) return;
  drag.ghost ??= begin();
  event.preventDefault();
  drag.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
  const under = document.elementFromPoint(event.clientX, event.clientY);
  drag.place = placeAt(under, event.clientX, event.clientY, what());
  mark(drag.place);
  scroll(under, event.clientY);
});

function what() {
  return drag.kind ? drag.kind.dataset.kind : drag.item.dataset.drag;
}

function begin() {
  const ghost = document.createElement("div");
  ghost.className = "k-ghost";
  const title =
    drag.kind ??
    drag.item.querySelector(".form-label, .k-rule-text, .btn:not(.k-icon-btn)") ??
    drag.item;
  ghost.textContent = title.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  document.body.append(ghost);
  document.documentElement.classList.add("k-dragging");
  drag.item?.classList.add("k-cut-out");
  return ghost;
}

function scroll(under, y) {
  const pane = under?.closest(".k-pane");
  if (!pane) return;
  const box = pane.getBoundingClientRect();
  if (y < box.top + EDGE) pane.scrollTop -= 12;
  else if (y > box.bottom - EDGE) pane.scrollTop += 12;
}

function end() {
  drag?.ghost?.remove();
  drag?.item?.classList.remove("k-cut-out");
  document.documentElement.classList.remove("k-dragging");
  unmark();
  const was = drag;
  drag = null;
  return was?.ghost ? was : null;
}

on("pointerup", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  const was = end();
  if (!was) return;
  released = true;
  setTimeout(() => {
    released = false;
  });
  drop(was);
});

// The click that a browser makes of this press is none.
onCapture("click", (event) => {
  if (!released) return;
  released = false;
  event.preventDefault();
  event.stopImmediatePropagation();
});

function drop({ kind, item, place }) {
  if (!place) return refuse(word(kind ? "addedOutside" : "movedOutside"));
  if (item && place.inside?.closest("[data-target]") && item.contains(place.inside))
    return refuse(word("movedInside"));
  note("");
  const more = { place: JSON.stringify(place.sent) };
  if (!kind) return act(`move ${item.dataset.target}`, more);
  turnTo(kind.dataset.kind === "rule" ? "props" : "canvas");
  act(kind.value, more);
}

function refuse(words) {
  note(words);
  say(words);
}

on("pointercancel", end);
onCapture("keydown", (event) => {
  if (event.key !== "Escape" || !drag?.ghost) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  end();
  say(word("notMoved"));
});
