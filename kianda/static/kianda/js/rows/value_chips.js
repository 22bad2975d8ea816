// What a name is called, and which kind it is of: the server says so, beside each box for the names
// that stand in it, and when it is asked for one that was typed.
import { wait } from "../page/float.js";
import { about, ask, rootOf } from "./parts.js";

const known = new Map();
const asking = new Set();
let isAsking = false;

// A name may mean something else in another rule, with another method, in another kind of box.
function placeOf(box) {
  const root = rootOf(box);
  return root ? JSON.stringify([root.dataset.parts, about(root), box.dataset.complete]) : "";
}

export function learn(box, chips) {
  const place = placeOf(box);
  for (const chip of chips) known.set(`${place} ${chip.dataset.name}`, chip);
}

async function lookUp(box) {
  const { value: text, dataset } = box;
  const html = await ask(rootOf(box), "chips", { which: dataset.complete, text });
  if (!html) return;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  learn(box, holder.content.querySelectorAll("[data-name]"));
  box.draw?.();
}

// One box after the other: a question would take the place of the one before.
const lookUpAll = wait(0, async () => {
  if (isAsking) return;
  isAsking = true;
  try {
    for (const box of asking) {
      asking.delete(box);
      if (box.isConnected && rootOf(box)) await lookUp(box);
    }
  } finally {
    isAsking = false;
  }
});

function knownFor(box, name) {
  const found = known.get(`${placeOf(box)} ${name}`);
  if (!found) {
    asking.add(box);
    lookUpAll();
  }
  return found;
}

export function chipFor(box, name) {
  const found = knownFor(box, name)?.cloneNode(true) ?? document.createElement("span");
  if (!found.textContent) Object.assign(found, { className: "k-val", textContent: name });
  Object.assign(found, { contentEditable: "false", title: `[${name}]` });
  found.dataset.text = `[${name}]`;
  return found;
}

// What the one name of a box is called; nothing for one that is not there, or not known yet.
export function wordsFor(box) {
  const chip = box.value && knownFor(box, box.value);
  return chip && !chip.matches(".k-val--bad") ? chip.lastElementChild : null;
}

export const titleOf = (box, name) => knownFor(box, name)?.textContent.trim() ?? name;
