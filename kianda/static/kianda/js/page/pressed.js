// Between press and release of the mouse lies a tenth of a second, in which an answer may put another
// button, or box to tick, in place of the one that is pressed: the browser then tells nobody of the
// click.
import { onCapture } from "./listen.js";

const NEAR_PX = 12;
const PRESSED = "button, a[href], summary, label, [type=checkbox], [type=radio]";
let pressed;
let isDown = false;
let afterwards = [];

const textOf = (node) => node.textContent.trim().replace(/\s+/g, " ");
const isSame = (one, other) =>
  ["id", "name", "value", "href", "htmlFor"].every((name) => one[name] === other[name]) &&
  one.getAttribute("aria-label") === other.getAttribute("aria-label") &&
  textOf(one) === textOf(other);

onCapture("pointerdown", (event) => {
  // A finger presses what is there when it is lifted.
  if (event.pointerType !== "mouse" || event.button) return;
  isDown = true;
  const node = event.target.closest?.(PRESSED);
  pressed = node && { node, x: event.clientX, y: event.clientY };
});

// Before the click that follows.
onCapture("pointerup", (event) => {
  if (event.pointerType !== "mouse") return;
  const { node, x, y } = pressed ?? {};
  release();
  if (!node || node.isConnected || Math.hypot(event.clientX - x, event.clientY - y) > NEAR_PX)
    return;
  const again = [...document.querySelectorAll(node.localName)].filter((one) => isSame(one, node));
  if (again.length === 1) again[0].click();
});
onCapture("pointercancel", release);

function release() {
  isDown = false;
  pressed = undefined;
  const acts = afterwards;
  afterwards = [];
  acts.forEach((act) => act());
}

// What a field starts because the mouse was pressed elsewhere would be answered before the release.
export function onceReleased(act) {
  if (isDown) afterwards.push(act);
  else act();
}
